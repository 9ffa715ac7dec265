/**
 * Something a user wrote is wrong. The message says where, what, the value, and what to do about it,
 * so that the command line prints it alone, without a stack.
 */
export class InvalidInputError extends Error {
  /**
   * @param where the construct's path, the setting or the file
   * @param problem what is wrong, with the value, as a sentence without its full stop
   * @param remedy what to do, as a sentence without its full stop
   */
  constructor(where: string, problem: string, remedy: string) {
    super(describeProblem(where, problem, remedy));
    this.name = 'InvalidInputError';
  }
}

/** Everything that is wrong with a tree of constructs; each problem already says where and what to do. */
export class ValidationError extends Error {
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ValidationError';
  }
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether the error is that a package is not installed. */
export function isNotInstalled(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
}

/** The text of an {@link InvalidInputError}, for the validations that collect messages instead of throwing. */
export function describeProblem(where: string, problem: string, remedy: string): string {
  return `${where}: ${problem}.\n  ${remedy}.`;
}

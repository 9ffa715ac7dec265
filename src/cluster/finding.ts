/** What a check has found: as it should be, wrong, or something to look at that could not be judged. */
export type Verdict = 'ok' | 'wrong' | 'unknown';

/** Something that a check has looked at. */
export interface Finding {
  readonly verdict: Verdict;
  /** What was looked at. */
  readonly subject: string;
  /** What was seen. */
  readonly value: string;
  /** The commands that mend it, to be copied; what no command can do is a comment of the shell. */
  readonly remedy: readonly string[];
}

export function ok(subject: string, value: string): Finding {
  return { verdict: 'ok', subject, value, remedy: [] };
}

export function wrong(subject: string, value: string, ...remedy: readonly string[]): Finding {
  return { verdict: 'wrong', subject, value, remedy };
}

export function unknown(subject: string, value: string, ...remedy: readonly string[]): Finding {
  return { verdict: 'unknown', subject, value, remedy };
}

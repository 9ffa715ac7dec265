/* What a check of a cluster has found. */

/** As it should be; a problem; or a warning: a risk, or something that could not be checked. */
export type Verdict = 'ok' | 'problem' | 'warning';

/** Something that a check has looked at. */
export interface Finding {
  readonly verdict: Verdict;
  /** What was looked at. */
  readonly subject: string;
  /** What was seen. */
  readonly value: string;
  /** The commands that fix it, to be copied; what no command can do is a comment of the shell. */
  readonly remedy: readonly string[];
}

export function ok(subject: string, value: string): Finding {
  return { verdict: 'ok', subject, value, remedy: [] };
}

export function problem(subject: string, value: string, ...remedy: readonly string[]): Finding {
  return { verdict: 'problem', subject, value, remedy };
}

export function warning(subject: string, value: string, ...remedy: readonly string[]): Finding {
  return { verdict: 'warning', subject, value, remedy };
}

import { aop } from '../../src/cli/aop';

/** What a command has written, and how it ended. */
export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `aop` in this process, with nobody at the terminal. */
export async function run(...args: readonly string[]): Promise<Run> {
  let out = '';
  let err = '';
  const code = await aop(args, {
    out: (text) => (out += text),
    err: (text) => (err += text),
    colour: false,
    interactive: false,
    exitCode: 0,
  });
  return { code, out, err };
}

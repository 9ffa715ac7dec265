/* Commands that run to their end, and what they are run with. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs a command to its end; gives what it prints. */
export async function output(command: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const [program = '', ...args] = command;
  return (await run(program, args, { env: { ...process.env, ...env } })).stdout;
}

/** A command that knows the names of the cluster, in a mount namespace of its own. */
export function withNames(
  { names }: { readonly names: { readonly file: string } },
  command: readonly string[],
): string[] {
  return [
    '/usr/bin/unshare',
    '--mount',
    '/bin/sh',
    '-c',
    'mount --bind "$0" /etc/hosts && exec "$@"',
    names.file,
    ...command,
  ];
}

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

/**
 * `cdk8s synth` empties the output folder before it starts the program. So that bad input leaves the folder as it was, a copy of
 * what was last written is kept, and put back when the program fails. Where git's version of the folder has changed since (by a
 * pull, a checkout or a commit), git's is the newer one.
 */
const CACHE = join('node_modules', '.cache', 'autonomous-op-cdk8s');

/** Keeps a copy of a folder that was just written. Folders outside the project are not kept. */
export function keepManifests(folder: string): void {
  const copy = copyOf(folder);
  if (copy === undefined) {
    return;
  }
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy, { recursive: true, mode: 0o700 });
  cpSync(folder, join(copy, 'files'), { recursive: true });
  writeFileSync(join(copy, 'git-index'), gitIndex(folder));
}

/** Puts a folder back that the CLI has emptied; a folder that is still there is left alone. */
export function restoreManifests(folder: string): void {
  const copy = copyOf(folder);
  if (copy === undefined || existsSync(folder)) {
    return;
  }
  const kept = existsSync(copy);
  if (kept) {
    cpSync(join(copy, 'files'), folder, { recursive: true });
  }
  const index = gitIndex(folder);
  if (index !== '' && !(kept && readFileSync(join(copy, 'git-index'), 'utf8') === index)) {
    git('restore', '--worktree', '--', folder);
  }
}

function copyOf(folder: string): string | undefined {
  const path = relative('.', folder);
  return path === '' || path.startsWith('..') || resolve(path) === path ? undefined : join(CACHE, path);
}

/** The names and hashes of the folder's files as git would commit them; nothing outside a repository. */
function gitIndex(folder: string): string {
  return git('ls-files', '--stage', '--', folder);
}

function git(...args: string[]): string {
  try {
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return '';
  }
}

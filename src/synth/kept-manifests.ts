import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';

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
  const keptIndex = kept ? readFileSync(join(copy, 'git-index'), 'utf8') : '';
  const index = gitIndex(folder);
  const gitIsNewer = index !== '' && index !== keptIndex;
  if (kept) {
    // What git had then and has no longer stays gone; what it never had, such as a Secret, has no other copy.
    const tracked = new Set(gitIsNewer ? paths(keptIndex).map((path) => resolve(path)) : []);
    const files = join(copy, 'files');
    const filter = (source: string) => !tracked.has(resolve(folder, relative(files, source)));
    cpSync(files, folder, { recursive: true, filter });
  }
  if (gitIsNewer) {
    git('restore', '--worktree', '--', folder);
  }
}

/** The paths that {@link gitIndex} lists, from the project's folder. */
function paths(index: string): string[] {
  return [...index.matchAll(/\t(.*)$/gm)].map(([, path = '']) => path);
}

function copyOf(folder: string): string | undefined {
  const path = relative('.', folder);
  return path === '' || path.split(sep)[0] === '..' || resolve(path) === path ? undefined : join(CACHE, path);
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

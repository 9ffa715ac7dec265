// The folder of the manifests. It is replaced as a whole: whatever happens, it is what this run made or what was there before.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { statSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { InvalidInputError, messageOf } from '../core/errors';
import { EXTENSION, ManifestFile } from './manifests';

/** A workspace of that age, in milliseconds, belongs to no running synth. */
const ABANDONED = 3_600_000;

/**
 * Replaces the manifests in a folder by these, and keeps other files that are in it.
 *
 * Everything is written into a workspace beside it, and then takes its place by two renames. A process that is killed between them
 * leaves no folder; {@link restoreFolder} brings it back. Of two synths at once, the last one wins.
 *
 * @throws InvalidInputError if it can't be written; it is as it was then
 */
export function replaceFolder(path: string, files: readonly ManifestFile[]): void {
  const folder = targetOf(path);
  try {
    mkdirSync(dirname(folder), { recursive: true });
    const workspace = mkdtempSync(workspacePrefix(folder));
    try {
      writeFiles(join(workspace, 'next'), files);
      swap(folder, workspace);
    } finally {
      restoreFolder(folder);
      rmSync(workspace, { recursive: true, force: true });
    }
    removeAbandoned(folder);
  } catch (error) {
    throw new InvalidInputError(
      path,
      `it can't be written: ${messageOf(error)}`,
      'It is as it was before: make room or correct its permissions, then synthesize again',
    );
  }
}

/** Brings a folder back that a killed process has moved away. */
export function restoreFolder(folder: string): void {
  for (const workspace of existsSync(folder) ? [] : workspacesOf(folder)) {
    if (rename(join(workspace, 'previous'), folder, ['ENOENT', 'ENOTEMPTY', 'EEXIST'])) return;
  }
}

/** Makes `link` a symbolic link to a folder, in one step. */
export function linkFolder(link: string, folder: string): void {
  const temporary = `${link}-${process.pid}`;
  rmSync(temporary, { force: true });
  symlinkSync(relative(dirname(link), folder), temporary, 'junction');
  renameSync(temporary, link);
}

function writeFiles(folder: string, files: readonly ManifestFile[]): void {
  mkdirSync(folder);
  for (const { name, yaml, secret } of files) {
    writeFileSync(join(folder, name), yaml, { mode: secret ? 0o600 : 0o644 });
  }
}

/** Puts `next` of a workspace in the folder's place. If another synth was faster, its folder is the one to replace. */
function swap(folder: string, workspace: string): void {
  const next = join(workspace, 'next');
  const previous = join(workspace, 'previous');
  do {
    rmSync(previous, { recursive: true, force: true });
    if (rename(folder, previous, ['ENOENT'])) copyOtherFiles(previous, next);
  } while (!rename(next, folder, ['ENOTEMPTY', 'EEXIST']));
}

/** Copies what is in the folder and is no manifest. */
function copyOtherFiles(from: string, to: string): void {
  const entries = readdirSync(from, { withFileTypes: true });
  for (const { name } of entries.filter((entry) => entry.isDirectory() || !entry.name.endsWith(EXTENSION))) {
    cpSync(join(from, name), join(to, name), { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  }
}

/** Whether it could be renamed, or else failed with one of these codes. */
function rename(from: string, to: string, expected: readonly string[]): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && expected.includes(String(error.code))) return false;
    throw error;
  }
}

/** Removes what killed processes have left. */
function removeAbandoned(folder: string): void {
  for (const workspace of workspacesOf(folder)) {
    const changed = statSync(workspace, { throwIfNoEntry: false })?.ctimeMs ?? Infinity;
    if (Date.now() - changed > ABANDONED) rmSync(workspace, { recursive: true, force: true });
  }
}

/** Where a symbolic link points to: it stays one. */
function targetOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function workspacePrefix(folder: string): string {
  return join(dirname(folder), `.${basename(folder)}.`);
}

function workspacesOf(folder: string): string[] {
  const prefix = basename(workspacePrefix(folder));
  const parent = dirname(folder);
  const names = existsSync(parent) ? readdirSync(parent) : [];
  return names
    .filter((name) => name.startsWith(prefix) && name.length === prefix.length + 'XXXXXX'.length)
    .map((name) => join(parent, name));
}

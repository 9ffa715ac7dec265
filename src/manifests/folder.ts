/* The manifests of a folder, as `kubectl apply -f` takes them. */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidInputError } from '../core/errors';
import { ManifestText } from './read';

/** The files that `kubectl apply -f` takes from a folder. */
export const MANIFEST_FILE = /\.(ya?ml|json)$/;

/** Whether there is a folder of this name. */
export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/**
 * The manifests of a folder, in the order of their names.
 *
 * @param option what named the folder, for the message
 * @throws InvalidInputError if it is not a folder
 */
export function manifestFilesIn(option: string, folder: string): ManifestText[] {
  if (!isFolder(folder)) {
    const remedy = 'Run `npx cdk8s synth` first, or name the folder that has the manifests';
    throw new InvalidInputError(option, `"${folder}" is not a folder`, remedy);
  }
  return readdirSync(folder)
    .filter((name) => MANIFEST_FILE.test(name))
    .sort()
    .map((name) => ({ name, yaml: readFileSync(join(folder, name), 'utf8') }));
}

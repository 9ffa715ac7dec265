/* What the stores of the tests have in common. */

import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Manifests } from '../../autonomous-op/production';
import { Names, Network } from './network';

/** Where stores live, and what they are told. */
export interface Surroundings {
  readonly network: Network;
  readonly names: Names;
  /** Folder of all data and logs. */
  readonly folder: string;
  readonly manifests: Manifests;
  /** The values of the Secrets, by Secret and key. */
  readonly secret: (name: string, key: string) => string;
}

/** Number of a user of this machine, by whom a store is run. */
export function userId(name: string): number {
  return Number(execFileSync('id', ['-u', name], { encoding: 'utf8' }));
}

/** Makes a folder that belongs to a user. */
export function folderFor({ folder }: Surroundings, name: string, user: number): string {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  chownSync(path, user, user);
  return path;
}

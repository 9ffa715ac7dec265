/* The shared tool that runs real nodes. */

import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

/** Path of the tool. */
export const nodeTool = resolve('../shared/tools/node/node');

/** The nodes: `local` gets the first of them alone, and the others when there has to be more than one. */
export const nodes = ['real-1', 'real-2', 'real-3'];

/** The network in which what is outside the cluster is. */
export const OUTSIDE = 'aop-outside';

/** Ends what runs in that network, and removes it, if it is there. */
export function removeOutside(): void {
  const ip = (...args: readonly string[]) => spawnSync('ip', args, { encoding: 'utf8' });
  for (const pid of ip('netns', 'pids', OUTSIDE)
    .stdout.split('\n')
    .filter((line) => line !== '')) {
    spawnSync('kill', ['-KILL', pid]);
  }
  ip('link', 'del', OUTSIDE);
  ip('netns', 'del', OUTSIDE);
}

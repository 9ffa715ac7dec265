/* promtool, which brings Prometheus' own engine. */

import { spawnSync } from 'node:child_process';

/** Whether it is installed; says so if it is not. */
export const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
if (!hasPromtool)
  console.warn('promtool is not installed (Debian: apt-get install prometheus): no PromQL is tried out');

/** Runs it; gives SUCCESS, or what it says. */
export function promtool(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
  return status === 0 ? 'SUCCESS' : `${stdout}\n${stderr}`;
}

/* Addresses that are outside the cluster for its pods: a public one, and that of a cloud's metadata. */

import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { inject } from 'vitest';
import { run } from '../kubernetes/control-plane';
import { nodes, nodeTool, OUTSIDE as NAME, removeOutside } from './node-tool';
import { sharedProgram } from './programs';

/** What answers there, on any port that it is asked to listen on. */
export const outside = { public: '203.0.113.10', metadata: '169.254.169.254' };

const ADDRESS = '172.30.0.100';

/** Runs a command on a node. */
export async function onNode(node: string, ...command: readonly string[]): Promise<string> {
  const env = { ...process.env, CLUSTER_DIR: dirname(inject('cluster')?.kubeconfig ?? '') };
  return (await run(nodeTool, ['on', node, ...command], { env })).stdout;
}

/**
 * Makes a network of its own beside the nodes, in which every address is answered on some ports.
 *
 * @returns what removes it
 */
export async function openOutside(ports: readonly number[]): Promise<() => void> {
  removeOutside();
  const ip = (...args: readonly string[]) => run('ip', args);
  await ip('netns', 'add', NAME);
  await ip('link', 'add', NAME, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', NAME);
  await ip('link', 'set', NAME, 'master', 'aop0', 'up');
  const within = (...args: readonly string[]) => ip('-n', NAME, ...args);
  await within('link', 'set', 'lo', 'up');
  await within('addr', 'add', `${ADDRESS}/24`, 'dev', 'eth0');
  await within('link', 'set', 'eth0', 'up');
  for (const address of Object.values(outside)) {
    await within('addr', 'add', `${address}/32`, 'dev', 'lo');
    for (const node of nodes) await onNode(node, 'ip', 'route', 'replace', `${address}/32`, 'via', ADDRESS);
  }
  for (const [index] of nodes.entries()) {
    await within('route', 'add', `10.244.${index + 1}.0/24`, 'via', `172.30.0.${index + 11}`);
  }
  const listen = ['netns', 'exec', NAME, await sharedProgram('node/standin'), 'listen', ...ports.map(String)];
  const listener = spawn('ip', listen, { stdio: 'ignore' });
  listener.unref();
  return removeOutside;
}

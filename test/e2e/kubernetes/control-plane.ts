/* A control plane for tests that run programs, and what is undone after them. */

import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

/** The tests' cluster. */
interface Cluster {
  /** Path of its kubeconfig. */
  readonly kubeconfig: string;
  /** A folder that is removed after the tests. */
  readonly folder: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    cluster: Cluster | undefined;
  }
}

/** What has to be done after the tests, the first of it first. */
export type Undo = (() => void)[];

/** Runs a program; fails if it does. */
export const run = promisify(execFile);

/** Path of the program that starts a control plane. */
export const clusterTool = resolve('../shared/tools/cluster/cluster');

/** Whether it is there. */
export const hasClusterTool = existsSync(clusterTool);

/**
 * Prepares tests in a folder of their own.
 *
 * @returns what undoes it all, to be called after the tests; an interrupted run and a failed preparation are undone at once
 */
export async function whileTesting(prepare: (folder: string, undo: Undo) => Promise<void>): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'aop-cluster-tests-'));
  const undo: Undo = [
    () => {
      rmSync(folder, { recursive: true, force: true });
    },
  ];
  const stop = () => {
    undo.splice(0).forEach((step) => {
      step();
    });
  };
  process.once('exit', stop); // An interrupted run doesn't come to its teardown.
  try {
    // kubectl's cache of what an API server offers is by address, and another cluster may have had the same port.
    process.env['KUBECACHEDIR'] = join(folder, 'kubectl-cache');
    await prepare(folder, undo);
  } catch (error) {
    stop();
    throw error;
  }
  return stop;
}

/**
 * Starts a control plane with the CRDs.
 *
 * @param simulated whether it gets simulated nodes
 * @returns path of its kubeconfig
 */
export async function startControlPlane(folder: string, undo: Undo, simulated: boolean): Promise<string> {
  const state = stateOf(folder);
  const kubeconfig = join(state, 'kubeconfig');
  const env = { ...process.env, CLUSTER_PORT: `${await freePort()}`, KUBECONFIG: kubeconfig };
  const starting = new AbortController();
  const { signal } = starting;
  undo.unshift(() => {
    starting.abort();
    execFileSync(clusterTool, ['down', state], { env, stdio: 'ignore' });
  });
  await run(clusterTool, ['up', state], { env, signal });
  if (simulated) await run(clusterTool, ['nodes'], { env, signal });
  await run(clusterTool, ['crds'], { env, signal });
  return kubeconfig;
}

/** Where the control plane of some tests keeps its state. */
export function stateOf(folder: string): string {
  return join(folder, 'state');
}

/** A port that is free together with those that the tool derives from it, all below the range the system hands out. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 5_000);
    const free = await Promise.all([0, 100, 101, 17_000, 17_001].map((offset) => isFree(port + offset)));
    if (!free.includes(false)) {
      return port;
    }
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer()
      .once('error', () => {
        done(false);
      })
      .listen(port, '127.0.0.1', () => {
        server.close(() => {
          done(true);
        });
      });
  });
}

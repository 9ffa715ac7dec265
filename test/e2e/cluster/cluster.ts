import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { clusterScoped } from './cluster-scoped';

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

const run = promisify(execFile);
const tool = resolve('../shared/tools/cluster/cluster');

/** Vitest's global setup: finds or starts the cluster before all tests. What it returns is run after them. */
export default async function setup(project: TestProject): Promise<(() => void) | undefined> {
  const given = process.env['KUBECONFIG_E2E'] ?? '';
  if (given === '' && !existsSync(tool)) {
    process.stderr.write(`cluster tests: all skipped, KUBECONFIG_E2E is not set and there is no ${tool}\n`);
    project.provide('cluster', undefined);
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), 'aop-cluster-tests-'));
  const undo = [
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
    if (given === '') {
      const state = join(folder, 'state');
      const kubeconfig = join(state, 'kubeconfig');
      const env = { ...process.env, CLUSTER_PORT: `${await freePort()}`, KUBECONFIG: kubeconfig };
      const starting = new AbortController();
      const { signal } = starting;
      undo.unshift(() => {
        starting.abort();
        execFileSync(tool, ['down', state], { env, stdio: 'ignore' });
      });
      await run(tool, ['up', state], { env, signal });
      await run(tool, ['nodes'], { env, signal });
      await run(tool, ['crds'], { env, signal });
      project.provide('cluster', { kubeconfig, folder });
    } else {
      await requireEmpty(given);
      project.provide('cluster', { kubeconfig: resolve(given), folder });
    }
  } catch (error) {
    stop();
    throw error;
  }
  return stop;
}

/** The tests delete these objects, so nobody else's may be there. */
async function requireEmpty(kubeconfig: string): Promise<void> {
  const names = ['', '-logging', '-document', '-full-pool', '-immutable'].map((suffix) => `autonomous-op${suffix}`);
  const objects = [...names.map((name) => `namespace/${name}`), ...clusterScoped];
  const get = ['get', ...objects, '--ignore-not-found', '--output=name'];
  const { stdout } = await run('kubectl', ['--kubeconfig', kubeconfig, ...get]);
  if (stdout !== '') {
    throw new Error(
      `the cluster of KUBECONFIG_E2E has ${stdout.trim().replaceAll('\n', ' and ')} already, which these tests would delete`,
    );
  }
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

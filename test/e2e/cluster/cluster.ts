import { resolve } from 'node:path';
import type { TestProject } from 'vitest/node';
import { clusterScoped } from '../kubernetes/cluster-scoped';
import { clusterTool, hasClusterTool, run, startControlPlane, whileTesting } from '../kubernetes/control-plane';

/** Vitest's global setup: finds or starts the cluster before all tests. What it returns is run after them. */
export default async function setup(project: TestProject): Promise<(() => void) | undefined> {
  const given = process.env['KUBECONFIG_E2E'] ?? '';
  if (given === '' && !hasClusterTool) {
    process.stderr.write(`cluster tests: all skipped, KUBECONFIG_E2E is not set and there is no ${clusterTool}\n`);
    project.provide('cluster', undefined);
    return undefined;
  }
  return whileTesting(async (folder, undo) => {
    if (given === '') {
      project.provide('cluster', { kubeconfig: await startControlPlane(folder, undo, true), folder });
    } else {
      await requireEmpty(given);
      project.provide('cluster', { kubeconfig: resolve(given), folder });
    }
  });
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

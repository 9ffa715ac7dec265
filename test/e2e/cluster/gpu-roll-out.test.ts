import { App, Chart } from 'cdk8s';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { GpuInferenceService, GpuNodePool, GpuType } from '../../../src';
import { renderManifests } from '../../../src/synth/manifests';
import {
  fewestReady,
  gpuNodes,
  kubectl,
  noCluster,
  pods,
  rollOut,
  tryKubectl,
  untilReady,
} from '../kubernetes/kubectl';

const namespace = 'autonomous-op-full-pool';

describe.skipIf(noCluster)('a GpuInferenceService that takes every GPU of the cluster', () => {
  const deployment = ['deployment/inference', '--namespace', namespace];
  let gpus = 0;
  beforeAll(async () => {
    const nodes = await gpuNodes();
    gpus = nodes.reduce((sum, { status }) => sum + Number(status.allocatable['nvidia.com/gpu']), 0);
    await kubectl('create', 'namespace', namespace);
    await kubectl('label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=restricted');
    const app = new App();
    const chart = new Chart(app, 'full-pool', { namespace });
    const pool = new GpuNodePool(chart, 'gpus', {
      nodes: nodes.map(({ metadata }) => metadata.name),
      gpu: GpuType.V100,
      gpusPerNode: gpus / nodes.length,
    });
    new GpuInferenceService(chart, 'inference', { image: 'acme/inference:1.0.0', pool, replicas: gpus });
    const applied = await tryKubectl(['apply', '--validate=strict', '-f', '-'], renderManifests(app)[0]?.yaml);
    expect(applied).toMatchObject({ code: 0, stderr: '' });
    await untilReady({ inference: gpus }, namespace);
  });
  afterAll(() => kubectl('delete', 'namespace', namespace, '--ignore-not-found', '--timeout=120s'));

  it('is rolled out one pod after the other, each in the place of an old one (D14)', async () => {
    const fewest = await fewestReady(
      { inference: gpus },
      async () => {
        await rollOut('inference', namespace);
        await untilReady({ inference: gpus }, namespace);
      },
      namespace,
    );
    expect(fewest).toEqual({ inference: gpus - 1 });
  });

  it("is never rolled out with the document's maxSurge 1 and maxUnavailable 0 (D14)", async () => {
    const rollingUpdate = { maxSurge: 1, maxUnavailable: 0 };
    await kubectl('patch', ...deployment, `--patch=${JSON.stringify({ spec: { strategy: { rollingUpdate } } })}`);
    await kubectl('rollout', 'restart', ...deployment);
    await vi.waitFor(
      async () => {
        const waiting = (await pods(namespace)).filter(({ status }) => status.phase === 'Pending');
        expect(waiting).toHaveLength(1);
        expect(waiting[0]?.status.conditions[0]?.message).toContain('Insufficient nvidia.com/gpu');
      },
      { timeout: 30_000, interval: 250 },
    );
    const { code, stderr } = await tryKubectl(['rollout', 'status', ...deployment, '--timeout=5s']);
    expect(stderr).toContain('timed out waiting for the condition');
    expect(code).toBe(1);
  });
});

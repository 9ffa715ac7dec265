import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import {
  fewestReady,
  gpuNodes,
  kubectl,
  list,
  minimum,
  namespace,
  Node,
  noCluster,
  pods,
  productionPods,
  provideLogVolume,
  remove,
  rollOut,
  synthesize,
  tryKubectl,
  untilReady,
  workers,
} from '../kubernetes/kubectl';

const ZONE = 'topology.kubernetes.io/zone';

describe.skipIf(noCluster)('the pods of production', () => {
  let dist = '';
  beforeAll(async () => {
    dist = await synthesize('production');
    await provideLogVolume();
    await kubectl('apply', '-f', dist);
  });
  afterAll(() => remove(dist));

  it('are Running and Ready, as many as the autoscalers keep at least, although no Deployment names a number', async () => {
    await untilReady(productionPods);
    const found = await pods(namespace);
    expect(found.map(({ metadata }) => metadata.labels['app'] ?? '').sort()).toEqual(
      Object.entries(productionPods)
        .flatMap(([app, number]) => Array.from({ length: number }, () => app))
        .sort(),
    );
    expect(found.filter(({ status }) => status.phase !== 'Running')).toEqual([]);
    const services = join(dist, '03-services.k8s.yaml');
    expect(await kubectl('create', '--dry-run=client', '-f', services, '--output=jsonpath={.spec.replicas}')).toBe('');
  });

  it('run on GPU nodes where they infer, and nowhere near them otherwise', async () => {
    const gpuNodeNames = (await gpuNodes()).map(({ metadata }) => metadata.name);
    const found = await pods(namespace);
    const onGpuNodes = found.filter(({ spec }) => gpuNodeNames.includes(spec.nodeName ?? ''));
    const mlPods = found.filter(({ metadata }) => metadata.labels['app'] === 'ml-service');
    expect(mlPods).toHaveLength(2);
    expect(onGpuNodes).toEqual(mlPods);
  });

  it('of autonomous-op are on three nodes in three zones', async () => {
    const found = await pods(namespace, '--selector=app=autonomous-op');
    const nodes = await workers();
    const used = nodes.filter(({ metadata }) => found.some(({ spec }) => spec.nodeName === metadata.name));
    expect(found).toHaveLength(3);
    expect(used).toHaveLength(Math.min(3, nodes.length));
    expect(zones(used)).toHaveLength(Math.min(3, zones(nodes).length));
  });

  it('comply with Pod Security "restricted", which the namespace enforces', async () => {
    const { code, stderr } = await tryKubectl([
      ...['run', 'as-in-the-document', '--image=nodeorb/autonomous-op:1.0.0'],
      ...['--namespace', namespace, '--dry-run=server'],
    ]);
    expect(stderr).toContain('violates PodSecurity "restricted:latest"');
    expect(code).toBe(1);
    // A pod that violates it is not made at all: the ReplicaSet would tell in an event, and the Deployment would wait.
    const events = ['get', 'events', '--namespace', namespace, '--field-selector=reason=FailedCreate'];
    expect(await kubectl(...events, '--output=jsonpath={.items[*].message}')).not.toContain('violates PodSecurity');
    await untilReady(productionPods);
  });

  it('are never fewer than their PodDisruptionBudget allows while each worker is drained in turn', async () => {
    const floor = await allowedByBudgets();
    for (const node of await workers()) {
      const fewest = await drain(node);
      expect(belowFloor(fewest, floor)).toEqual([]);
    }
  });

  it('of ml-service are never fewer than their PodDisruptionBudget allows while each GPU node is drained in turn', async () => {
    const floor = await allowedByBudgets();
    for (const node of await gpuNodes()) {
      const fewest = await drain(node);
      expect(belowFloor(fewest, floor)).toEqual([]);
    }
  });

  describe('scaled to 7 of autonomous-op and 6 of ml-service', () => {
    const scaled = { ...minimum, 'autonomous-op': 7, 'ml-service': 6 };
    beforeAll(async () => {
      await kubectl('scale', 'deployment/autonomous-op', '--namespace', namespace, '--replicas=7');
      await kubectl('scale', 'deployment/ml-service', '--namespace', namespace, '--replicas=6');
      await untilReady(scaled);
    });

    it.each(['client', 'server'])('stay as many through another kubectl apply, %s-side', async (side) => {
      await kubectl('apply', `--server-side=${side === 'server'}`, '-f', dist);
      const replicas = ['get', 'deployments', '--namespace', namespace, '--output=jsonpath={.items[*].spec.replicas}'];
      expect((await kubectl(...replicas, 'autonomous-op', 'ml-service')).split(' ')).toEqual(['7', '6']);
      await untilReady(scaled);
    });

    it.each(['autonomous-op', 'ml-service'])(
      'are replaced by a roll-out of %s, never one ready pod fewer',
      async (name) => {
        expect(
          await fewestReady(scaled, async () => {
            await rollOut(name);
            await untilReady(scaled);
          }),
        ).toEqual(scaled);
      },
    );
  });
});

function zones(nodes: readonly Node[]): string[] {
  return [...new Set(nodes.map(({ metadata }) => metadata.labels[ZONE] ?? ''))];
}

const disruptionBudget = z.object({
  spec: z.object({ selector: z.object({ matchLabels: z.record(z.string(), z.string()) }) }),
  status: z.object({ desiredHealthy: z.int() }),
});

/** The fewest ready pods that the PodDisruptionBudget of each service allows: one below its minimum. */
async function allowedByBudgets(): Promise<Record<string, number>> {
  const expected = Object.fromEntries(Object.entries(minimum).map(([app, pods]) => [app, pods - 1]));
  await vi.waitFor(
    async () => {
      const budgets = await list(disruptionBudget, 'poddisruptionbudgets', '--namespace', namespace);
      const found = budgets.map(
        ({ spec, status }) => [spec.selector.matchLabels['app'] ?? '', status.desiredHealthy] as const,
      );
      expect(Object.fromEntries(found)).toMatchObject(expected);
    },
    { timeout: 30_000, interval: 250 },
  );
  return expected;
}

/** The services that had fewer pods ready than they may have. */
function belowFloor(fewest: Readonly<Record<string, number>>, floor: Readonly<Record<string, number>>): string[] {
  return Object.entries(floor).flatMap(([app, pods]) => {
    const ready = fewest[app] ?? 0;
    return ready < pods ? [`${app}: ${ready} ready, ${pods} wanted`] : [];
  });
}

/** Drains a node, waits until every service is back at its minimum elsewhere, and returns the fewest pods it had ready meanwhile. */
async function drain({ metadata: { name } }: Node): Promise<Record<string, number>> {
  try {
    return await fewestReady(minimum, async () => {
      await kubectl('drain', name, '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=120s');
      expect((await pods(namespace)).filter(({ spec }) => spec.nodeName === name)).toEqual([]);
      await untilReady(minimum);
    });
  } finally {
    await kubectl('uncordon', name);
  }
}

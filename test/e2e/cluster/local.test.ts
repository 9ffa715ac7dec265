import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { clientSide, itApplies } from './applied';
import {
  isReady,
  kubectl,
  list,
  localPods,
  logNamespace,
  namespace,
  noCluster,
  pods,
  remove,
  synthesize,
  untilReady,
} from '../kubernetes/kubectl';
import { readyPods, resolutions } from './resolution';

/** The ports by which the pods of `local` are reached; a pod listens where its Service does. */
const springBoot = { http: 8080, management: 8081 };
const ports: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  ...{ gateway: springBoot, 'autonomous-op': springBoot, fms: springBoot, tms: springBoot, scm: springBoot },
  'ml-service': { http: 8082, management: 8083 },
  ...{ kafka: { client: 9092 }, postgres: { client: 5432 }, redis: { client: 6379 } },
  grafana: { http: 3000 },
};

/** The ports of the Services whose pods the Prometheus operator makes. */
const operated: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  prometheus: { web: 9090 },
  alertmanager: { web: 9093 },
};

const stores = ['kafka', 'postgres', 'redis'];

describe.skipIf(noCluster)('local, freshly synthesized', () => {
  let dist = '';
  beforeAll(async () => {
    dist = await synthesize('local');
  });
  afterAll(() => remove(dist));

  itApplies(() => dist, clientSide, localPods);

  it('runs all its pods, the stores among them: Running and Ready, and none besides', async () => {
    await untilReady(localPods);
    const found = await pods(namespace);
    expect(found.map(({ metadata }) => metadata.labels['app']).sort()).toEqual(Object.keys(localPods).sort());
    expect(found.filter((pod) => pod.status.phase !== 'Running' || !isReady(pod))).toEqual([]);
  });

  it('has Services that lead to the pods they name, and to no others', async () => {
    await untilResolved(Object.keys(ports));
    const found = await resolutions();
    expect(Object.keys(found).sort()).toEqual(Object.keys({ ...ports, ...operated }).sort());
    for (const [app, expected] of Object.entries(operated)) {
      expect({ app, ...found[app] }).toMatchObject({ app, pods: {}, ports: expected });
    }
    for (const [app, expected] of Object.entries(ports)) {
      expect({ app, ...found[app] }).toEqual({
        app,
        pods: await readyPods({ app }),
        ports: expected,
        podPorts: expected,
      });
    }
    const addresses = Object.values(found).flatMap((service) => Object.values(service.pods));
    expect(new Set(addresses).size).toBe(Object.keys(localPods).length);
  });

  it('has pods that listen on the ports of their Services', async () => {
    const found = await list(listening, 'pods', '--namespace', namespace);
    const listened = found.map(({ metadata, spec }): [string, Record<string, number>] => [
      metadata.labels.app,
      Object.fromEntries(spec.containers.flatMap((each) => each.ports).map((port) => [port.name, port.containerPort])),
    ]);
    expect(Object.fromEntries(listened)).toEqual(ports);
  });

  it('has a Prometheus and an Alertmanager for the operator, and collects no logs', async () => {
    const found = await kubectl('get', 'prometheuses,alertmanagers', '--namespace', namespace, '--output=name');
    expect(found.split('\n').filter((name) => name !== '')).toEqual([
      'prometheus.monitoring.coreos.com/prometheus',
      'alertmanager.monitoring.coreos.com/alertmanager',
    ]);
    expect(await kubectl('get', 'daemonsets,pods', '--namespace', logNamespace, '--output=name')).toBe('');
    expect(await kubectl('get', 'statefulset/loki', '--namespace', namespace, '--ignore-not-found')).toBe('');
  });

  it('has an Ingress that leads to a port of the gateway', async () => {
    const backends = (await list(ingress, 'ingresses', '--namespace', namespace)).flatMap(({ spec }) =>
      spec.rules.flatMap(({ http }) => http.paths.map(({ backend }) => backend.service)),
    );
    expect(backends).toEqual([{ name: 'gateway', port: { name: 'http' } }]);
    expect(Object.keys((await resolutions())['gateway']?.pods ?? {})).toHaveLength(1);
  });

  it("replaces a store's deleted pod by one of the same name, to which its Service leads", async () => {
    const before = await pods(namespace, '--selector', `app in (${stores.join(',')})`);
    const names = before.map(({ metadata }) => metadata.name);
    expect(names.sort()).toEqual(stores.map((store) => `${store}-0`));
    const old = before.map(({ metadata }) => metadata.uid);
    // As when a node is lost: at once, whatever the kubelet (here kwok, which sometimes takes the whole grace period) does.
    await kubectl('delete', 'pod', '--namespace', namespace, '--grace-period=0', '--force', '--wait=false', ...names);
    await vi.waitFor(
      async () => {
        const now = await pods(namespace, '--selector', `app in (${stores.join(',')})`);
        expect(now.filter(({ metadata }) => old.includes(metadata.uid))).toEqual([]);
      },
      { timeout: 150_000, interval: 250 },
    );
    await untilReady(localPods);
    await untilResolved(stores);
    const after = await pods(namespace, '--selector', `app in (${stores.join(',')})`);
    expect(after.map(({ metadata }) => metadata.name).sort()).toEqual(names);
    const found = await resolutions();
    for (const store of stores) {
      expect(Object.keys(found[store]?.pods ?? {})).toEqual([`${store}-0`]);
    }
  });
});

const listening = z.object({
  metadata: z.object({ labels: z.object({ app: z.string() }) }),
  spec: z.object({
    containers: z.array(z.object({ ports: z.array(z.object({ name: z.string(), containerPort: z.int() })) })),
  }),
});

const ingress = z.object({
  spec: z.object({
    rules: z.array(
      z.object({ http: z.object({ paths: z.array(z.object({ backend: z.object({ service: z.unknown() }) })) }) }),
    ),
  }),
});

/** Waits until the controller of endpoints has seen the pods that are ready now. */
async function untilResolved(apps: readonly string[]): Promise<void> {
  await vi.waitFor(
    async () => {
      const found = await resolutions();
      for (const app of apps) {
        expect({ app, pods: found[app]?.pods }).toEqual({ app, pods: await readyPods({ app }) });
      }
    },
    { timeout: 30_000, interval: 250 },
  );
}

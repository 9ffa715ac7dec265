/* That the pods of `local` start: within what a laptop has, in any order, and for good. */

import { expect, it, vi } from 'vitest';
import { parseQuantity } from '../../../src/core/quantities';
import { appOf, events, RunningPod, runningPods, since } from './pods';

/** Every app of `local`, each with one pod. */
const apps = [
  ...['gateway', 'autonomous-op', 'fms', 'tms', 'scm', 'ml-service'],
  ...['kafka', 'postgres', 'redis'],
  ...['prometheus', 'alertmanager', 'grafana', 'jaeger'],
];

/** The stores without which a service does not become ready: its health group `startup` asks them. */
const waitsFor: Readonly<Record<string, readonly string[]>> = {
  'autonomous-op': ['postgres', 'redis'],
  fms: ['postgres'],
  tms: ['postgres'],
  scm: ['postgres'],
  'ml-service': ['redis'],
};

/** A laptop's share for a cluster. */
const laptop = { cpu: 2, memory: 8 * 2 ** 30 };

/** Tests of the start, the first of which waits for it. */
export function itStarts(): void {
  /** The first pod of each app: an autoscaler may add others. */
  let pods: RunningPod[] = [];
  const readyAt = (app: string) => {
    const pod = pods.find((each) => appOf(each) === app);
    return (pod && since(pod, 'Ready')) ?? Number.NaN;
  };

  it('has a pod of everything Ready', { timeout: 600_000 }, async () => {
    await vi.waitFor(
      async () => {
        const ready = (await runningPods()).filter((each) => since(each, 'Ready') !== undefined);
        pods = apps.flatMap((app) => ready.filter((each) => appOf(each) === app).slice(0, 1));
        expect(pods.map(appOf)).toEqual(apps);
      },
      { timeout: 580_000, interval: 2000 },
    );
    const seconds = apps.map((app): [string, number] => [app, (readyAt(app) - startOf(app)) / 1000]);
    process.stdout.write(`seconds until Ready: ${seconds.map((each) => each.join(' ')).join(', ')}\n`);
  });

  const startOf = (app: string) => Date.parse(pods.find((each) => appOf(each) === app)?.status.startTime ?? '');

  it('asks for no more than one node of 2 CPUs and 8 GiB has, and all of it runs on that one', () => {
    const sum = (resource: 'cpu' | 'memory') =>
      pods
        .flatMap(({ spec }) => spec.containers)
        .map(({ resources }) => parseQuantity(resources.requests[resource] ?? '0') ?? Number.NaN)
        .reduce((one, other) => one + other, 0);
    process.stdout.write(`requests: ${sum('cpu')} CPU, ${sum('memory') / 2 ** 30} GiB\n`);
    expect(sum('cpu')).toBeLessThanOrEqual(laptop.cpu);
    expect(sum('memory')).toBeLessThanOrEqual(laptop.memory);
    expect([...new Set(pods.map(({ spec }) => spec.nodeName))]).toEqual(['real-1']);
  });

  it('has restarted no container', () => {
    const restarts = pods.flatMap(({ metadata, status }) =>
      status.containerStatuses.map(({ name, restartCount }) => ({ pod: metadata.name, name, restartCount })),
    );
    expect(restarts.filter(({ restartCount }) => restartCount > 0)).toEqual([]);
    expect(restarts.length).toBeGreaterThanOrEqual(apps.length);
  });

  it('has no service Ready before its stores', () => {
    const early = Object.entries(waitsFor).flatMap(([service, stores]) =>
      stores.filter((store) => !(readyAt(service) >= readyAt(store))).map((store) => `${service} before ${store}`),
    );
    expect(early).toEqual([]);
  });

  it('has had no failed probe since it was Ready', async () => {
    const failed = (await events('Unhealthy')).filter(({ involvedObject, lastTimestamp }) => {
      const pod = pods.find(({ metadata }) => metadata.uid === involvedObject.uid);
      const ready = pod && since(pod, 'Ready');
      return ready !== undefined && Date.parse(lastTimestamp ?? '') > ready;
    });
    expect(failed.map(({ involvedObject, message }) => `${involvedObject.name}: ${message}`)).toEqual([]);
  });
}

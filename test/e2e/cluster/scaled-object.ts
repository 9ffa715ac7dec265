/* A service that KEDA scales, as it is in the cluster. */

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, vi } from 'vitest';
import { z } from 'zod';
import { get, kubectl, namespace, tryKubectl } from '../kubernetes/kubectl';

/** Twice what the HPA takes from one look at the metrics to the next. */
const TWO_SYNCS = 10_000;

const status = z.object({
  status: z.object({
    conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
    health: z.record(z.string(), z.object({ status: z.string() })).default({}),
  }),
});

const deployment = z.object({ spec: z.object({ replicas: z.int() }) });

const external = z.object({ metric: z.object({ name: z.string() }) }).optional();
const hpa = z.object({ spec: z.object({ metrics: z.array(z.object({ external })) }) });

/** A Deployment, its ScaledObject and its HPA, by the Deployment's name. */
export class ScaledWorkload {
  constructor(private readonly name: string) {}

  /** Pods that it is to have. */
  async replicas(): Promise<number> {
    return (await get(deployment, `deployment/${this.name}`)).spec.replicas;
  }

  /** Waits until it has so many pods, and sees that it keeps them; tells the seconds. */
  async untilScaled(pods: number): Promise<void> {
    const begin = Date.now();
    await untilSo(async () => {
      expect(await this.replicas()).toBe(pods);
    });
    process.stdout.write(`${this.name} has ${pods} pods after ${((Date.now() - begin) / 1000).toFixed(1)} s\n`);
    await this.keeps(pods);
  }

  /** Sees that nothing changes its number of pods for a while. */
  async keeps(pods: number): Promise<void> {
    await sleep(TWO_SYNCS);
    expect(await this.replicas()).toBe(pods);
  }

  /** Waits until KEDA says of the ScaledObject that it is ready, or that it is not. */
  async untilReady(ready: 'True' | 'False'): Promise<void> {
    await untilSo(async () => {
      const { conditions } = (await this.scaledObject()).status;
      expect(conditions.find(({ type }) => type === 'Ready')?.status).toBe(ready);
    });
  }

  /** Waits until KEDA says so of a trigger, by the name of its metric. */
  async untilTrigger(metric: string, said: 'Happy' | 'Failing'): Promise<void> {
    await untilSo(async () => {
      expect((await this.scaledObject()).status.health[metric]?.status).toBe(said);
    });
  }

  /** The metrics of its HPA that KEDA has to bring. */
  async externalMetrics(): Promise<string[]> {
    const { spec } = await get(hpa, `hpa/${this.name}-hpa`);
    return spec.metrics.flatMap(({ external }) => (external === undefined ? [] : [external.metric.name]));
  }

  /** What the HPA gets if it asks for a metric: its value, or an error. */
  async answer(metric: string): Promise<string> {
    const api = `/apis/external.metrics.k8s.io/v1beta1/namespaces/${namespace}/${metric}`;
    const selector = `labelSelector=scaledobject.keda.sh/name%3D${this.name}-keda`;
    const { stdout, stderr } = await tryKubectl(['get', '--raw', `${api}?${selector}`]);
    return stdout + stderr;
  }

  /** Makes the window after which pods are taken away another. */
  async setScaleDownWindow(seconds: number): Promise<void> {
    const behavior = { scaleDown: { stabilizationWindowSeconds: seconds } };
    const patch = JSON.stringify({ spec: { advanced: { horizontalPodAutoscalerConfig: { behavior } } } });
    const object = `scaledobject/${this.name}-keda`;
    await kubectl('patch', object, '--namespace', namespace, '--type=merge', `--patch=${patch}`);
  }

  private scaledObject(): Promise<z.output<typeof status>> {
    return get(status, `scaledobject/${this.name}-keda`);
  }
}

/** Waits until it is so. */
export function untilSo(expectation: () => Promise<void>): Promise<void> {
  return vi.waitFor(expectation, { timeout: 90_000, interval: 250 });
}

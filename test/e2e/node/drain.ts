/* That a drain takes one pod of a service at a time, as its PodDisruptionBudget says. */

import { afterAll, expect, it } from 'vitest';
import { z } from 'zod';
import { get, kubectl, namespace, tryKubectl } from '../kubernetes/kubectl';
import { RESERVED } from './operators';

const deployment = z.object({ status: z.object({ availableReplicas: z.int().default(0) }) });

/** Tests that drain the node on which all of `local` runs. */
export function itIsDrained(): void {
  afterAll(async () => {
    await kubectl('uncordon', 'real-1');
  });

  it('keeps one of two pods of the gateway while the node of both is drained', { timeout: 300_000 }, async () => {
    const hpa = ['horizontalpodautoscaler/gateway-hpa', '--namespace', namespace, '--type=merge'];
    await kubectl('patch', ...hpa, '--patch={"spec":{"minReplicas":2}}');
    const available = async () => (await get(deployment, 'deployment/gateway')).status.availableReplicas;
    await expect.poll(available, { timeout: 120_000, interval: 500 }).toBe(2);
    await kubectl('taint', 'nodes', 'real-3', `${RESERVED}-`);
    const counts: number[] = [];
    const drain = { over: false };
    const args = ['--pod-selector=app=gateway', '--delete-emptydir-data', '--timeout=200s'];
    const drained = tryKubectl(['drain', 'real-1', ...args]).finally(() => {
      drain.over = true;
    });
    while (!drain.over) counts.push(await available());
    const { code, stderr } = await drained;
    expect(code).toBe(0);
    expect(stderr).toContain("would violate the pod's disruption budget");
    expect(Math.min(...counts)).toBe(1);
    await expect.poll(available, { timeout: 120_000, interval: 500 }).toBe(2);
  });
}

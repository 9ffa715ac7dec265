/* That load makes pods and rest takes them away: by the CPU that they use, and by what waits in Kafka. */

import { beforeAll, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { parseQuantity } from '../../../src/core/quantities';
import { get, kubectl, namespace } from '../kubernetes/kubectl';
import { inPod, podOf } from './pods';

const autoscaler = z.object({
  status: z.object({
    currentReplicas: z.int().default(0),
    currentMetrics: z
      .array(
        z.object({
          external: z
            .object({ metric: z.object({ name: z.string() }), current: z.object({ averageValue: z.string() }) })
            .optional(),
        }),
      )
      .nullish(),
  }),
});

/** Five minutes of patience is for production: the tests have less. */
const SECONDS = 15;

/** The autoscalers of the tests: what is patched, and how its behavior is nested there. */
const behavior = {
  scaleUp: { stabilizationWindowSeconds: SECONDS },
  scaleDown: { stabilizationWindowSeconds: SECONDS },
};
const impatient = {
  'horizontalpodautoscaler/fms-hpa': { behavior },
  'scaledobject/autonomous-op-keda': { advanced: { horizontalPodAutoscalerConfig: { behavior } } },
};

/** Tests of an autoscaler of Kubernetes' own, and of one that KEDA makes. */
export function itScales(): void {
  const until = (what: () => Promise<void>) => vi.waitFor(what, { timeout: 180_000, interval: 1000 });
  const replicas = async (name: string) => (await get(autoscaler, `hpa/${name}-hpa`)).status.currentReplicas;
  const become = (name: string, count: number) =>
    until(async () => {
      expect(await replicas(name)).toBe(count);
    });

  beforeAll(async () => {
    for (const [name, spec] of Object.entries(impatient)) {
      await kubectl('patch', name, '--namespace', namespace, '--type=merge', `--patch=${JSON.stringify({ spec })}`);
    }
  });

  it('adds a pod to fms while its CPU is busy', { timeout: 300_000 }, async () => {
    await become('fms', 1);
    const began = Date.now();
    const { name } = (await podOf('fms')).metadata;
    const burning = inPod(name, ['curl', '--silent', 'http://127.0.0.1:8080/burn?millis=60000']);
    await become('fms', 2);
    process.stdout.write(`fms has a second pod after ${Math.round((Date.now() - began) / 1000)} s of load\n`);
    await burning;
  });

  it('adds a pod to autonomous-op while messages wait', { timeout: 300_000 }, async () => {
    await become('autonomous-op', 1);
    const began = Date.now();
    const { name } = (await podOf('autonomous-op')).metadata;
    const send = ['curl', '--silent', '--request', 'POST'];
    const lag = async () => {
      const { currentMetrics } = (await get(autoscaler, 'hpa/autonomous-op-hpa')).status;
      const found = currentMetrics?.find(({ external }) => external?.metric.name === 's0-kafka-vehicle-telemetry');
      return parseQuantity(found?.external?.current.averageValue ?? '0') ?? 0;
    };
    let most = 0;
    await until(async () => {
      // Several at once: of one there is often nothing left when the autoscaler looks, and it has to see some twice.
      const more = () => inPod(name, [...send, 'http://127.0.0.1:8080/messages/vehicle-telemetry?count=5000']);
      await Promise.all([more(), more(), more(), more()]);
      most = Math.max(most, await lag());
      expect(await replicas('autonomous-op')).toBe(2);
      expect(most).toBeGreaterThan(1000);
    });
    process.stdout.write(
      `autonomous-op has a second pod after ${Math.round((Date.now() - began) / 1000)} s, with ${most} messages a pod waiting\n`,
    );
  });

  // At last: the one rests while the other is under load.
  it.each(['fms', 'autonomous-op'])('takes the second pod of %s away when it rests', { timeout: 300_000 }, (name) =>
    become(name, 1),
  );
}

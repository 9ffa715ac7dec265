import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scrape } from './actuator';
import { Deployments, machine, Release, theDeployments } from './platform';
import { Pod, ProbeName } from './pod';
import { until } from './program';
import { ask } from './requests';

const probes: readonly ProbeName[] = ['startupProbe', 'livenessProbe', 'readinessProbe'];
const keys = ['gateway', 'autonomousOp', 'mlService'] as const;

describe.skipIf(machine === undefined).each<Release>(['3.5', '4.0'])('a pod, with Spring Boot %s', (release) => {
  let deployments: Deployments;

  beforeAll(async () => {
    deployments = await theDeployments(release);
    await deployments.have(...keys);
  });

  test.each(keys)(
    'of %s answers each probe at the management port, without a token, and no probe at the other',
    async (key) => {
      const pod = deployments.pod(key);
      for (const name of probes) expect([name, await pod.probe(name)]).toEqual([name, 200]);
      expect((await ask(pod.url('http', '/actuator/health/liveness'))).status).not.toBe(200);
    },
  );

  test.each(keys)('of %s has a heap within its limit, which is the share that is set', async (key) => {
    const pod = deployments.pod(key);
    const heaps = (await scrape(pod)).filter(
      ({ name, labels, value }) => name === 'jvm_memory_max_bytes' && labels['area'] === 'heap' && value > 0,
    );
    const heap = Math.max(...heaps.map(({ value }) => value));
    // Serial and parallel collectors leave a survivor space out, a twelfth of the heap or less.
    const share = Number(/MaxRAMPercentage=([\d.]+)/.exec(pod.env['JAVA_TOOL_OPTIONS'] ?? '')?.[1] ?? 25) / 100;
    expect(heap / pod.memoryLimit).toBeGreaterThan(share * 0.6);
    expect(heap / pod.memoryLimit).toBeLessThanOrEqual(share * 1.05);
  });
});

describe.skipIf(machine === undefined)('a pod whose password the database refuses', () => {
  let pod: Pod | undefined;

  beforeAll(async () => {
    const deployments = await theDeployments('3.5');
    pod = deployments.create('fms', { SPRING_DATASOURCE_PASSWORD: 'wrong' });
  });

  afterAll(() => pod?.kill());

  test('never passes the startup probe, so that a roll-out stops at it', async () => {
    await until('it answers', async () => (await pod?.probe('livenessProbe')) === 200, { seconds: 240 });
    await expect.poll(() => pod?.probe('startupProbe'), { timeout: 30_000 }).toBe(503);
  });
});

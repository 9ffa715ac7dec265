import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serviceKeys } from '../../../src/autonomous-op/services';
import { scrape } from './actuator';
import { Deployments, machine, Release, theDeployments } from './platform';
import { Pod, ProbeName } from './pod';
import { until } from '../programs/program';
import { ask } from './requests';

const probes: readonly ProbeName[] = ['startupProbe', 'livenessProbe', 'readinessProbe'];

describe.skipIf(machine === undefined).each<Release>(['3.5', '4.0'])('a pod, with Spring Boot %s', (release) => {
  let deployments: Deployments;

  beforeAll(async () => {
    deployments = await theDeployments(release);
    await deployments.have(...serviceKeys);
  });

  test.each(serviceKeys)(
    'of %s answers each probe at the management port, without a token, and no probe at the other',
    async (key) => {
      const pod = deployments.pod(key);
      // As the kubelet does, again and again: a pod that others' stores have left may need a moment.
      for (const name of probes) await expect.poll(() => pod.probe(name), { timeout: 60_000 }).toBe(200);
      expect((await ask(pod.url('http', '/actuator/health/liveness'))).status).not.toBe(200);
    },
  );

  test.each(serviceKeys)('of %s has the largest heap that it is told, and nothing else', async (key) => {
    const pod = deployments.pod(key);
    const [, told] = /-Xmx(\d+)m/.exec(pod.env['JAVA_TOOL_OPTIONS'] ?? '') ?? [];
    const heaps = (await scrape(pod)).filter(
      ({ name, labels, value }) => name === 'jvm_memory_max_bytes' && labels['area'] === 'heap' && value > 0,
    );
    const heap = Math.max(...heaps.map(({ value }) => value)) / 2 ** 20;
    // The serial collector, which the JVM takes with few CPUs, counts its old generation alone: two thirds.
    expect(heap).toBeGreaterThan(Number(told) * 0.6);
    expect(heap).toBeLessThanOrEqual(Number(told));
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

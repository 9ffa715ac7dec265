import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { forTheTests } from './actuator';
import { Deployments, machine, Release, theDeployments, thePlatform } from './platform';
import { Pod } from './pod';
import { ask, Load } from './requests';

// Pods come and go while clients ask through the gateway without a pause: a scale-out and roll-outs lose no request.

const request = z.object({ hostname: z.string() });

describe.skipIf(machine === undefined).each<Release>(['3.5', '4.0'])('under load, with Spring Boot %s,', (release) => {
  let deployments: Deployments;
  let headers: Record<string, string>;
  let load: Load;

  beforeAll(async () => {
    deployments = await theDeployments(release);
    await deployments.have('gateway', 'autonomousOp', 'mlService');
    headers = { authorization: `Bearer ${(await thePlatform()).keycloak.token()}` };
  });

  // Each on a connection of its own, as an ingress controller that takes a pod out of its list at once.
  beforeEach(async () => {
    load = new Load(() => ask(deployments.url('gateway', '/api/autonomous-op/request'), { headers }), { pause: 50 });
    await load.more(100);
  });

  afterEach(async () => {
    expect(await load.stop()).toEqual([]);
    process.stderr.write(`Spring Boot ${release}: ${load.answers.length} requests, none lost\n`);
  });

  const answersOf = (pod: Pod) =>
    load.answers.filter(({ text }) => request.parse(JSON.parse(text)).hostname === pod.name).length;

  test('a pod that is added gets its share, and one that leaves finishes what it has begun', async () => {
    const left = deployments.pod('autonomousOp');
    const added = await deployments.start('autonomousOp', forTheTests);
    await expect.poll(() => answersOf(added), { timeout: 15_000 }).toBeGreaterThan(50);
    const gone = deployments.stop('autonomousOp', left);
    await sleep((left.drainSeconds - 2) * 1000);
    // It begins before SIGTERM and ends after it.
    const slow = ask(left.url('http', '/slow?millis=8000'));
    await sleep(4000);
    const answered = answersOf(left);
    expect(await left.probe('livenessProbe')).toBe(200);
    expect(await left.probe('readinessProbe')).not.toBe(200);
    expect(await slow).toMatchObject({ status: 200 });
    expect(await gone).toBeLessThan(left.graceSeconds);
    await load.more(500);
    expect(answersOf(left)).toBe(answered);
  });

  test('a gateway is replaced', async () => {
    const left = deployments.pod('gateway');
    await deployments.start('gateway', forTheTests);
    await deployments.stop('gateway', left);
    await load.more(500);
    expect(load.answers.length).toBeGreaterThan(1000);
  });
});

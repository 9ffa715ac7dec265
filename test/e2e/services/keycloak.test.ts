import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { Deployments, machine, Platform, Release, theDeployments, thePlatform } from './platform';
import { Pod } from './pod';
import { until } from '../programs/program';
import { Answer, ask, askJson } from './requests';

// Keycloak is away, and comes back. The gateway that starts meanwhile is exactly the emitted one: nothing is added to its environment.

const HELLO = '/api/fms/hello';

describe.skipIf(machine === undefined).each<Release>(['3.5', '4.0'])(
  'while Keycloak is away, Spring Boot %s:',
  (release) => {
    let platform: Platform;
    let deployments: Deployments;
    let running: Pod;
    let started: Pod;
    let headers: Record<string, string>;

    const hello = (pod: Pod): Promise<Answer> => ask(pod.url('http', HELLO), { headers });

    beforeAll(async () => {
      platform = await thePlatform();
      deployments = await theDeployments(release);
      await deployments.have('gateway', 'fms');
      running = deployments.pod('gateway');
      headers = { authorization: `Bearer ${platform.keycloak.token()}` };
      await until('the gateway answers', async () => (await hello(running)).status === 200);
      platform.keycloak.stop();
      started = deployments.create('gateway');
    });

    afterAll(async () => {
      await platform.keycloak.start();
      await started.kill();
    });

    test('a gateway that has its keys goes on', async () => {
      expect(await hello(running)).toMatchObject({ status: 200 });
    });

    test('a new gateway becomes ready, and lets nobody in', async () => {
      await started.ready();
      expect(await ask(started.url('http', HELLO))).toMatchObject({ status: 401 });
      const answer = await hello(started);
      expect(answer).toMatchObject({ status: 500 });
      expect(answer.seconds).toBeLessThan(10);
    });

    test('it lets in as soon as Keycloak is back', async () => {
      await platform.keycloak.start();
      await expect.poll(() => hello(started), { timeout: 15_000 }).toMatchObject({ status: 200 });
    });

    test('one request of ten is traced, in each service that it comes to', async () => {
      const asked = new Set<string>();
      for (let index = 0; index < 300; index++) {
        const seen = await askJson(started.url('http', '/api/fms/request'), { headers });
        asked.add(z.object({ traceId: z.string() }).parse(seen).traceId);
      }
      const tracesOf = (name: string) =>
        new Set(
          platform.traces.spans
            .filter(({ service, traceId }) => service === name && asked.has(traceId))
            .map(({ traceId }) => traceId),
        );
      expect(asked.size).toBe(300);
      // Each sends its spans by itself, every few seconds.
      const inOneOnly = () => [...asked].filter((id) => tracesOf('gateway').has(id) !== tracesOf('fms').has(id));
      await expect.poll(() => tracesOf('gateway').size, { timeout: 30_000 }).toBeGreaterThanOrEqual(10);
      await expect.poll(inOneOnly, { timeout: 30_000 }).toEqual([]);
      // Of 300 with a chance of a tenth, fewer than 10 or more than 55 come once in ten thousand runs.
      expect(tracesOf('gateway').size).toBeLessThanOrEqual(55);
    });
  },
);

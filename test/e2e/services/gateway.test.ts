import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { pathOf, requestLimits } from '../../../src/autonomous-op/ingress';
import { serviceKeys, services } from '../../../src/autonomous-op/services';
import { connections, targetsOf } from '../../../src/autonomous-op/topology';
import { Keycloak } from './keycloak';
import { Deployments, machine, Release, theDeployments, thePlatform } from './platform';
import { Pod } from './pod';
import { until } from '../programs/program';
import { Answer, ask, askJson } from './requests';
import { Traces } from './traces';

// What comes in by the Ingress: the test asks the gateway as the ingress controller does.

const HOST = 'autonomous-op.example.com';
const CLIENT = '203.0.113.7';

/** What nginx says of a request; a client's own headers of these names never get here. */
const forwarded = {
  host: HOST,
  'x-forwarded-for': CLIENT,
  'x-forwarded-proto': 'https',
  'x-forwarded-host': HOST,
  'x-forwarded-port': '443',
} as const;

const seen = z.object({
  name: z.string(),
  url: z.string(),
  remoteAddress: z.string(),
  headers: z.record(z.string(), z.string()),
  traceId: z.string(),
});

/** What came of a request that the service answers after longer than a client may wait. */
const late = new Map<Release, Promise<Answer>>();

const routed = targetsOf('gateway', connections).filter((key) => serviceKeys.some((each) => each === key));

describe.skipIf(machine === undefined).each<Release>(['3.5', '4.0'])('the gateway, with Spring Boot %s', (release) => {
  let deployments: Deployments;
  let gateway: Pod;
  let keycloak: Keycloak;
  let traces: Traces;
  let headers: Record<string, string>;

  const get = (path: string, more: Record<string, string> = {}): Promise<Answer> =>
    ask(gateway.url('http', path), { headers: { ...headers, ...more } });
  const seenBy = async (path: string) =>
    seen.parse(await askJson(gateway.url('http', path), { headers: { ...headers, ...forwarded } }));

  beforeAll(async () => {
    deployments = await theDeployments(release);
    await deployments.have('gateway', 'autonomousOp', 'mlService', 'fms');
    gateway = deployments.pod('gateway');
    ({ keycloak, traces } = await thePlatform());
    headers = { authorization: `Bearer ${keycloak.token()}` };
    late.set(release, get('/api/fms/slow?millis=70000'));
  });

  test.each(['autonomousOp', 'fms'] as const)(
    'leads to %s, which sees what follows the path of its route',
    async (key) => {
      expect(await get(`${pathOf(services[key].name)}/hello`)).toMatchObject({
        status: 200,
        text: `hello from ${services[key].name}`,
      });
      expect(routed).toContain(key);
    },
  );

  test('answers 404 where no route leads', async () => {
    expect(await get('/api/unknown/hello')).toMatchObject({ status: 404 });
    expect(await get('/hello')).toMatchObject({ status: 404 });
  });

  test('lets nobody in without a token of the issuer', async () => {
    const url = gateway.url('http', '/api/fms/hello');
    expect(await ask(url)).toMatchObject({ status: 401 });
    for (const token of [keycloak.forgedToken(), 'no-token']) {
      expect(await get('/api/fms/hello', { authorization: `Bearer ${token}` })).toMatchObject({ status: 401 });
    }
  });

  test.each([4, 9])('takes a body of %i MiB', async (size) => {
    const body = Buffer.alloc(size * 2 ** 20);
    const { status, text } = await ask(gateway.url('http', '/api/fms/body'), { method: 'POST', headers, body });
    expect({ status, text }).toEqual({ status: 200, text: JSON.stringify({ bytes: body.length }) });
  });

  test('answers 413 to a body of 11 MiB, before it comes', async () => {
    // It is announced and not sent: while a client still sends, it may see a closed connection before the answer.
    const announced = { ...headers, 'content-length': String(11 * 2 ** 20) };
    const answer = await ask(gateway.url('http', '/api/fms/body'), { method: 'POST', headers: announced });
    expect(answer).toMatchObject({ status: 413 });
    expect(requestLimits.maxBodySize.toMebibytes()).toBe(10);
  });

  test('tells a service who asks, for which host and by which protocol', async () => {
    const { url, remoteAddress, headers: got } = await seenBy('/api/fms/request');
    expect(got).toMatchObject({ 'x-forwarded-proto': 'https', 'x-forwarded-host': HOST, 'x-forwarded-port': '443' });
    // From X-Forwarded-For, which the service's own server may have used up.
    expect(remoteAddress).toBe(CLIENT);
    expect(url).toMatch(new RegExp(`^https://${HOST}/`));
  });

  test('is in one trace with the services behind it', async () => {
    const url = gateway.url('http', '/api/autonomous-op/missions?vehicle=traced');
    const { traceId } = z.object({ traceId: z.string() }).parse(await askJson(url, { method: 'POST', headers }));
    const firsts = () => traces.of(traceId).filter(({ parentSpanId }) => parentSpanId === '');
    const orphans = () => {
      const ids = new Set(['', ...traces.of(traceId).map(({ spanId }) => spanId)]);
      return traces.of(traceId).filter(({ parentSpanId }) => !ids.has(parentSpanId));
    };
    const servicesOf = () => [...new Set(traces.of(traceId).map(({ service }) => service))].sort();
    // Each service sends its spans by itself, every few seconds.
    await expect
      .poll(() => ({ services: servicesOf(), firsts: firsts(), orphans: orphans() }), { timeout: 60_000 })
      .toMatchObject({
        services: ['autonomous-op', 'gateway', 'ml-service'],
        firsts: [{ service: 'gateway' }],
        orphans: [],
      });
    // The message that autonomous-op has sent is consumed, by itself, in the same trace.
    await until('the message is received', () => traces.of(traceId).some(({ name }) => /receive|process/.test(name)));
  });

  test('gives up on an address that does not answer after 2 s', async () => {
    const restore = deployments.unplug('tms');
    const answer = await get('/api/tms/hello').finally(restore);
    expect(answer.status).toBeGreaterThanOrEqual(500);
    expect(answer.seconds).toBeGreaterThan(1.5);
    expect(answer.seconds).toBeLessThan(10);
  });
});

describe.skipIf(machine === undefined)('the gateway', () => {
  test.each<Release>(['3.5', '4.0'])(
    'answers 504 before the ingress controller gives up, with Spring Boot %s',
    async (release) => {
      const answer = await late.get(release);
      expect(answer).toMatchObject({ status: 504 });
      const [least, most] = [50, requestLimits.requestTimeout.toSeconds()];
      expect(answer?.seconds).toBeGreaterThan(least);
      expect(answer?.seconds).toBeLessThan(most);
    },
    90_000,
  );
});

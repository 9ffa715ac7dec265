/* One request from the Ingress' side, through gateway and autonomous-op to the model, and all that it leaves behind. */

import { expect, it, vi } from 'vitest';
import { z } from 'zod';
import { namespace } from '../kubernetes/kubectl';
import { Issuer } from '../programs/issuer';
import { askPrometheus, spansOf, valuesOf } from './answers';
import { inPodOrFail, logsOf, podsOf } from './pods';

const answer = z.object({
  row: z.union([z.int(), z.string()]),
  key: z.string(),
  score: z.number(),
  traceId: z.string(),
});

const alerts = z.object({
  alerts: z.array(z.object({ labels: z.record(z.string(), z.string()), state: z.string() })),
});

/** Tests of one request. The pod that the Ingress controller stands for has to run. */
export function itServes(keycloak: Issuer): void {
  const url = `http://gateway.${namespace}.svc:8080/api/autonomous-op/missions?vehicle=truck-7`;
  const ask = (...headers: readonly string[]) => {
    const given = headers.flatMap((header) => ['--header', header]);
    const write = ['--silent', '--show-error', '--max-time', '50', '--write-out', '\n%{http_code}'];
    return inPodOrFail('ingress', ['curl', ...write, '--request', 'POST', ...given, url], 'ingress-nginx');
  };
  const sql = async (text: string) => {
    const command = `psql -XAtqw -U "$POSTGRES_USER" -d "$POSTGRES_DB" -c "${text}"`;
    return (await inPodOrFail('postgres-0', ['sh', '-c', command])).trim();
  };
  let mission: z.output<typeof answer> | undefined;
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

  it('is refused without a token', async () => {
    expect((await ask()).split('\n').at(-1)).toBe('401');
  });

  it('is answered with a score of the model', async () => {
    const token = `Authorization: Bearer ${keycloak.token()}`;
    // As sampled by whoever asks: `local` samples one request of ten.
    const said = await ask(token, `traceparent: 00-${traceId}-00f067aa0ba902b7-01`);
    const end = said.lastIndexOf('\n');
    const [body, code] = [said.slice(0, end), said.slice(end + 1)];
    expect({ code, body }).toMatchObject({ code: '200' });
    mission = answer.parse(JSON.parse(body));
    expect(mission.traceId).toBe(traceId);
  });

  it('leaves a row in PostgreSQL', async () => {
    expect(await sql(`select count(*) from autonomous_op_rows where id = ${mission?.row ?? ''}`)).toBe('1');
  });

  it('leaves a key in Redis', async () => {
    expect(await inPodOrFail('redis-0', ['redis-cli', 'exists', mission?.key ?? ''])).toBe('1\n');
  });

  it('leaves a message that autonomous-op consumes', async () => {
    const consumed = async (pod: string) => {
      const said = await inPodOrFail(pod, ['curl', '--silent', 'http://127.0.0.1:8080/messages']);
      return z.object({ consumed: z.int() }).parse(JSON.parse(said)).consumed;
    };
    await vi.waitFor(
      async () => {
        const counts = await Promise.all(
          (await podsOf('autonomous-op')).map(({ metadata }) => consumed(metadata.name)),
        );
        expect(Math.max(...counts)).toBeGreaterThan(0);
      },
      { timeout: 60_000, interval: 1000 },
    );
  });

  it('leaves one trace with all its services in Jaeger', async () => {
    await vi.waitFor(
      async () => {
        const services = new Set((await spansOf(traceId)).map(({ service }) => service));
        expect([...services].sort()).toEqual(['autonomous-op', 'gateway', 'ml-service']);
      },
      { timeout: 60_000, interval: 2000 },
    );
  });

  it.each(['gateway', 'autonomous-op', 'ml-service'])(
    'leaves a line with its trace id in the log of %s',
    async (app) => {
      const logs = await Promise.all((await podsOf(app)).map(({ metadata }) => logsOf(metadata.name)));
      expect(logs.join('')).toContain(traceId);
    },
  );

  it.each(['gateway', 'autonomous-op', 'ml-service'])('is counted in Prometheus for %s', async (app) => {
    const counted = `sum(http_server_requests_seconds_count{app="${app}", uri!~"/actuator.*"})`;
    await vi.waitFor(
      async () => {
        const [values] = await valuesOf(counted);
        expect(values?.[0]).toBeGreaterThan(0);
      },
      { timeout: 120_000, interval: 5000 },
    );
  });

  it('sets off no alert', async () => {
    const [found] = (await askPrometheus('/api/v1/alerts')).map((data) => alerts.parse(data));
    const firing = found?.alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels['alertname']);
    expect(firing).toEqual(['Watchdog']);
  });
}

/* That every query of every panel finds something, in a cluster in which everything is used. */

import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { namespace } from '../kubernetes/kubectl';
import { Issuer } from '../programs/issuer';
import { valuesOf } from './answers';
import { panelQueries, PanelQuery } from './boards';
import { inPod } from './pods';

const hasDatabase = (service = '') => !['gateway', 'ml-service'].includes(service);

/** The queries that find nothing here, and why. */
const empty: Readonly<Record<string, (query: PanelQuery) => boolean>> = {
  'only a gateway has routes': ({ expr, service }) =>
    expr.includes('spring_cloud_gateway_requests') && service !== 'gateway',
  'the service has no database': ({ expr, service }) => expr.includes('hikaricp_') && !hasDatabase(service),
};

/** Tests of the queries. The pod that the Ingress controller stands for has to run. */
export function itShows(keycloak: Issuer): void {
  let stop = (): Promise<unknown> => Promise.resolve();
  beforeAll(() => {
    const gateway = `http://gateway.${namespace}.svc:8080/api`;
    const ask = 'curl --silent --output /dev/null --max-time 5 --header "$0"';
    const round = [
      `${ask} --request POST ${gateway}/autonomous-op/missions?vehicle=truck-8`,
      ...['fms', 'tms', 'scm'].map((service) => `${ask} ${gateway}/${service}/hello`),
      'sleep 2',
    ].join('; ');
    const whilePresent = `touch /tmp/asking; while test -e /tmp/asking; do ${round}; done`;
    const command = ['sh', '-c', whilePresent, `Authorization: Bearer ${keycloak.token()}`];
    const asking = inPod('ingress', command, undefined, 'ingress-nginx');
    stop = async () => {
      await inPod('ingress', ['rm', '/tmp/asking'], undefined, 'ingress-nginx');
      await asking;
    };
  });
  afterAll(() => stop());

  it('finds something for every query, but for those of which it is said why not', { timeout: 240_000 }, async () => {
    const queries = await panelQueries();
    const expected = queries.filter((query) => !Object.values(empty).some((isEmpty) => isEmpty(query)));
    expect(expected.length).toBeGreaterThan(80);
    await vi.waitFor(
      async () => {
        const found = await valuesOf(...expected.map(({ expr }) => expr));
        const missing = expected.filter((_, index) => !(found[index] ?? []).some((value) => !Number.isNaN(value)));
        expect(missing.map(({ dashboard, panel, service = '', expr }) => [dashboard, panel, service, expr])).toEqual(
          [],
        );
      },
      { timeout: 230_000, interval: 5000 },
    );
    process.stdout.write(`queries of panels: ${queries.length}, of which ${expected.length} find something\n`);
  });

  it.each(Object.entries(empty))('finds nothing, as %s', async (_, isEmpty) => {
    const queries = (await panelQueries()).filter(isEmpty);
    expect(queries).not.toEqual([]);
    expect((await valuesOf(...queries.map(({ expr }) => expr))).flat()).toEqual([]);
  });
}

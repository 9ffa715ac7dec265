import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { machine, theDeployments } from './platform';
import { Pod } from './pod';
import { ask, Load } from './requests';

// PgBouncer gives each transaction another connection, on which a statement that the driver has prepared is unknown.

const PREPARED = 'prepareThreshold=0';

describe.skipIf(machine === undefined)('eight clients that write rows through PgBouncer', () => {
  let asEmitted: Pod;
  let otherwise: Pod | undefined;

  beforeAll(async () => {
    const deployments = await theDeployments('3.5');
    await deployments.have('fms');
    asEmitted = deployments.pod('fms');
    const url = asEmitted.env['SPRING_DATASOURCE_URL'] ?? '';
    expect(url).toContain(PREPARED);
    otherwise = deployments.create('fms', { SPRING_DATASOURCE_URL: url.replace(PREPARED, 'prepareThreshold=1') });
    await otherwise.ready();
  });

  afterAll(() => otherwise?.kill());

  /** The answers to 400 rows that failed. */
  async function failures(pod: Pod) {
    const load = new Load(() => ask(pod.url('http', '/rows?text=x'), { method: 'POST' }));
    await load.more(400);
    return load.stop();
  }

  test('get them all, as the driver is told to prepare none', async () => {
    expect(await failures(asEmitted)).toEqual([]);
  });

  test('lose some, if the driver prepares', async () => {
    expect(await failures(otherwise ?? asEmitted)).not.toEqual([]);
  });
});

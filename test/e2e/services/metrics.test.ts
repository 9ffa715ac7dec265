import { beforeAll, describe, expect, test } from 'vitest';
import { serviceMetricNames } from '../../../src/constructs/service/service-metric-names';
import { production } from '../../autonomous-op/production';
import { scrape, Series } from './actuator';
import { machine, Release, theDeployments, thePlatform } from './platform';
import { until } from '../programs/program';
import { ask } from './requests';

// What rules, triggers and dashboards ask for is exposed by a running application, with the labels that they use.

/** Metrics of services that the manifests use, wherever a query is in them. */
function usedMetrics(): string[] {
  const text = JSON.stringify(production.objects);
  return Object.keys(serviceMetricNames).filter((name) => new RegExp(`\\b${name}\\b`).test(text));
}

const isRoute = (name: string) => name.startsWith('spring_cloud_gateway_');
const isInference = (name: string) => name.startsWith('inference_');
const isDatabase = (name: string) => name.startsWith('hikaricp_');

/** The services that expose a metric. */
function exposing(name: string) {
  if (isInference(name)) return ['mlService'] as const;
  if (isDatabase(name)) return ['autonomousOp'] as const;
  return isRoute(name) ? (['gateway'] as const) : (['gateway', 'autonomousOp', 'mlService'] as const);
}

describe.skipIf(machine === undefined).each<Release>(['3.5', '4.0'])('with Spring Boot %s', (release) => {
  const series = new Map<'gateway' | 'autonomousOp' | 'mlService', Series[]>();

  beforeAll(async () => {
    const deployments = await theDeployments(release);
    await deployments.have('gateway', 'autonomousOp', 'mlService');
    const { keycloak } = await thePlatform();
    const headers = { authorization: `Bearer ${keycloak.token()}` };
    // A metric of requests or of garbage is there once there was one.
    const mission = deployments.pod('gateway').url('http', '/api/autonomous-op/missions?vehicle=one');
    await until('a mission starts', async () => (await ask(mission, { method: 'POST', headers })).status === 200);
    for (const key of ['gateway', 'autonomousOp', 'mlService'] as const) {
      series.set(key, await scrape(deployments.pod(key)));
    }
  });

  test.each(usedMetrics())('%s is exposed, with its labels', (name) => {
    const all = exposing(name);
    const known = serviceMetricNames[name]?.labels ?? [];
    for (const key of all) {
      const found = (series.get(key) ?? []).filter((each) => each.name === name);
      expect(found, `of ${key}`).not.toEqual([]);
      const labels = new Set(found.flatMap((each) => Object.keys(each.labels)));
      // What a model server adds to its own metric is its own choice.
      const expected = isInference(name) ? known.filter((label) => labels.has(label)) : known;
      expect([...labels].sort()).toEqual([...expected].sort());
    }
  });

  test('a request through the gateway is in the bucket of the objective', () => {
    for (const key of ['gateway', 'autonomousOp'] as const) {
      const buckets = (series.get(key) ?? []).filter((each) => each.name === 'http_server_requests_seconds_bucket');
      expect(new Set(buckets.map(({ labels }) => labels['le']))).toContain('0.5');
      expect(buckets.length).toBeGreaterThan(20);
    }
  });
});

test('the metrics that are looked for are those of the queries', () => {
  expect(usedMetrics()).toContain('http_server_requests_seconds_count');
  expect(usedMetrics()).toContain('inference_requests_seconds_count');
});

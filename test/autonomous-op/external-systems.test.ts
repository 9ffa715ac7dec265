import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { services } from '../../src/autonomous-op/services';
import { allows, policy } from '../network-plugin';
import { containerOf, listAt, production, synthesizeWith, textAt, valueAt } from './production';

const checks = z.object({
  openmetrics: z.object({ instances: z.tuple([z.object({ openmetrics_endpoint: z.string() })]) }),
});

describe.each(Object.values(services))('with a Datadog agent, $name', ({ name }) => {
  const datadog = synthesizeWith({ datadog: true });
  const managementPort = Number(valueAt(containerOf(datadog, name), 'ports management containerPort'));
  const allowed = (manifests: typeof datadog) => {
    const policies = manifests.ofKind('NetworkPolicy').map((each) => policy.parse(each));
    const agent = { namespace: 'datadog', labels: { app: 'datadog-agent' } };
    return allows(
      policies,
      'autonomous-op',
      agent,
      { namespace: 'autonomous-op', labels: { app: name } },
      managementPort,
    );
  };

  test('is measured where Prometheus measures it', () => {
    const annotation = `spec template metadata annotations ad.datadoghq.com/${name}.checks`;
    const found: unknown = JSON.parse(textAt(datadog.get('Deployment', name), annotation));
    const [{ openmetrics_endpoint: url }] = checks.parse(found).openmetrics.instances;
    const [endpoint] = listAt(datadog.get('ServiceMonitor', `${name}-monitor`), 'spec endpoints');
    expect(valueAt(endpoint, 'port')).toBe('management');
    expect(url).toBe(`http://%%host%%:${managementPort}${textAt(endpoint, 'path')}`);
  });

  test('lets the agent in, which production does not', () => {
    expect(allowed(datadog)).toBe(true);
    expect(allowed(production)).toBe(false);
  });
});

import { ApiObject, Testing } from 'cdk8s';
import { expect, test } from 'vitest';
import { ShopMonitoring } from './chart';

const app = Testing.app();
const chart = new ShopMonitoring(app, 'shop-monitoring');
const objects = chart.node.findAll().filter(ApiObject.isApiObject);

/** The manifest of the object with this kind and name. */
function manifest(kind: string, name: string): unknown {
  return objects.find((object) => object.kind === kind && object.name === name)?.toJson();
}

test.each(['cart', 'checkout', 'catalogue'])('the pods of %s are scraped where they are', (name) => {
  expect(manifest('PodMonitor', `${name}-monitor`)).toMatchObject({
    spec: {
      namespaceSelector: { matchNames: ['shop'] },
      selector: { matchLabels: { app: name } },
      podMetricsEndpoints: [{ port: 'management', path: '/actuator/prometheus' }],
    },
  });
});

test('nothing is made in the namespace of the services', () => {
  const namespaces = new Set(objects.map(({ metadata }) => metadata.namespace));
  expect(namespaces).toEqual(new Set(['shop-monitoring']));
});

test('a service that is down wakes somebody, errors wait for the morning', () => {
  const rules = [
    { alert: 'ShopServiceDown', labels: { severity: 'critical' } },
    { alert: 'ShopErrors', labels: { severity: 'warning' } },
  ];
  expect(manifest('PrometheusRule', 'shop-alerts')).toMatchObject({ spec: { groups: [{ rules }] } });
});

test('Prometheus takes these monitors and rules, and tells this Alertmanager', () => {
  const labels = { release: 'prometheus' };
  expect(manifest('PrometheusRule', 'shop-alerts')).toMatchObject({ metadata: { labels } });
  expect(manifest('Prometheus', 'prometheus')).toMatchObject({
    spec: {
      ruleSelector: { matchLabels: labels },
      podMonitorSelector: { matchLabels: labels },
      alerting: { alertmanagers: [{ name: 'alertmanager' }] },
    },
  });
});

test('nobody but Grafana and Prometheus itself may ask Prometheus', () => {
  const asking = chart.network.connections.filter(({ to }) => to.name === 'prometheus');
  expect(asking.map(({ from }) => from.name).sort()).toEqual(['grafana', 'prometheus']);
});

test('the manifests are those of dist/', async () => {
  await expect(app.synthYaml()).toMatchFileSnapshot('dist/shop-monitoring.k8s.yaml');
});

import { App } from 'cdk8s';
import { expect, test } from 'vitest';
import { ObservabilityChart } from '../../../src/autonomous-op/charts/observability';
import { StoresChart } from '../../../src/autonomous-op/charts/stores';
import { settingsOf } from '../../../src/autonomous-op/environments';
import { connections } from '../../../src/autonomous-op/topology';
import { Manifests } from '../production';

const settings = settingsOf('production');
const ofStores = ['kafka', 'postgres', 'redis'].map((store) => `grafana-dashboard-${store}-${store}`);

test.each(['kafka', 'postgres', 'redis'] as const)('%s has its dashboard without the other stores', (store) => {
  const app = new App();
  const chart = new ObservabilityChart(app, 'observability', settings);
  const stores = new StoresChart(app, 'stores', settings, connections, chart.stack);
  chart.observe({ services: {} }, { [store]: stores[store], scrapeables: [], backups: false }, []);
  const names = new Manifests(app).ofKind('ConfigMap').map(({ metadata }) => metadata.name);
  expect(names.filter((name) => ofStores.includes(name))).toEqual([`grafana-dashboard-${store}-${store}`]);
});

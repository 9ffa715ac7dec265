import { Chart, Duration } from 'cdk8s';
import { expect, it } from 'vitest';
import { ElasticsearchExporter } from '../../../src/constructs/elasticsearch/elasticsearch-exporter';
import { Endpoint } from '../../../src/constructs/network/peer';
import { Port } from '../../../src/constructs/network/port';
import { GrafanaServer } from '../../../src/constructs/observability/grafana-server';
import { JaegerTracing, TraceStorage } from '../../../src/constructs/observability/jaeger-tracing';
import { PromtailLogging } from '../../../src/constructs/observability/promtail-logging';
import { KedaScaler } from '../../../src/constructs/scaling/keda-scaler';
import { Trigger } from '../../../src/constructs/scaling/trigger';
import { AutonomousOpService } from '../../../src/constructs/service/autonomous-op-service';
import { size } from '../../../src/core/quantities';
import { secretKey } from '../../../src/core/secrets';
import { renderManifests } from '../../../src/synth/manifests';
import { appOf, newChart } from '../../synthesize';

const server = Endpoint.inCluster('server', { labels: { app: 'server' }, port: Port.https(8443) });
const key = secretKey('secret', 'key');

/** What dials a URL of a peer. */
const clients: Readonly<Record<string, (chart: Chart) => unknown>> = {
  GrafanaServer: (chart) =>
    new GrafanaServer(chart, 'grafana', { prometheus: server, adminUser: key, adminPassword: key }),
  PromtailLogging: (chart) =>
    new PromtailLogging(chart, 'promtail', { namespace: 'logging', loki: server, apiServer: server }),
  JaegerTracing: (chart) =>
    new JaegerTracing(chart, 'jaeger', {
      name: 'jaeger',
      storage: TraceStorage.elasticsearch(server, 'elastic', 'jaeger'),
      retention: Duration.days(7),
      samplingRatio: 1,
      replicas: 1,
      size: size('100m', '200m', '128Mi', '256Mi'),
    }),
  ElasticsearchExporter: (chart) =>
    new ElasticsearchExporter(chart, 'exporter', { elasticsearch: server, username: key, password: key }),
  KedaScaler: (chart) =>
    new KedaScaler(chart, 'scaler', {
      target: new AutonomousOpService(chart, 'orders', { image: 'acme/orders:1' }),
      minReplicas: 1,
      maxReplicas: 2,
      triggers: [Trigger.prometheus({ server, metricName: 'rate', query: 'sum(up)', threshold: 1 })],
    }),
};

it.each(Object.entries(clients))('%s dials the scheme that the port declares', (_, make) => {
  const chart = newChart();
  make(chart);
  const text = renderManifests(appOf(chart))
    .map(({ yaml }) => yaml)
    .join('');
  expect(text).toMatch(/https:\/\/server(\.shop\.svc)?:8443/);
  expect(text).not.toContain('http://server');
});

import { AutonomousOpService, Endpoint, ObservabilityStack, TraceStorage } from 'autonomous-op-cdk8s';
import { App, Chart, Duration } from 'cdk8s';

/** Alerts, traces kept in Elasticsearch, and the configuration of the log collection, for one service. */
export function observabilityStack(app: App): Chart {
  const chart = new Chart(app, 'shipping', { namespace: 'shipping' });
  const elasticsearch = Endpoint.inCluster('elasticsearch', { labels: { app: 'elasticsearch' }, port: 9200 });
  const loki = Endpoint.inCluster('loki', { namespace: 'monitoring', labels: { app: 'loki' }, port: 3100 });

  const stack = new ObservabilityStack(chart, 'shipping', {
    traceStorage: TraceStorage.elasticsearch(elasticsearch, 'shipping-elasticsearch', 'jaeger-shipping'),
    samplingRatio: 0.05,
    loki,
  });
  stack.addAlerts('shipping.rules', [
    {
      name: 'ShippingDown',
      expr: 'up{app="shipping"} == 0',
      for: Duration.minutes(5),
      severity: 'critical',
      summary: 'A pod of shipping is down',
      description: '{{ $labels.pod }} has not answered a scrape for 5 minutes',
    },
  ]);

  const shipping = new AutonomousOpService(chart, 'shipping-service', {
    name: 'shipping',
    image: 'acme/shipping:2.0.0',
    env: { MANAGEMENT_TRACING_SAMPLING_PROBABILITY: `${stack.samplingRatio}` },
  });
  shipping.connectTo(stack.traceCollector, {
    port: 'otlp-http',
    urlEnv: 'MANAGEMENT_OTLP_TRACING_ENDPOINT',
    urlPath: '/v1/traces',
  });

  return chart;
}

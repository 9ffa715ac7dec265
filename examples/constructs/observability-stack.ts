import {
  AutonomousOpService,
  Endpoint,
  LogStorage,
  NetworkPolicyBundle,
  ObservabilityStack,
  Receiver,
  secretKey,
  serviceDashboard,
  TraceStorage,
} from 'autonomous-op-cdk8s';
import { App, Chart, Duration, Size } from 'cdk8s';

/** Metrics, an alert, a dashboard, logs and traces of one service. */
export function observabilityStack(app: App): Chart {
  const namespace = 'shipping';
  const chart = new Chart(app, 'shipping', { namespace });
  const elasticsearch = Endpoint.inCluster('elasticsearch', { labels: { app: 'elasticsearch' }, port: 9200 });

  const stack = new ObservabilityStack(chart, 'shipping', {
    apiServer: Endpoint.external('kubernetes.default.svc', { port: 443, ports: { secure: 6443 } }),
    traceStorage: TraceStorage.elasticsearch(elasticsearch, 'shipping-elasticsearch', 'jaeger-shipping'),
    samplingRatio: 0.05,
    logStorage: LogStorage.volume(Size.gibibytes(20)),
    grafanaUser: secretKey('shipping-grafana', 'user'),
    grafanaPassword: secretKey('shipping-grafana', 'password'),
    critical: [Receiver.pagerDuty({ routingKey: secretKey('shipping-alerting', 'pagerduty') })],
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
  stack.prometheus?.scrape(shipping);
  stack.grafana?.addDashboard(serviceDashboard({ namespace, services: [shipping.name], logs: true }));

  new NetworkPolicyBundle(chart, 'network', { workloads: [shipping, stack], endpoints: [elasticsearch] });

  return chart;
}

import {
  AutonomousOpService,
  ElasticsearchCluster,
  NetworkPolicyBundle,
  ObservabilityStack,
  TraceStorage,
} from 'autonomous-op-cdk8s';
import { App, Chart } from 'cdk8s';

/** Elasticsearch for the traces of one service. */
export function elasticsearchCluster(app: App): Chart {
  const chart = new Chart(app, 'transit', { namespace: 'transit' });
  const indexPrefix = 'jaeger-transit';

  const elasticsearch = new ElasticsearchCluster(chart, 'elasticsearch', {
    userSecret: 'transit-elasticsearch',
    indexPrefix,
  });
  const stack = new ObservabilityStack(chart, 'transit', {
    traceStorage: TraceStorage.elasticsearch(elasticsearch, 'transit-jaeger-elasticsearch', indexPrefix),
  });

  const transit = new AutonomousOpService(chart, 'transit-service', { name: 'transit', image: 'acme/transit:1.1.0' });
  transit.connectTo(stack.traceCollector, {
    port: 'otlp-http',
    urlEnv: 'MANAGEMENT_OTLP_TRACING_ENDPOINT',
    urlPath: '/v1/traces',
  });

  new NetworkPolicyBundle(chart, 'network', { workloads: [elasticsearch, stack, transit] });

  return chart;
}

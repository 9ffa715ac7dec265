import {
  Alert,
  AlertmanagerServer,
  AutonomousOpService,
  Endpoint,
  ExistingPrometheus,
  KafkaCluster,
  ObservabilityStack,
} from 'autonomous-op-cdk8s';
import { App, Chart, Duration } from 'cdk8s';

const ordersDown: Alert = {
  name: 'OrdersDown',
  expr: 'up{app="orders"} == 0',
  for: Duration.minutes(5),
  severity: 'critical',
  summary: 'Orders is down',
  description: '{{ $labels.pod }} has not answered a scrape for 5 minutes',
};

/** What the examples of doc comments speak of and don't make themselves. */
export function given() {
  const app = new App();
  // A chart of its own, as the examples name what they make as they like.
  const there = new Chart(app, 'there', { namespace: 'orders' });
  const apiServer = Endpoint.external('kubernetes.default.svc', { port: 443 });
  return {
    app,
    chart: new Chart(app, 'orders', { namespace: 'orders' }),
    apiServer,
    ordersDown,
    minio: Endpoint.inCluster('minio', { namespace: 'storage', port: 9000 }),
    loki: Endpoint.inCluster('loki', { labels: { app: 'loki' }, port: 3100 }),
    kafka: new KafkaCluster(there, 'kafka', { version: '3.5.0', apiServer }),
    alertmanager: new AlertmanagerServer(there, 'alertmanager'),
    prometheus: new ExistingPrometheus(there, 'prometheus', { namespace: 'monitoring' }),
    elasticsearch: Endpoint.inCluster('elasticsearch', { labels: { app: 'elasticsearch' }, port: 9200 }),
    stack: new ObservabilityStack(there, 'stack'),
    orders: new AutonomousOpService(there, 'orders', { image: 'acme/orders:2.3.1' }),
    gateway: new AutonomousOpService(there, 'gateway', { image: 'acme/gateway:1.0.0' }),
  };
}

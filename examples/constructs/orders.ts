import {
  AutonomousOpService,
  Endpoint,
  ExistingPrometheus,
  KedaScaler,
  NetworkPolicyBundle,
  Trigger,
} from 'autonomous-op-cdk8s';
import { App, Chart } from 'cdk8s';

/** The chart of another team, in full. */
export function orders(app: App): Chart {
  const chart = new Chart(app, 'orders', { namespace: 'orders' });
  const kafka = Endpoint.inCluster('kafka', { namespace: 'messaging', labels: { app: 'kafka' }, port: 9092 });

  const service = new AutonomousOpService(chart, 'orders', { image: 'acme/orders:2.3.1' });
  service.connectTo(kafka, { env: 'SPRING_KAFKA_BOOTSTRAP_SERVERS' });

  const lag = { broker: kafka, topic: 'orders', consumerGroup: 'orders', lag: 500, partitions: 12 };
  new KedaScaler(chart, 'scaling', {
    target: service,
    minReplicas: 2,
    maxReplicas: 12,
    triggers: [Trigger.cpu(70), Trigger.kafkaLag(lag)],
  });
  const prometheus = new ExistingPrometheus(chart, 'prometheus', { namespace: 'monitoring' });
  prometheus.scrape(service);
  new NetworkPolicyBundle(chart, 'network', { workloads: [service, prometheus] });

  return chart;
}

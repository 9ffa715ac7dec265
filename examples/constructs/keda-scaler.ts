import { AutonomousOpService, Endpoint, KedaScaler, secretKey, Trigger } from 'autonomous-op-cdk8s';
import { App, Chart } from 'cdk8s';

/** A consumer that scales on its Kafka lag, its requests and its CPU, whichever asks for most pods. */
export function kedaScaler(app: App): Chart {
  const chart = new Chart(app, 'billing', { namespace: 'billing' });
  const kafka = Endpoint.inCluster('kafka', { namespace: 'messaging', labels: { app: 'kafka' }, port: 9092 });
  const prometheus = Endpoint.inCluster('prometheus', {
    namespace: 'monitoring',
    labels: { app: 'prometheus' },
    port: 9090,
  });

  const billing = new AutonomousOpService(chart, 'billing', { image: 'acme/billing:3.0.1' });

  new KedaScaler(chart, 'scaling', {
    target: billing,
    minReplicas: 2,
    maxReplicas: 8,
    triggers: [
      Trigger.kafkaLag({
        broker: kafka,
        topic: 'invoices',
        consumerGroup: 'billing',
        lag: 500,
        partitions: 8,
        credentials: {
          username: secretKey('billing-kafka', 'username'),
          password: secretKey('billing-kafka', 'password'),
        },
      }),
      Trigger.prometheus({
        server: prometheus,
        metricName: 'http_requests_per_second',
        query: 'sum(rate(http_server_requests_seconds_count{app="billing"}[2m]))',
        threshold: 200,
      }),
      Trigger.cpu(70),
    ],
  });

  return chart;
}

import {
  autoscalingDashboard,
  AutonomousOpService,
  Endpoint,
  GrafanaServer,
  KedaScaler,
  secretKey,
  serviceDashboard,
  Trigger,
} from 'autonomous-op-cdk8s';
import { App, Chart } from 'cdk8s';

/** A Grafana with metrics, logs and traces of one service, and why it has as many pods as it has. */
export function grafanaServer(app: App): Chart {
  const namespace = 'payments';
  const chart = new Chart(app, 'payments', { namespace });
  const payments = new AutonomousOpService(chart, 'payments', { image: 'acme/payments:1.8.0' });
  const scaler = new KedaScaler(chart, 'scaling', {
    target: payments,
    minReplicas: 2,
    maxReplicas: 6,
    triggers: [Trigger.cpu(70)],
  });

  const grafana = new GrafanaServer(chart, 'grafana', {
    prometheus: Endpoint.inCluster('prometheus', { labels: { app: 'prometheus' }, port: 9090 }),
    loki: Endpoint.inCluster('loki', { labels: { app: 'loki' }, port: 3100 }),
    jaegerQuery: Endpoint.inCluster('payments-jaeger-query', { labels: { app: 'jaeger' }, port: 16686 }),
    adminUser: secretKey('grafana-admin', 'user'),
    adminPassword: secretKey('grafana-admin', 'password'),
  });
  grafana.addDashboard(serviceDashboard({ namespace, services: [payments.name], logs: true }));
  grafana.addDashboard(autoscalingDashboard({ namespace, scalers: [scaler] }));

  return chart;
}

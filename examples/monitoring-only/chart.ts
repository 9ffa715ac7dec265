import {
  AlertmanagerServer,
  AlertRules,
  Endpoint,
  GrafanaServer,
  kubeStateMetrics,
  NetworkPolicyBundle,
  PrometheusServer,
  Receiver,
  secretKey,
  serviceDashboard,
} from 'autonomous-op-cdk8s';
import { Chart, Duration } from 'cdk8s';
import { Construct } from 'constructs';

/** The services, which run already and stay as they are: Spring Boot, in the namespace `shop`. */
const namespace = 'shop';
const services = ['cart', 'checkout', 'catalogue'];

const apiServer = Endpoint.external('kubernetes.default.svc', { port: 443, ports: { secure: 6443 } });

/** Metrics, alerts and a dashboard for services of another team. */
export class ShopMonitoring extends Chart {
  readonly network: NetworkPolicyBundle;

  constructor(scope: Construct, id: string) {
    super(scope, id, { namespace: 'shop-monitoring' });

    const alertmanager = new AlertmanagerServer(this, 'alertmanager', {
      critical: [Receiver.pagerDuty({ routingKey: secretKey('alerting', 'pagerduty') })],
      warning: [Receiver.slack({ webhookUrl: secretKey('alerting', 'slack'), channel: '#shop' })],
    });
    const prometheus = new PrometheusServer(this, 'prometheus', { apiServer, alertmanager });
    prometheus.scrape(alertmanager).scrape(kubeStateMetrics({ namespaces: [namespace] }));
    for (const name of services) {
      prometheus.scrape({
        name,
        pods: Endpoint.inCluster(name, { namespace, labels: { app: name }, port: 8081 }),
        containerPort: 'management',
        path: '/actuator/prometheus',
      });
    }

    new AlertRules(this, 'alerts', { name: 'shop-alerts' }).addGroup('shop.rules', [
      {
        name: 'ShopServiceDown',
        expr: `kube_deployment_status_replicas_available{namespace="${namespace}"} == 0`,
        for: Duration.minutes(2),
        severity: 'critical',
        summary: '{{ $labels.deployment }} is down',
        description: 'No pod of {{ $labels.deployment }} has been available for 2 minutes',
      },
      {
        name: 'ShopErrors',
        expr:
          `sum by (app) (rate(http_server_requests_seconds_count{namespace="${namespace}", status=~"5.."}[5m]))` +
          ` / sum by (app) (rate(http_server_requests_seconds_count{namespace="${namespace}"}[5m])) > 0.01`,
        for: Duration.minutes(10),
        severity: 'warning',
        summary: '{{ $labels.app }} fails too often',
        description: '{{ $value | humanizePercentage }} of its requests have failed for 10 minutes, more than 1 %',
      },
    ]);

    const grafana = new GrafanaServer(this, 'grafana', {
      prometheus,
      adminUser: secretKey('grafana-admin', 'user'),
      adminPassword: secretKey('grafana-admin', 'password'),
    });
    grafana.addDashboard(serviceDashboard({ namespace, services }));
    prometheus.scrape(grafana);

    this.network = new NetworkPolicyBundle(this, 'network', { workloads: [alertmanager, prometheus, grafana] });
  }
}

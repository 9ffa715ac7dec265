import {
  AlertmanagerServer,
  AutonomousOpService,
  Endpoint,
  kedaMetrics,
  kubeStateMetrics,
  NetworkPolicyBundle,
  PrometheusServer,
} from 'autonomous-op-cdk8s';
import { App, Chart } from 'cdk8s';

/** A Prometheus that scrapes one service, and knows the objects and the containers of its namespace. */
export function prometheusServer(app: App): Chart {
  const chart = new Chart(app, 'shop', { namespace: 'shop' });
  const apiServer = Endpoint.external('kubernetes.default.svc', { port: 443, ports: { secure: 6443 } });
  const cart = new AutonomousOpService(chart, 'cart', { image: 'acme/cart:1.0.0' });
  const alertmanager = new AlertmanagerServer(chart, 'alertmanager');

  const prometheus = new PrometheusServer(chart, 'prometheus', { apiServer, alertmanager });
  prometheus.scrape(cart).scrape(alertmanager).scrape(kubeStateMetrics()).scrape(kedaMetrics());
  prometheus.scrapeKubelets({ nodeCidrs: ['10.0.0.0/16'] });

  new NetworkPolicyBundle(chart, 'network', { workloads: [cart, alertmanager, prometheus] });

  return chart;
}

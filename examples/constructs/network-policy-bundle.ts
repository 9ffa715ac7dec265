import {
  AutonomousOpService,
  connection,
  Endpoint,
  ExistingPrometheus,
  NetworkPolicyBundle,
} from 'autonomous-op-cdk8s';
import { App, Chart } from 'cdk8s';

/** Two services: the shop calls the stock and a payment provider, Prometheus scrapes both, and nothing else is open. */
export function networkPolicyBundle(app: App): Chart {
  const chart = new Chart(app, 'shop', { namespace: 'shop' });
  const shop = new AutonomousOpService(chart, 'shop', { image: 'acme/shop:5.1.0' });
  const stock = new AutonomousOpService(chart, 'stock', { image: 'acme/stock:1.9.2' });

  const payments = Endpoint.external('api.payments.example.com', { port: 443, cidrs: ['203.0.113.0/24'] });
  const nginx = Endpoint.inCluster('ingress-nginx', { namespace: 'ingress-nginx' });
  const prometheus = new ExistingPrometheus(chart, 'prometheus', { namespace: 'monitoring' });

  shop.connectTo(stock, { urlEnv: 'STOCK_URL' });
  shop.connectTo(payments);
  prometheus.scrape(shop).scrape(stock);

  new NetworkPolicyBundle(chart, 'network', {
    workloads: [shop, stock, prometheus],
    connections: [connection(nginx, shop, 'http')],
  });

  return chart;
}

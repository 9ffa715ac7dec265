import {
  AutonomousOpService,
  ElasticsearchExporter,
  Endpoint,
  ExistingPrometheus,
  NetworkPolicyBundle,
  secretKey,
} from 'autonomous-op-cdk8s';
import { App, Chart } from 'cdk8s';

/** A service, a store and other pods, scraped by the Prometheus that the cluster has. */
export function existingPrometheus(app: App): Chart {
  const chart = new Chart(app, 'search', { namespace: 'search' });
  const elasticsearch = Endpoint.inCluster('elasticsearch', { labels: { app: 'elasticsearch' }, port: 9200 });
  const memcached = Endpoint.inCluster('memcached', { labels: { app: 'memcached' }, ports: { metrics: 9150 } });

  const search = new AutonomousOpService(chart, 'search', { image: 'acme/search:1.4.0' });
  const exporter = new ElasticsearchExporter(chart, 'elasticsearch-exporter', {
    elasticsearch,
    username: secretKey('search-elasticsearch', 'username'),
    password: secretKey('search-elasticsearch', 'password'),
  });

  const prometheus = new ExistingPrometheus(chart, 'prometheus', { namespace: 'monitoring' });
  prometheus.scrape(search).scrape(exporter).scrape({ name: 'memcached', pods: memcached });

  new NetworkPolicyBundle(chart, 'network', {
    workloads: [search, exporter, prometheus],
    endpoints: [elasticsearch, memcached],
  });

  return chart;
}

import {
  ElasticsearchExporter,
  Endpoint,
  kedaMetrics,
  KubeletMetrics,
  kubeStateMetrics,
  PodMetrics,
  PrometheusServer,
  secretKey,
} from 'autonomous-op-cdk8s';
import { App, Chart } from 'cdk8s';

/** What a Prometheus scrapes beside services. */
export function exporterMonitors(app: App): Chart {
  const chart = new Chart(app, 'search', { namespace: 'search' });
  const apiServer = Endpoint.external('kubernetes.default.svc', { port: 443, ports: { secure: 6443 } });
  const elasticsearch = Endpoint.inCluster('elasticsearch', { labels: { app: 'elasticsearch' }, port: 9200 });
  const memcached = Endpoint.inCluster('memcached', { labels: { app: 'memcached' }, ports: { metrics: 9150 } });
  const prometheus = new PrometheusServer(chart, 'prometheus', { apiServer });

  new PodMetrics(chart, 'memcached', {
    name: 'memcached-monitor',
    prometheus,
    target: memcached,
    containerPort: 'metrics',
  });
  kubeStateMetrics(chart, prometheus);
  kedaMetrics(chart, prometheus);
  new KubeletMetrics(chart, 'kubelet', { prometheus, nodeCidrs: ['10.0.0.0/16'] });
  new ElasticsearchExporter(chart, 'elasticsearch-exporter', {
    prometheus,
    elasticsearch,
    username: secretKey('search-elasticsearch', 'username'),
    password: secretKey('search-elasticsearch', 'password'),
  });

  return chart;
}

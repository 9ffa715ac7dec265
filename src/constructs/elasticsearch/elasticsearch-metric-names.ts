import { metric, MetricNames } from '../observability/metric';

const elasticsearch = metric('Elasticsearch exporter', 'gauge');

/** What the Elasticsearch exporter exposes. */
export const elasticsearchMetricNames: MetricNames = {
  elasticsearch_cluster_health_status: elasticsearch('cluster', 'color'),
};

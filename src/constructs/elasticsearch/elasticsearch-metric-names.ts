import { metric, MetricNames } from '../observability/metric';

const elasticsearch = metric('Elasticsearch exporter', 'gauge');

/** What the Elasticsearch exporter exposes. */
export const elasticsearchMetricNames: MetricNames = {
  elasticsearch_cluster_health_status: elasticsearch('cluster', 'color'),
  elasticsearch_cluster_health_number_of_nodes: elasticsearch('cluster'),
  elasticsearch_cluster_health_unassigned_shards: elasticsearch('cluster'),
  elasticsearch_jvm_memory_used_bytes: elasticsearch('cluster', 'name', 'area'),
  elasticsearch_jvm_memory_max_bytes: elasticsearch('cluster', 'name', 'area'),
  elasticsearch_filesystem_data_available_bytes: elasticsearch('cluster', 'name', 'mount'),
  elasticsearch_filesystem_data_size_bytes: elasticsearch('cluster', 'name', 'mount'),
};

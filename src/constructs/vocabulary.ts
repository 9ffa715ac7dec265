import { Vocabulary } from '../core/promql';
import { elasticsearchMetricNames } from './elasticsearch/elasticsearch-metric-names';
import { kafkaMetricNames } from './kafka/kafka-metric-names';
import { postgresMetricNames } from './postgres/postgres-metric-names';
import { redisMetricNames } from './redis/redis-metric-names';
import { kedaMetricNames } from './scaling/keda-metric-names';
import { gpuMetricNames } from './service/gpu-metric-names';
import { inferenceMetricNames } from './service/inference-metric-names';
import { serviceMetricNames } from './service/service-metric-names';
import { clusterMetricNames } from './observability/cluster-metric-names';
import { MetricNames } from './observability/metric';
import { prometheusMetricNames } from './observability/prometheus-metric-names';

/** Labels that a scrape adds, or that an exporter scraped with `honorLabels` says of others. */
const TARGET_LABELS: readonly string[] = [
  ...['app', 'namespace', 'pod', 'container', 'node'],
  ...['job', 'instance', 'endpoint', 'service'],
];

/** Every metric, by its name; a folder of the library has those of its constructs. */
export const metrics: MetricNames = {
  ...serviceMetricNames,
  ...clusterMetricNames,
  ...gpuMetricNames,
  ...inferenceMetricNames,
  ...kafkaMetricNames,
  ...postgresMetricNames,
  ...redisMetricNames,
  ...elasticsearchMetricNames,
  ...kedaMetricNames,
  ...prometheusMetricNames,
};

/**
 * The metrics of everything in this library, with their labels, for the prop `vocabulary` of AlertRules and ObservabilityStack. To
 * add metrics of your own: `new Map([...vocabulary, ['orders_open', ['shop', 'app', 'namespace', 'pod']]])`.
 */
export const vocabulary: Vocabulary = new Map(
  Object.entries(metrics).map(([name, { labels }]) => [name, [...labels, ...TARGET_LABELS]]),
);

import { metric, MetricNames } from '../observability/metric';

const redisCounter = metric('Redis exporter', 'counter');
const redisGauge = metric('Redis exporter', 'gauge');

/** What the Redis exporter exposes. */
export const redisMetricNames: MetricNames = {
  redis_up: redisGauge(),
  redis_memory_used_bytes: redisGauge(),
  redis_memory_max_bytes: redisGauge(),
  redis_connected_clients: redisGauge(),
  redis_rejected_connections_total: redisCounter(),
  redis_cluster_state: redisGauge(),
  redis_cluster_slots_fail: redisGauge(),
  redis_commands_processed_total: redisCounter(),
  redis_keyspace_hits_total: redisCounter(),
  redis_keyspace_misses_total: redisCounter(),
  redis_evicted_keys_total: redisCounter(),
  redis_db_keys: redisGauge('db'),
};

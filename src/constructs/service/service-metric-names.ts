import { metric, MetricNames } from '../observability/metric';

const http = ['method', 'uri', 'status', 'outcome', 'exception', 'error'];
const route = ['routeId', 'routeUri', 'httpMethod', 'httpStatusCode', 'status', 'outcome'];
const springCounter = metric('Spring Boot', 'counter');
const springGauge = metric('Spring Boot', 'gauge');
const springBucket = metric('Spring Boot', 'bucket');

/** What a Spring Boot service exposes, by Micrometer. */
export const serviceMetricNames: MetricNames = {
  // Micrometer's Prometheus registry; the buckets need `management.metrics.distribution` in the service.
  http_server_requests_seconds_count: springCounter(...http),
  http_server_requests_seconds_sum: springCounter(...http),
  http_server_requests_seconds_bucket: springBucket('le', ...http),
  spring_cloud_gateway_requests_seconds_count: springCounter(...route),
  spring_cloud_gateway_requests_seconds_sum: springCounter(...route),
  inference_requests_seconds_count: springCounter('model', 'outcome'),
  inference_requests_seconds_bucket: springBucket('le', 'model', 'outcome'),
  jvm_memory_used_bytes: springGauge('area', 'id'),
  jvm_memory_max_bytes: springGauge('area', 'id'),
  jvm_gc_pause_seconds_sum: springCounter('action', 'cause', 'gc'),
  jvm_threads_live_threads: springGauge(),
  process_cpu_usage: springGauge(),
  hikaricp_connections_active: springGauge('pool'),
  hikaricp_connections_max: springGauge('pool'),
  logback_events_total: springCounter('level'),
};

import { Vocabulary } from '../../core/promql';

/** What a metric's value does: a counter only grows, a gauge goes up and down, a bucket counts a histogram's values up to `le`. */
export type MetricType = 'counter' | 'gauge' | 'bucket';

/** Who exposes a metric. */
export type MetricSource =
  | 'Spring Boot'
  | 'cAdvisor'
  | 'kubelet'
  | 'kube-state-metrics'
  | 'DCGM exporter'
  | 'Kafka exporter'
  | 'Kafka JMX'
  | 'CloudNativePG'
  | 'PgBouncer'
  | 'Redis exporter'
  | 'Elasticsearch exporter'
  | 'KEDA'
  | 'cert-manager'
  | 'Prometheus';

/** A metric that rules, triggers and dashboards may use. */
export interface Metric {
  /** Who exposes it. */
  readonly source: MetricSource;
  /** What its value does. */
  readonly type: MetricType;
  /** The labels it has of its own; {@link TARGET_LABELS} come on top. */
  readonly labels: readonly string[];
}

/** Labels that a scrape adds, or that an exporter scraped with `honorLabels` says of others. */
const TARGET_LABELS: readonly string[] = [
  ...['app', 'namespace', 'pod', 'container', 'node'],
  ...['job', 'instance', 'endpoint', 'service'],
];

const metric =
  (source: MetricSource, type: MetricType) =>
  (...labels: readonly string[]): Metric => ({ source, type, labels });

const http = ['method', 'uri', 'status', 'outcome', 'exception', 'error'];
const hpa = 'horizontalpodautoscaler';
const keda = ['metric', 'scaledObject', 'scaler', 'scalerIndex'];

const springCounter = metric('Spring Boot', 'counter');
const springGauge = metric('Spring Boot', 'gauge');
const springBucket = metric('Spring Boot', 'bucket');
const cadvisorCounter = metric('cAdvisor', 'counter');
const cadvisorGauge = metric('cAdvisor', 'gauge');
const kubelet = metric('kubelet', 'gauge');
const state = metric('kube-state-metrics', 'gauge');
const stateCounter = metric('kube-state-metrics', 'counter');
const dcgm = metric('DCGM exporter', 'gauge');
const kafka = metric('Kafka exporter', 'gauge');
const jmxCounter = metric('Kafka JMX', 'counter');
const jmxGauge = metric('Kafka JMX', 'gauge');
const postgresCounter = metric('CloudNativePG', 'counter');
const postgresGauge = metric('CloudNativePG', 'gauge');
const pgbouncer = metric('PgBouncer', 'gauge');
const redisCounter = metric('Redis exporter', 'counter');
const redisGauge = metric('Redis exporter', 'gauge');
const elasticsearch = metric('Elasticsearch exporter', 'gauge');
const kedaCounter = metric('KEDA', 'counter');
const kedaGauge = metric('KEDA', 'gauge');
const certManager = metric('cert-manager', 'gauge');
const prometheusCounter = metric('Prometheus', 'counter');
const prometheusGauge = metric('Prometheus', 'gauge');

/** Every metric, by its name. */
export const metrics = {
  // Micrometer's Prometheus registry; the buckets need `management.metrics.distribution` in the service.
  http_server_requests_seconds_count: springCounter(...http),
  http_server_requests_seconds_sum: springCounter(...http),
  http_server_requests_seconds_max: springGauge(...http),
  http_server_requests_seconds_bucket: springBucket('le', ...http),
  inference_requests_seconds_count: springCounter('model', 'outcome'),
  inference_requests_seconds_sum: springCounter('model', 'outcome'),
  inference_requests_seconds_bucket: springBucket('le', 'model', 'outcome'),
  jvm_memory_used_bytes: springGauge('area', 'id'),
  jvm_memory_committed_bytes: springGauge('area', 'id'),
  jvm_memory_max_bytes: springGauge('area', 'id'),
  jvm_gc_pause_seconds_count: springCounter('action', 'cause', 'gc'),
  jvm_gc_pause_seconds_sum: springCounter('action', 'cause', 'gc'),
  jvm_gc_pause_seconds_max: springGauge('action', 'cause', 'gc'),
  jvm_threads_live_threads: springGauge(),
  jvm_threads_daemon_threads: springGauge(),
  jvm_threads_peak_threads: springGauge(),
  jvm_threads_states_threads: springGauge('state'),
  jvm_classes_loaded_classes: springGauge(),
  process_cpu_usage: springGauge(),
  process_uptime_seconds: springGauge(),
  process_files_open_files: springGauge(),
  system_cpu_usage: springGauge(),
  hikaricp_connections: springGauge('pool'),
  hikaricp_connections_active: springGauge('pool'),
  hikaricp_connections_idle: springGauge('pool'),
  hikaricp_connections_pending: springGauge('pool'),
  hikaricp_connections_max: springGauge('pool'),
  hikaricp_connections_timeout_total: springCounter('pool'),
  logback_events_total: springCounter('level'),

  container_cpu_usage_seconds_total: cadvisorCounter('cpu', 'image', 'id', 'name'),
  container_cpu_cfs_periods_total: cadvisorCounter('image', 'id', 'name'),
  container_cpu_cfs_throttled_periods_total: cadvisorCounter('image', 'id', 'name'),
  container_memory_working_set_bytes: cadvisorGauge('image', 'id', 'name'),
  container_network_receive_bytes_total: cadvisorCounter('interface', 'image', 'id', 'name'),
  container_network_transmit_bytes_total: cadvisorCounter('interface', 'image', 'id', 'name'),
  container_fs_usage_bytes: cadvisorGauge('device', 'image', 'id', 'name'),

  kubelet_volume_stats_used_bytes: kubelet('persistentvolumeclaim'),
  kubelet_volume_stats_available_bytes: kubelet('persistentvolumeclaim'),
  kubelet_volume_stats_capacity_bytes: kubelet('persistentvolumeclaim'),
  kubelet_volume_stats_inodes_free: kubelet('persistentvolumeclaim'),
  kubelet_volume_stats_inodes: kubelet('persistentvolumeclaim'),

  kube_pod_info: state('host_ip', 'pod_ip', 'uid', 'created_by_kind', 'created_by_name', 'priority_class'),
  kube_pod_labels: state('label_app'),
  kube_pod_status_phase: state('uid', 'phase'),
  kube_pod_status_ready: state('uid', 'condition'),
  kube_pod_container_status_restarts_total: stateCounter('uid'),
  kube_pod_container_status_waiting_reason: state('uid', 'reason'),
  kube_pod_container_status_last_terminated_reason: state('uid', 'reason'),
  kube_pod_container_resource_requests: state('uid', 'resource', 'unit'),
  kube_pod_container_resource_limits: state('uid', 'resource', 'unit'),
  kube_deployment_spec_replicas: state('deployment'),
  kube_deployment_status_replicas: state('deployment'),
  kube_deployment_status_replicas_available: state('deployment'),
  kube_deployment_status_replicas_unavailable: state('deployment'),
  kube_statefulset_replicas: state('statefulset'),
  kube_statefulset_status_replicas_ready: state('statefulset'),
  kube_daemonset_status_number_unavailable: state('daemonset'),
  kube_horizontalpodautoscaler_spec_min_replicas: state(hpa),
  kube_horizontalpodautoscaler_spec_max_replicas: state(hpa),
  kube_horizontalpodautoscaler_spec_target_metric: state(hpa, 'metric_name', 'metric_target_type'),
  kube_horizontalpodautoscaler_status_current_replicas: state(hpa),
  kube_horizontalpodautoscaler_status_desired_replicas: state(hpa),
  kube_horizontalpodautoscaler_status_target_metric: state(hpa, 'metric_name', 'metric_target_type'),
  kube_horizontalpodautoscaler_status_condition: state(hpa, 'condition', 'status'),
  kube_node_info: state('kernel_version', 'kubelet_version', 'os_image'),
  kube_node_status_condition: state('condition', 'status'),
  kube_node_status_allocatable: state('resource', 'unit'),
  kube_node_status_capacity: state('resource', 'unit'),
  kube_persistentvolumeclaim_info: state('persistentvolumeclaim', 'storageclass', 'volumename'),
  kube_persistentvolumeclaim_resource_requests_storage_bytes: state('persistentvolumeclaim'),

  // One series a GPU; namespace, pod and container are those of the pod that has it.
  DCGM_FI_DEV_GPU_UTIL: dcgm('gpu', 'UUID', 'device', 'modelName', 'Hostname'),
  DCGM_FI_DEV_MEM_COPY_UTIL: dcgm('gpu', 'UUID', 'device', 'modelName', 'Hostname'),
  DCGM_FI_DEV_FB_USED: dcgm('gpu', 'UUID', 'device', 'modelName', 'Hostname'),
  DCGM_FI_DEV_FB_FREE: dcgm('gpu', 'UUID', 'device', 'modelName', 'Hostname'),
  DCGM_FI_DEV_GPU_TEMP: dcgm('gpu', 'UUID', 'device', 'modelName', 'Hostname'),
  DCGM_FI_DEV_POWER_USAGE: dcgm('gpu', 'UUID', 'device', 'modelName', 'Hostname'),

  kafka_brokers: kafka(),
  kafka_topic_partitions: kafka('topic'),
  kafka_topic_partition_current_offset: kafka('topic', 'partition'),
  kafka_topic_partition_oldest_offset: kafka('topic', 'partition'),
  kafka_topic_partition_in_sync_replica: kafka('topic', 'partition'),
  kafka_topic_partition_replicas: kafka('topic', 'partition'),
  kafka_topic_partition_under_replicated_partition: kafka('topic', 'partition'),
  kafka_consumergroup_current_offset: kafka('consumergroup', 'topic', 'partition'),
  kafka_consumergroup_lag: kafka('consumergroup', 'topic', 'partition'),
  kafka_consumergroup_members: kafka('consumergroup'),

  // The names are those of the rules in constructs/kafka-metrics.ts, in lower case.
  kafka_server_brokertopicmetrics_messagesin_total: jmxCounter('topic'),
  kafka_server_brokertopicmetrics_bytesin_total: jmxCounter('topic'),
  kafka_server_brokertopicmetrics_bytesout_total: jmxCounter('topic'),
  kafka_server_brokertopicmetrics_failedproducerequests_total: jmxCounter('topic'),
  kafka_server_brokertopicmetrics_failedfetchrequests_total: jmxCounter('topic'),
  kafka_server_replicamanager_isrshrinks_total: jmxCounter(),
  kafka_server_replicamanager_isrexpands_total: jmxCounter(),
  kafka_server_replicamanager_underreplicatedpartitions: jmxGauge(),
  kafka_server_replicamanager_underminisrpartitioncount: jmxGauge(),
  kafka_server_replicamanager_offlinereplicacount: jmxGauge(),
  kafka_server_replicamanager_partitioncount: jmxGauge(),
  kafka_server_replicamanager_leadercount: jmxGauge(),
  kafka_controller_kafkacontroller_activecontrollercount: jmxGauge(),
  kafka_controller_kafkacontroller_offlinepartitionscount: jmxGauge(),
  kafka_controller_controllerstats_uncleanleaderelections_total: jmxCounter(),
  kafka_network_requestmetrics_requests_total: jmxCounter('request', 'version'),
  kafka_network_requestmetrics_errors_total: jmxCounter('request', 'error'),
  kafka_network_requestmetrics_totaltimems: jmxGauge('request', 'quantile'),
  kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent: jmxGauge(),
  kafka_network_socketserver_networkprocessoravgidle_percent: jmxGauge(),
  kafka_log_log_size: jmxGauge('topic', 'partition'),
  kafka_log_log_logstartoffset: jmxGauge('topic', 'partition'),
  kafka_log_log_logendoffset: jmxGauge('topic', 'partition'),
  kafka_cluster_partition_underreplicated: jmxGauge('topic', 'partition'),
  kafka_cluster_partition_underminisr: jmxGauge('topic', 'partition'),
  kafka_server_kafkaserver_brokerstate: jmxGauge(),
  zookeeper_avgrequestlatency: jmxGauge(),
  zookeeper_outstandingrequests: jmxGauge(),
  zookeeper_quorumsize: jmxGauge(),
  zookeeper_numaliveconnections: jmxGauge('replica', 'role'),
  zookeeper_inmemorydatatree_nodecount: jmxGauge('replica', 'role'),

  // The operator's own collector, then its default queries.
  cnpg_collector_up: postgresGauge('cluster'),
  cnpg_collector_pg_wal: postgresGauge('value'),
  cnpg_collector_pg_wal_archive_status: postgresGauge('value'),
  cnpg_collector_sync_replicas: postgresGauge('value'),
  cnpg_collector_fencing_on: postgresGauge(),
  cnpg_collector_first_recoverability_point: postgresGauge(),
  cnpg_collector_last_available_backup_timestamp: postgresGauge(),
  cnpg_collector_last_failed_backup_timestamp: postgresGauge(),
  cnpg_backends_total: postgresGauge('datname', 'usename', 'application_name', 'state'),
  cnpg_backends_max_tx_duration_seconds: postgresGauge('datname', 'usename', 'application_name', 'state'),
  cnpg_backends_waiting_total: postgresGauge(),
  cnpg_pg_database_size_bytes: postgresGauge('datname'),
  cnpg_pg_database_xid_age: postgresGauge('datname'),
  cnpg_pg_postmaster_start_time: postgresGauge(),
  cnpg_pg_replication_lag: postgresGauge(),
  cnpg_pg_replication_in_recovery: postgresGauge(),
  cnpg_pg_replication_streaming_replicas: postgresGauge(),
  cnpg_pg_settings_setting: postgresGauge('name'),
  cnpg_pg_stat_archiver_archived_count: postgresCounter(),
  cnpg_pg_stat_archiver_failed_count: postgresCounter(),
  cnpg_pg_stat_archiver_seconds_since_last_archival: postgresGauge(),
  cnpg_pg_stat_database_xact_commit: postgresCounter('datname'),
  cnpg_pg_stat_database_xact_rollback: postgresCounter('datname'),
  cnpg_pg_stat_database_blks_read: postgresCounter('datname'),
  cnpg_pg_stat_database_blks_hit: postgresCounter('datname'),
  cnpg_pg_stat_database_deadlocks: postgresCounter('datname'),
  cnpg_pg_stat_database_temp_bytes: postgresCounter('datname'),
  cnpg_pg_stat_database_tup_returned: postgresCounter('datname'),
  cnpg_pg_stat_database_tup_inserted: postgresCounter('datname'),
  cnpg_pg_stat_database_tup_updated: postgresCounter('datname'),
  cnpg_pg_stat_database_tup_deleted: postgresCounter('datname'),

  // Totals too are exposed as gauges.
  cnpg_pgbouncer_pools_cl_active: pgbouncer('database', 'user'),
  cnpg_pgbouncer_pools_cl_waiting: pgbouncer('database', 'user'),
  cnpg_pgbouncer_pools_sv_active: pgbouncer('database', 'user'),
  cnpg_pgbouncer_pools_sv_idle: pgbouncer('database', 'user'),
  cnpg_pgbouncer_pools_sv_used: pgbouncer('database', 'user'),
  cnpg_pgbouncer_pools_sv_login: pgbouncer('database', 'user'),
  cnpg_pgbouncer_pools_maxwait: pgbouncer('database', 'user'),
  cnpg_pgbouncer_stats_avg_query_time: pgbouncer('database'),
  cnpg_pgbouncer_stats_avg_wait_time: pgbouncer('database'),
  cnpg_pgbouncer_stats_total_query_count: pgbouncer('database'),
  cnpg_pgbouncer_stats_total_wait_time: pgbouncer('database'),
  cnpg_pgbouncer_stats_total_xact_count: pgbouncer('database'),

  redis_up: redisGauge(),
  redis_instance_info: redisGauge('role', 'redis_version', 'redis_mode'),
  redis_memory_used_bytes: redisGauge(),
  redis_memory_max_bytes: redisGauge(),
  redis_mem_fragmentation_ratio: redisGauge(),
  redis_connected_clients: redisGauge(),
  redis_blocked_clients: redisGauge(),
  redis_rejected_connections_total: redisCounter(),
  redis_connected_slaves: redisGauge(),
  redis_cluster_state: redisGauge(),
  redis_cluster_slots_ok: redisGauge(),
  redis_cluster_slots_fail: redisGauge(),
  redis_commands_processed_total: redisCounter(),
  redis_commands_total: redisCounter('cmd'),
  redis_commands_duration_seconds_total: redisCounter('cmd'),
  redis_keyspace_hits_total: redisCounter(),
  redis_keyspace_misses_total: redisCounter(),
  redis_evicted_keys_total: redisCounter(),
  redis_expired_keys_total: redisCounter(),
  redis_db_keys: redisGauge('db'),
  redis_net_input_bytes_total: redisCounter(),
  redis_net_output_bytes_total: redisCounter(),

  elasticsearch_cluster_health_status: elasticsearch('cluster', 'color'),
  elasticsearch_cluster_health_number_of_nodes: elasticsearch('cluster'),
  elasticsearch_cluster_health_unassigned_shards: elasticsearch('cluster'),
  elasticsearch_jvm_memory_used_bytes: elasticsearch('cluster', 'name', 'area'),
  elasticsearch_jvm_memory_max_bytes: elasticsearch('cluster', 'name', 'area'),
  elasticsearch_filesystem_data_available_bytes: elasticsearch('cluster', 'name', 'mount'),
  elasticsearch_filesystem_data_size_bytes: elasticsearch('cluster', 'name', 'mount'),

  // The namespace is the ScaledObject's where KEDA is scraped with honorLabels.
  keda_scaler_active: kedaGauge(...keda),
  keda_scaler_metrics_value: kedaGauge(...keda),
  keda_scaler_metrics_latency: kedaGauge(...keda),
  keda_scaler_errors: kedaCounter(...keda),
  keda_scaler_errors_total: kedaCounter(),
  keda_scaled_object_errors: kedaCounter('scaledObject'),
  keda_internal_scale_loop_latency: kedaGauge('type', 'resource'),
  keda_resource_totals: kedaGauge('type'),
  keda_trigger_totals: kedaGauge('type'),

  certmanager_certificate_expiration_timestamp_seconds: certManager('name', 'issuer_name', 'issuer_kind'),
  certmanager_certificate_ready_status: certManager('name', 'condition'),

  up: prometheusGauge(),
  scrape_duration_seconds: prometheusGauge(),
  scrape_samples_scraped: prometheusGauge(),
  ALERTS: prometheusGauge('alertname', 'alertstate', 'severity'),
  ALERTS_FOR_STATE: prometheusGauge('alertname', 'severity'),
  prometheus_build_info: prometheusGauge('version'),
  prometheus_config_last_reload_successful: prometheusGauge(),
  prometheus_rule_evaluation_failures_total: prometheusCounter('rule_group'),
  prometheus_notifications_dropped_total: prometheusCounter('alertmanager'),
  prometheus_notifications_alertmanagers_discovered: prometheusGauge(),
  prometheus_tsdb_head_series: prometheusGauge(),
  prometheus_tsdb_head_samples_appended_total: prometheusCounter('type'),
  prometheus_tsdb_storage_blocks_bytes: prometheusGauge(),
} as const satisfies Readonly<Record<string, Metric>>;

/** The metrics and their labels, for `requireKnownMetrics`. */
export const vocabulary: Vocabulary = new Map(
  Object.entries(metrics).map(([name, { labels }]) => [name, [...labels, ...TARGET_LABELS]]),
);

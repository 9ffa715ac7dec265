import { serviceNames } from '../../../src/autonomous-op/services';

/** A situation: series as promtool writes them, with one value a minute, and what an alert then says. */
interface Situation {
  /** What is the case. */
  readonly when: string;
  /** The minute that is looked at. */
  readonly minute: number;
  /** The values of each series. */
  readonly series: Readonly<Record<string, string>>;
}

/** A situation in which an alert fires. */
interface Firing extends Situation {
  /** The labels of what fires, without alertname and severity. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Its description, where that differs from the rule's text. */
  readonly says?: string;
}

/** When an alert fires, and when it doesn't although it is near. */
interface AlertCases {
  readonly fires: readonly [Firing, ...Firing[]];
  /** Empty for the watchdog only, which never keeps silent. */
  readonly silent: readonly Situation[];
}

const constant = (value: number) => `${value}x60`;
const growing = (perMinute: number) => `0+${perMinute}x90`;

const container = 'namespace="autonomous-op", container="autonomous-op"';
/** A pod in a phase with limits of 2 CPUs and 4 GB, which have to be told apart; `by` is the kube-state-metrics that tells of it. */
const limited = (name: string, phase: string, by = 'a') => ({
  [`kube_pod_container_resource_limits{${container}, resource="cpu", pod="${name}", instance="${by}"}`]: constant(2),
  [`kube_pod_container_resource_limits{${container}, resource="memory", pod="${name}", instance="${by}"}`]:
    constant(4e9),
  [`kube_pod_status_phase{namespace="autonomous-op", pod="${name}", phase="${phase}", instance="${by}"}`]: constant(1),
});
const burns = (name: string, cores: number) => ({
  [`container_cpu_usage_seconds_total{${container}, pod="${name}"}`]: growing(60 * cores),
});
const holds = (name: string, bytes: number) => ({
  [`container_memory_working_set_bytes{${container}, pod="${name}"}`]: constant(bytes),
});
const cpu = (cores: number) => ({ ...limited('a', 'Running'), ...burns('a', cores) });
const memory = (bytes: number) => ({ ...limited('a', 'Running'), ...holds('a', bytes) });
const gpus = (first: number, second: number) => ({
  'DCGM_FI_DEV_GPU_UTIL{namespace="autonomous-op", container="ml-service", pod="a", gpu="0"}': constant(first),
  'DCGM_FI_DEV_GPU_UTIL{namespace="autonomous-op", container="ml-service", pod="b", gpu="1"}': constant(second),
  'DCGM_FI_DEV_GPU_UTIL{namespace="others", container="training", pod="c", gpu="2"}': constant(100),
});
const lag = (partition0: number, partition1: number) => ({
  'kafka_consumergroup_lag{consumergroup="autonomous-op", topic="vehicle-telemetry", partition="0"}':
    constant(partition0),
  'kafka_consumergroup_lag{consumergroup="autonomous-op", topic="vehicle-telemetry", partition="1"}':
    constant(partition1),
  'kafka_consumergroup_lag{consumergroup="connect-s3", topic="vehicle-telemetry", partition="0"}': constant(9000),
});
const members = (count: number) => ({
  'kafka_consumergroup_members{consumergroup="autonomous-op"}': constant(count),
  'kafka_topic_partitions{topic="vehicle-telemetry"}': constant(12),
  'kafka_topic_partitions{topic="route-updates"}': constant(12),
  'kafka_topic_partitions{topic="__consumer_offsets"}': constant(50),
});
const pool = (a: number, b: number) => ({
  'cnpg_pgbouncer_pools_sv_active{namespace="autonomous-op", pod="postgres-a", database="app", user="app"}':
    constant(a),
  'cnpg_pgbouncer_pools_sv_active{namespace="autonomous-op", pod="postgres-b", database="app", user="app"}':
    constant(b),
});
const redis = (used: number, max: number) => ({
  'redis_memory_used_bytes{namespace="autonomous-op", pod="redis-leader-0"}': constant(used),
  'redis_memory_max_bytes{namespace="autonomous-op", pod="redis-leader-0"}': constant(max),
});
const volume = (used: number, namespace = 'autonomous-op') => ({
  [`kubelet_volume_stats_used_bytes{namespace="${namespace}", persistentvolumeclaim="data-0"}`]: constant(used),
  [`kubelet_volume_stats_capacity_bytes{namespace="${namespace}", persistentvolumeclaim="data-0"}`]: constant(100),
});
const volumeLabels = { namespace: 'autonomous-op', persistentvolumeclaim: 'data-0' };
/** The last backup at a time, which begins at 0; another server does not know of it. */
const backup = (timestamp: number) => ({
  'cnpg_collector_last_available_backup_timestamp{namespace="autonomous-op", pod="postgres-cluster-1"}':
    constant(timestamp),
  'cnpg_collector_last_available_backup_timestamp{namespace="autonomous-op", pod="postgres-cluster-2"}': constant(-1e6),
});
const up = (value: (service: string) => string | undefined) =>
  Object.fromEntries(
    serviceNames.flatMap((service) => {
      const values = value(service);
      return values === undefined ? [] : [[`up{namespace="autonomous-op", app="${service}", pod="a"}`, values]];
    }),
  );
const pod = (ready: number, phase: string) => ({
  'kube_pod_status_ready{namespace="autonomous-op", pod="fms-1", condition="true"}': constant(ready),
  [`kube_pod_status_phase{namespace="autonomous-op", pod="fms-1", phase="${phase}"}`]: constant(1),
});
const gpuPool = (requests: readonly string[]) => ({
  'kube_node_status_allocatable{resource="nvidia_com_gpu", node="gpu-node-01"}': constant(1),
  'kube_node_status_allocatable{resource="nvidia_com_gpu", node="gpu-node-02"}': constant(1),
  'kube_node_status_allocatable{resource="cpu", node="gpu-node-02"}': constant(64),
  ...Object.fromEntries(
    requests.map((node, index) => [
      `kube_pod_container_resource_requests{resource="nvidia_com_gpu", node="${node}", pod="ml-${index}"}`,
      constant(1),
    ]),
  ),
});
const certificate = (days: number) => ({
  'certmanager_certificate_expiration_timestamp_seconds{name="gateway-tls"}': `${days * 86400}x90`,
});
const replicas = (current: number, min: number, max: number) => {
  const labels = '{namespace="autonomous-op", horizontalpodautoscaler="fms-hpa"}';
  return {
    [`kube_horizontalpodautoscaler_status_current_replicas${labels}`]: constant(current),
    [`kube_horizontalpodautoscaler_spec_min_replicas${labels}`]: constant(min),
    [`kube_horizontalpodautoscaler_spec_max_replicas${labels}`]: constant(max),
  };
};
const hpaLabels = { namespace: 'autonomous-op', horizontalpodautoscaler: 'fms-hpa' };
const condition = (status: string, value: number) => ({
  [`kube_horizontalpodautoscaler_status_condition{namespace="autonomous-op", horizontalpodautoscaler="fms-hpa", condition="ScalingActive", status="${status}"}`]:
    constant(value),
});

const http = 'namespace="autonomous-op", app="fms", pod="a"';
/** Requests a minute of fms: values of those that succeed, and of those that fail. */
const requests = (good: string, bad: string) => ({
  [`http_server_requests_seconds_count{${http}, uri="/vehicles", status="200"}`]: good,
  [`http_server_requests_seconds_count{${http}, uri="/vehicles", status="503"}`]: bad,
  // A hundred times as many probes, all well, must not hide it.
  [`http_server_requests_seconds_count{${http}, uri="/actuator/health", status="200"}`]: growing(100_000),
});
/** Requests a minute of fms: values of all, and of those within half a second. */
const durations = (all: string, quick: string) => ({
  [`http_server_requests_seconds_count{${http}, uri="/vehicles", status="200"}`]: all,
  [`http_server_requests_seconds_bucket{${http}, uri="/vehicles", status="200", le="0.5"}`]: quick,
  [`http_server_requests_seconds_bucket{${http}, uri="/vehicles", status="200", le="+Inf"}`]: all,
});

const inNamespace = { namespace: 'autonomous-op' };
const broker = (gauge: string, index: number) => `${gauge}{namespace="autonomous-op", pod="kafka-kafka-${index}"}`;
/** A gauge of each broker. */
const brokers = (gauge: string, ...values: readonly number[]) =>
  Object.fromEntries(values.map((value, index) => [broker(gauge, index), constant(value)]));
/** A gauge of each server of PostgreSQL, the primary first. */
const servers = (gauge: string, ...values: readonly number[]) =>
  Object.fromEntries(
    values.map((value, index) => {
      const cluster = gauge === 'cnpg_collector_up' ? ', cluster="postgres-cluster"' : '';
      return [`${gauge}{namespace="autonomous-op", pod="postgres-cluster-${index + 1}"${cluster}}`, constant(value)];
    }),
  );
/** A gauge of each node of Redis. */
const nodes = (gauge: string, ...values: readonly number[]) =>
  Object.fromEntries(
    values.map((value, index) => [`${gauge}{namespace="autonomous-op", pod="redis-${index}"}`, constant(value)]),
  );
const health = (red: number) => ({
  'elasticsearch_cluster_health_status{namespace="autonomous-op", cluster="elasticsearch", color="red"}': constant(red),
  'elasticsearch_cluster_health_status{namespace="autonomous-op", cluster="elasticsearch", color="yellow"}': constant(
    1 - red,
  ),
});
const inodes = (free: number, all: number) => ({
  'kubelet_volume_stats_inodes_free{namespace="autonomous-op", persistentvolumeclaim="data-0"}': constant(free),
  'kubelet_volume_stats_inodes{namespace="autonomous-op", persistentvolumeclaim="data-0"}': constant(all),
});
const archiver = (failed: string, archived: string) => ({
  'cnpg_pg_stat_archiver_failed_count{namespace="autonomous-op", pod="postgres-cluster-1"}': failed,
  'cnpg_pg_stat_archiver_archived_count{namespace="autonomous-op", pod="postgres-cluster-1"}': archived,
});
const issued = (conditions: Readonly<Record<string, number>>) =>
  Object.fromEntries(
    Object.entries(conditions).map(([status, value]) => [
      `certmanager_certificate_ready_status{name="gateway-tls", condition="${status}"}`,
      constant(value),
    ]),
  );
/** The scrapes of a job's pods. */
const scraped = (job: string, ...values: readonly number[]) =>
  Object.fromEntries(values.map((value, index) => [`up{job="${job}", pod="${index}"}`, constant(value)]));
const self = (name: string) => `namespace="autonomous-op", pod="${name}-0"`;
const notificationsFailed = (values: string) => ({
  [`alertmanager_notifications_failed_total{${self('alertmanager')}, integration="slack", reason="serverError"}`]:
    values,
  [`alertmanager_notifications_failed_total{${self('alertmanager')}, integration="pagerduty", reason="other"}`]: '0x90',
});
const dropped = (values: string) => ({
  'promtail_dropped_entries_total{namespace="autonomous-op-logging", pod="promtail-a", reason="rate_limited"}': values,
  'promtail_dropped_entries_total{namespace="autonomous-op-logging", pod="promtail-a", reason="line_too_long"}': '0x90',
});

/** A case for every alert, and one near by in which it keeps silent. */
export const cases: Readonly<Record<string, AlertCases>> = {
  HighCpuUsage: {
    fires: [
      { when: '1.8 of 2 CPUs are used', minute: 20, series: cpu(1.8) },
      { when: 'an evicted pod has limits too', minute: 20, series: { ...cpu(1.8), ...limited('b', 'Failed') } },
      {
        when: 'two exporters tell of the limits',
        minute: 20,
        series: { ...cpu(1.8), ...limited('a', 'Running', 'b') },
      },
    ],
    silent: [
      { when: '1.6 of 2 CPUs are used', minute: 20, series: cpu(1.6) },
      { when: 'a pod that is gone has used many', minute: 20, series: { ...cpu(1), ...burns('gone', 2) } },
      { when: 'it has not lasted long enough', minute: 4, series: cpu(1.8) },
    ],
  },
  HighMemoryUsage: {
    fires: [
      { when: '3.7 of 4 GB are used', minute: 6, series: memory(3.7e9) },
      { when: 'an evicted pod has limits too', minute: 6, series: { ...memory(3.7e9), ...limited('b', 'Failed') } },
    ],
    silent: [
      { when: '3.5 of 4 GB are used', minute: 6, series: memory(3.5e9) },
      { when: 'a pod that is gone still has some', minute: 6, series: { ...memory(3e9), ...holds('gone', 3e9) } },
    ],
  },
  GPUUtilizationTooHigh: {
    fires: [{ when: 'two GPUs have 91 % on average', minute: 4, series: gpus(100, 82) }],
    silent: [{ when: 'one has 100 %, and the average is 89 %', minute: 4, series: gpus(100, 78) }],
  },
  KafkaLagTooHigh: {
    fires: [{ when: 'two partitions are 1001 behind together', minute: 6, series: lag(500, 501) }],
    silent: [{ when: 'they are 1000 behind, and another group more', minute: 6, series: lag(500, 500) }],
  },

  KafkaPartitionsOffline: {
    fires: [
      {
        when: 'the controller counts 2',
        minute: 3,
        series: brokers('kafka_controller_kafkacontroller_offlinepartitionscount', 0, 2, 0),
        labels: inNamespace,
        says: '2 partitions have no leader: nothing of them is read or written',
      },
    ],
    silent: [
      {
        when: 'all have one',
        minute: 9,
        series: brokers('kafka_controller_kafkacontroller_offlinepartitionscount', 0, 0, 0),
      },
    ],
  },
  KafkaPartitionsUnderMinIsr: {
    fires: [
      {
        when: '4 partitions of two leaders have one copy',
        minute: 6,
        series: brokers('kafka_server_replicamanager_underminisrpartitioncount', 1, 3),
        labels: inNamespace,
        says: '4 partitions have fewer copies than a write with acks=all needs',
      },
    ],
    silent: [
      {
        when: 'one broker of three is away, so that all have two',
        minute: 20,
        series: {
          ...brokers('kafka_server_replicamanager_underminisrpartitioncount', 0, 0),
          ...brokers('kafka_server_replicamanager_underreplicatedpartitions', 5, 5),
        },
      },
    ],
  },
  KafkaNoController: {
    fires: [
      {
        when: 'none of three is',
        minute: 4,
        series: brokers('kafka_controller_kafkacontroller_activecontrollercount', 0, 0, 0),
        labels: inNamespace,
        says: '0 brokers say that they are the controller: no partition gets a new leader',
      },
      {
        when: 'two are',
        minute: 4,
        series: brokers('kafka_controller_kafkacontroller_activecontrollercount', 1, 0, 1),
        labels: inNamespace,
        says: '2 brokers say that they are the controller: no partition gets a new leader',
      },
    ],
    silent: [
      {
        when: 'one is',
        minute: 9,
        series: brokers('kafka_controller_kafkacontroller_activecontrollercount', 0, 1, 0),
      },
      {
        when: 'another becomes it',
        minute: 9,
        series: {
          [broker('kafka_controller_kafkacontroller_activecontrollercount', 0)]: '1 1 1 0x60',
          [broker('kafka_controller_kafkacontroller_activecontrollercount', 1)]: '0 0 0 0 1x60',
        },
      },
    ],
  },
  KafkaPartitionsUnderReplicated: {
    fires: [
      {
        when: 'two leaders miss 5 copies each',
        minute: 16,
        series: brokers('kafka_server_replicamanager_underreplicatedpartitions', 5, 5),
        labels: inNamespace,
        says: '10 partitions have fewer copies than they should for 15 minutes',
      },
    ],
    silent: [
      {
        when: 'a broker was started again',
        minute: 16,
        series: {
          [broker('kafka_server_replicamanager_underreplicatedpartitions', 0)]: '0 5x8 0x60',
        },
      },
    ],
  },

  KafkaPartitionsNearlyUsedUp: {
    fires: [
      {
        when: '10 consumers share 12 partitions',
        minute: 6,
        series: members(10),
        says: "The consumers of autonomous-op use 83% of a topic's partitions (> 80%): further pods would soon idle",
      },
    ],
    silent: [{ when: '9 consumers share 12 partitions', minute: 6, series: members(9) }],
  },
  PostgresDown: {
    fires: [
      {
        when: 'no server runs',
        minute: 3,
        series: servers('cnpg_collector_up', 0, 0),
        labels: { ...inNamespace, cluster: 'postgres-cluster' },
        says: 'No server of postgres-cluster has run for 2 minutes',
      },
    ],
    silent: [{ when: 'one of two does', minute: 9, series: servers('cnpg_collector_up', 1, 0) }],
  },
  PostgresReplicaMissing: {
    fires: [
      {
        when: 'one of two follows',
        minute: 16,
        series: servers('cnpg_pg_replication_streaming_replicas', 1, 0),
        labels: inNamespace,
        says: '1 of 2 replicas follow the primary',
      },
    ],
    silent: [{ when: 'both do', minute: 20, series: servers('cnpg_pg_replication_streaming_replicas', 2, 0, 0) }],
  },
  PostgresReplicationLag: {
    fires: [
      {
        when: 'a replica is ten minutes behind',
        minute: 6,
        series: servers('cnpg_pg_replication_lag', 0, 600),
        labels: { ...inNamespace, pod: 'postgres-cluster-2' },
        says: 'postgres-cluster-2 is 10m 0s behind (> 300s)',
      },
    ],
    silent: [{ when: 'it is five minutes behind', minute: 9, series: servers('cnpg_pg_replication_lag', 0, 300) }],
  },
  PostgresConnectionPoolNearlyFull: {
    fires: [
      {
        when: 'one of two pools is full to 91 %',
        minute: 6,
        series: pool(82, 10),
        labels: { pod: 'postgres-a', database: 'app', user: 'app' },
        says: 'postgres-a uses 91% of its connections to app (> 90%): clients will wait',
      },
    ],
    silent: [{ when: 'both are full to 90 %', minute: 6, series: pool(81, 81) }],
  },
  RedisClusterDown: {
    fires: [
      {
        when: 'four of six nodes refuse',
        minute: 2,
        series: nodes('redis_cluster_state', 0, 0, 0, 0, 1, 1),
        labels: inNamespace,
        says: 'The nodes of the cluster in autonomous-op have refused requests for 1 minute (33.33% serve)',
      },
      {
        when: 'no node answers its exporter',
        minute: 2,
        series: nodes('redis_up', 0, 0, 0, 0, 0, 0),
        labels: inNamespace,
        says: 'The nodes of the cluster in autonomous-op have refused requests for 1 minute (0% serve)',
      },
    ],
    silent: [
      {
        when: 'one node is alone, and another is away',
        minute: 9,
        series: { ...nodes('redis_cluster_state', 0, 1, 1, 1, 1), ...nodes('redis_up', 1, 1, 1, 1, 1, 0) },
      },
    ],
  },
  RedisSlotsLost: {
    fires: [
      {
        when: 'a master and its replica are lost',
        minute: 3,
        series: nodes('redis_cluster_slots_fail', 5462, 5462, 5462, 5462),
        labels: inNamespace,
        says: '5462 of 16384 slots have neither a master nor a replica',
      },
    ],
    silent: [{ when: 'a replica has taken over', minute: 9, series: nodes('redis_cluster_slots_fail', 0, 0, 0, 0, 0) }],
  },
  RedisMemoryNearlyFull: {
    fires: [
      {
        when: '86 % is used',
        minute: 6,
        series: redis(86, 100),
        labels: { pod: 'redis-leader-0' },
        says: 'redis-leader-0 uses 86% of its memory (> 85%): when it is full, Redis refuses writes',
      },
    ],
    silent: [
      { when: '85 % is used', minute: 6, series: redis(85, 100) },
      { when: 'there is no limit', minute: 6, series: redis(85, 0) },
    ],
  },
  ElasticsearchRed: {
    fires: [
      {
        when: 'it says so',
        minute: 6,
        series: health(1),
        labels: { cluster: 'elasticsearch' },
        says: 'elasticsearch has had a shard without its primary for 5 minutes: what is in it can not be read',
      },
    ],
    silent: [{ when: 'it is yellow', minute: 9, series: health(0) }],
  },
  VolumeFillingUp: {
    fires: [
      {
        when: '81 % is used',
        minute: 16,
        series: volume(81),
        labels: volumeLabels,
        says: 'data-0 is 81% full (> 80%)',
      },
    ],
    silent: [
      { when: '80 % is used', minute: 16, series: volume(80) },
      { when: 'the volume is of others', minute: 16, series: volume(90, 'others') },
    ],
  },
  VolumeNearlyFull: {
    fires: [
      { when: '96 % is used', minute: 6, series: volume(96), labels: volumeLabels, says: 'data-0 is 96% full (> 95%)' },
    ],
    silent: [{ when: '95 % is used', minute: 6, series: volume(95) }],
  },
  VolumeInodesNearlyUsedUp: {
    fires: [
      {
        when: '4 % is free',
        minute: 6,
        series: inodes(4, 100),
        labels: volumeLabels,
        says: 'data-0 has used 96% of its inodes (> 95%)',
      },
    ],
    silent: [
      { when: '6 % is free', minute: 6, series: inodes(6, 100) },
      { when: 'the file system counts none', minute: 6, series: inodes(0, 0) },
    ],
  },
  BackupTooOld: {
    fires: [
      {
        when: 'the last one was made 30 hours before',
        minute: 16,
        series: backup(-30 * 3600),
        labels: { namespace: 'autonomous-op' },
        says: 'The last backup of PostgreSQL is 1d 6h 16m 0s old (> 30h)',
      },
      {
        // promtool's clock begins at 0, so that the age of no backup is that of one long ago.
        when: 'there is none',
        minute: 16,
        series: { 'cnpg_collector_last_available_backup_timestamp{namespace="autonomous-op"}': constant(-1.7e9) },
        labels: { namespace: 'autonomous-op' },
        says: 'There is no backup of PostgreSQL',
      },
    ],
    silent: [{ when: 'the last one was made 29 hours before', minute: 16, series: backup(-29 * 3600) }],
  },
  PostgresArchivingFailing: {
    fires: [
      {
        when: 'it fails each minute, and never works',
        minute: 40,
        series: archiver('0+1x60', '7x60'),
        labels: { ...inNamespace, pod: 'postgres-cluster-1' },
        says: 'postgres-cluster-1 archives nothing: what is written since then can not be restored, and fills the volume',
      },
    ],
    silent: [
      { when: 'it fails at times, and works', minute: 40, series: archiver('0+1x60', '0+1x60') },
      { when: 'nothing is to be archived', minute: 40, series: archiver('7x60', '7x60') },
    ],
  },

  ServiceDown: {
    fires: [
      {
        when: 'no pod of fms answers',
        minute: 5,
        series: up((service) => (service === 'fms' ? '0x60' : '1x60')),
        labels: { app: 'fms', namespace: 'autonomous-op' },
        says: 'No pod of fms has answered Prometheus for 2 minutes',
      },
      {
        when: 'fms has no pod',
        minute: 5,
        series: up((service) => (service === 'fms' ? undefined : '1x60')),
        labels: { app: 'fms', namespace: 'autonomous-op' },
        says: 'No pod of fms has answered Prometheus for 2 minutes',
      },
    ],
    silent: [
      {
        when: 'one pod of fms does not answer, the other does',
        minute: 5,
        series: { ...up(() => '1x60'), 'up{namespace="autonomous-op", app="fms", pod="b"}': '0x60' },
      },
    ],
  },
  PodNotReady: {
    fires: [
      {
        when: 'a pod runs and is not ready',
        minute: 16,
        series: pod(0, 'Running'),
        labels: { namespace: 'autonomous-op', pod: 'fms-1' },
        says: 'autonomous-op/fms-1 has not been ready for 15 minutes',
      },
    ],
    silent: [
      { when: 'it is ready', minute: 16, series: pod(1, 'Running') },
      { when: 'it has done its work', minute: 16, series: pod(0, 'Succeeded') },
      { when: 'it was evicted', minute: 16, series: pod(0, 'Failed') },
    ],
  },
  GpuPoolFull: {
    fires: [
      {
        when: 'two pods have the two GPUs',
        minute: 16,
        series: gpuPool(['gpu-node-01', 'gpu-node-02']),
        says: "100% of the GPUs are taken: a further pod, or a lost node's, would wait for one",
      },
    ],
    silent: [
      { when: 'one has a GPU, and one waits for its node', minute: 16, series: gpuPool(['gpu-node-01', '']) },
      {
        when: 'one has a GPU, and one had the other and was evicted',
        minute: 16,
        series: {
          ...gpuPool(['gpu-node-01', 'gpu-node-02']),
          'kube_pod_status_phase{pod="ml-1", phase="Failed"}': constant(1),
        },
      },
    ],
  },
  CertificateExpiring: {
    fires: [
      {
        when: 'it ends in 10 days',
        minute: 60,
        series: certificate(10),
        labels: { name: 'gateway-tls' },
        says: 'gateway-tls expires in 9d 23h 0m 0s (< 14d)',
      },
    ],
    silent: [
      { when: 'it ends in 20 days', minute: 60, series: certificate(20) },
      { when: 'there is none yet', minute: 90, series: certificate(0) },
    ],
  },
  CertificateNotReady: {
    fires: [
      {
        when: 'it is not issued',
        minute: 31,
        series: issued({ True: 0, False: 1 }),
        labels: { name: 'gateway-tls' },
        says: 'gateway-tls has not been ready for 30 minutes: it was not issued, or has expired',
      },
    ],
    silent: [{ when: 'it is', minute: 40, series: issued({ True: 1, False: 0 }) }],
  },

  AutoscalerAtMaximum: {
    fires: [
      {
        when: 'it runs 5 pods of 2 to 5',
        minute: 16,
        series: replicas(5, 2, 5),
        labels: hpaLabels,
        says: 'fms-hpa has run its 5 pods, the most it may, for 15 minutes',
      },
    ],
    silent: [
      { when: 'it runs 4 pods of 2 to 5', minute: 16, series: replicas(4, 2, 5) },
      { when: 'it can run one pod only', minute: 16, series: replicas(1, 1, 1) },
    ],
  },
  ScaledObjectNotReady: {
    fires: [
      {
        when: 'the HPA says that it does not scale',
        minute: 6,
        series: condition('false', 1),
        labels: hpaLabels,
        says: 'fms-hpa has had no metric for 5 minutes: its pods stay as many as they are',
      },
    ],
    silent: [{ when: 'it scales', minute: 6, series: { ...condition('false', 0), ...condition('true', 1) } }],
  },
  KedaScalerErrors: {
    fires: [
      {
        when: 'there is an error a minute',
        minute: 20,
        series: { 'keda_scaled_object_errors{scaledObject="ml-service-keda"}': growing(1) },
        labels: { scaledObject: 'ml-service-keda' },
        says: 'ml-service-keda had 2 errors in 2 minutes, for 5 minutes',
      },
    ],
    silent: [
      {
        when: 'there were many for two minutes, while a store started',
        minute: 8,
        series: { 'keda_scaled_object_errors{scaledObject="ml-service-keda"}': '0x2 10 20x60' },
      },
      {
        when: 'there were some long ago',
        minute: 20,
        series: { 'keda_scaled_object_errors{scaledObject="ml-service-keda"}': '7x60' },
      },
    ],
  },

  StoreDown: {
    fires: [
      {
        when: 'no broker answers',
        minute: 3,
        series: { ...scraped('autonomous-op/kafka-monitor', 0, 0), ...scraped('kube-state-metrics', 1) },
        labels: { job: 'autonomous-op/kafka-monitor' },
        says: 'No pod of autonomous-op/kafka-monitor has answered Prometheus for 2 minutes',
      },
      {
        when: 'there is no broker',
        minute: 3,
        series: scraped('kube-state-metrics', 1),
        labels: { job: 'autonomous-op/kafka-monitor' },
        says: 'No pod of autonomous-op/kafka-monitor has answered Prometheus for 2 minutes',
      },
    ],
    silent: [{ when: 'one of two answers', minute: 9, series: scraped('autonomous-op/kafka-monitor', 0, 1) }],
  },
  ExporterDown: {
    fires: [
      {
        when: 'kube-state-metrics is not there',
        minute: 16,
        series: scraped('autonomous-op/kafka-monitor', 1),
        labels: { job: 'kube-state-metrics' },
        says: 'kube-state-metrics has not answered Prometheus for 15 minutes: alerts on its metrics are silent',
      },
    ],
    silent: [
      { when: 'it is, and a service is not', minute: 20, series: scraped('kube-state-metrics', 1) },
      { when: 'it was away for ten minutes', minute: 20, series: { 'up{job="kube-state-metrics"}': '1 0x9 1x60' } },
    ],
  },
  RuleEvaluationFailing: {
    fires: [
      {
        when: 'a group has an error a minute',
        minute: 20,
        series: { [`prometheus_rule_evaluation_failures_total{${self('prometheus')}, rule_group="a"}`]: growing(1) },
        labels: { rule_group: 'a' },
        says: 'Rules of a fail for 5 minutes: their alerts are silent',
      },
    ],
    silent: [
      {
        when: 'it had some',
        minute: 20,
        series: { [`prometheus_rule_evaluation_failures_total{${self('prometheus')}, rule_group="a"}`]: '7x60' },
      },
    ],
  },
  NotificationsDropped: {
    fires: [
      {
        when: 'Prometheus drops two a minute',
        minute: 20,
        series: { [`prometheus_notifications_dropped_total{${self('prometheus')}}`]: growing(2) },
        labels: { pod: 'prometheus-0' },
        says: 'prometheus-0 has dropped 10 notifications in 5 minutes',
      },
    ],
    silent: [
      {
        when: 'it dropped some when it started',
        minute: 20,
        series: { [`prometheus_notifications_dropped_total{${self('prometheus')}}`]: '0 5x60' },
      },
    ],
  },
  NotificationsFailing: {
    fires: [
      {
        when: 'Slack refuses one a minute',
        minute: 20,
        series: notificationsFailed(growing(1)),
        labels: { integration: 'slack' },
        says: '15 notifications by slack have failed in 15 minutes: somebody is not told',
      },
    ],
    silent: [{ when: 'it refused one', minute: 20, series: notificationsFailed('0 1x60') }],
  },
  ReloadFailing: {
    fires: [
      {
        when: 'Alertmanager refuses its configuration',
        minute: 11,
        series: { [`alertmanager_config_last_reload_successful{${self('alertmanager')}}`]: constant(0) },
        labels: { namespace: 'autonomous-op', pod: 'alertmanager-0' },
        says: 'alertmanager-0 refuses its new configuration, and goes on with the one before',
      },
    ],
    silent: [
      {
        when: 'both have taken theirs',
        minute: 20,
        series: {
          [`alertmanager_config_last_reload_successful{${self('alertmanager')}}`]: constant(1),
          [`prometheus_config_last_reload_successful{${self('prometheus')}}`]: constant(1),
        },
      },
    ],
  },
  LogsDropped: {
    fires: [
      {
        when: 'ten lines a minute are refused',
        minute: 40,
        series: dropped('0+10x90'),
        labels: { reason: 'rate_limited' },
        says: 'Promtail has dropped 150 lines in 15 minutes (rate_limited)',
      },
    ],
    silent: [{ when: 'some were, half an hour ago', minute: 60, series: dropped('0x20 300x60') }],
  },
  Watchdog: {
    fires: [{ when: 'Prometheus works', minute: 0, series: {} }],
    silent: [],
  },

  ErrorBudgetBurningFast: {
    fires: [
      {
        when: 'one request in 50 fails for an hour',
        minute: 60,
        series: requests(growing(980), growing(20)),
        labels: { app: 'fms' },
        says: '2% of the requests to fms fail; 0.1% may',
      },
    ],
    silent: [
      {
        when: 'one in 200 fails, which would be too many for six hours only',
        minute: 60,
        series: requests(growing(995), growing(5)),
      },
      {
        when: 'one in 34 fails, for a few minutes so far',
        minute: 61,
        series: requests(growing(971), '0x55 29+29x30'),
      },
      {
        when: 'at night one of 20 requests an hour fails',
        minute: 62,
        series: requests('0x3 1x3 2x3 3x3 4x3 5x3 6x3 7x3 8x3 9x3 10x3 11x3 12x3 13x3 14x3 15x3', '0x58 1x20'),
      },
      {
        when: 'many failed, and none any more',
        minute: 70,
        series: requests(growing(980), '0+20x30 600x70'),
      },
    ],
  },
  ErrorBudgetBurningSlow: {
    fires: [
      {
        when: 'one request in 250 fails for hours',
        minute: 60,
        series: requests(growing(996), growing(4)),
        labels: { app: 'fms' },
        says: '0.4% of the requests to fms fail; 0.1% may',
      },
    ],
    silent: [{ when: 'as many fail as may', minute: 60, series: requests(growing(9995), growing(5)) }],
  },
  LatencyBudgetBurningFast: {
    fires: [
      {
        when: 'one request in 5 is slow for an hour',
        minute: 60,
        series: durations(growing(1000), growing(800)),
        labels: { app: 'fms' },
        says: '20% of the requests to fms take longer than 0.5 s; 1% may',
      },
    ],
    silent: [{ when: 'one in 20 is', minute: 60, series: durations(growing(1000), growing(950)) }],
  },
  LatencyBudgetBurningSlow: {
    fires: [
      {
        when: 'one request in 25 is slow for hours',
        minute: 60,
        series: durations(growing(1000), growing(960)),
        labels: { app: 'fms' },
        says: '4% of the requests to fms take longer than 0.5 s; 1% may',
      },
    ],
    silent: [{ when: 'one in 200 is', minute: 60, series: durations(growing(1000), growing(995)) }],
  },
};

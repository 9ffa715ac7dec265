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
const cpuLimits = `kube_pod_container_resource_limits{${container}, resource="cpu", pod="a"}`;
const memoryLimits = `kube_pod_container_resource_limits{${container}, resource="memory", pod="a"}`;
const cpu = (cores: number) => ({
  // Limits of memory beside those of CPU must not be counted.
  [cpuLimits]: constant(2),
  [memoryLimits]: constant(4e9),
  [`container_cpu_usage_seconds_total{${container}, pod="a"}`]: growing(60 * cores),
});
const memory = (bytes: number) => ({
  [cpuLimits]: constant(2),
  [memoryLimits]: constant(4e9),
  [`container_memory_working_set_bytes{${container}, pod="a"}`]: constant(bytes),
});
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

/** A case for every alert, and one near by in which it keeps silent. */
export const cases: Readonly<Record<string, AlertCases>> = {
  HighCpuUsage: {
    fires: [{ when: '1.8 of 2 CPUs are used', minute: 20, series: cpu(1.8) }],
    silent: [
      { when: '1.6 of 2 CPUs are used', minute: 20, series: cpu(1.6) },
      { when: 'it has not lasted long enough', minute: 4, series: cpu(1.8) },
    ],
  },
  HighMemoryUsage: {
    fires: [{ when: '3.7 of 4 GB are used', minute: 6, series: memory(3.7e9) }],
    silent: [{ when: '3.5 of 4 GB are used', minute: 6, series: memory(3.5e9) }],
  },
  GPUUtilizationTooHigh: {
    fires: [{ when: 'two GPUs have 91 % on average', minute: 4, series: gpus(100, 82) }],
    silent: [{ when: 'one has 100 %, and the average is 89 %', minute: 4, series: gpus(100, 78) }],
  },
  KafkaLagTooHigh: {
    fires: [{ when: 'two partitions are 1001 behind together', minute: 6, series: lag(500, 501) }],
    silent: [{ when: 'they are 1000 behind, and another group more', minute: 6, series: lag(500, 500) }],
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
  BackupTooOld: {
    fires: [
      {
        when: 'the last one was made 30 hours before',
        minute: 16,
        series: backup(-30 * 3600),
        labels: { namespace: 'autonomous-op' },
        says: 'The last backup of PostgreSQL is 1d 6h 16m 0s old (> 30h)',
      },
    ],
    silent: [{ when: 'the last one was made 29 hours before', minute: 16, series: backup(-29 * 3600) }],
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
        labels: { namespace: 'autonomous-op', pod: 'fms-1', condition: 'true' },
        says: 'autonomous-op/fms-1 has not been ready for 15 minutes',
      },
    ],
    silent: [
      { when: 'it is ready', minute: 16, series: pod(1, 'Running') },
      { when: 'it has done its work', minute: 16, series: pod(0, 'Succeeded') },
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
    silent: [{ when: 'one has a GPU, and one waits for its node', minute: 16, series: gpuPool(['gpu-node-01', '']) }],
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
    silent: [{ when: 'it ends in 20 days', minute: 60, series: certificate(20) }],
  },
  Watchdog: {
    fires: [{ when: 'Prometheus works', minute: 0, series: {} }],
    silent: [],
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
        labels: { ...hpaLabels, condition: 'ScalingActive', status: 'false' },
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
        says: 'ml-service-keda had 5 errors in 5 minutes',
      },
    ],
    silent: [
      {
        when: 'there were some long ago',
        minute: 20,
        series: { 'keda_scaled_object_errors{scaledObject="ml-service-keda"}': '7x60' },
      },
    ],
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

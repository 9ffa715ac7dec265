import { Trigger } from '../constructs/scaling/trigger';
import { InferenceRuntime } from '../constructs/service/inference-runtime';
import { Settings } from './environments';
import { kafkaCredentials } from './secrets';
import { namespace } from './names';
import { ServiceKey, services } from './services';
import { peers } from './topology';

const { kafka, prometheus } = peers;

/** The group that autonomous-op consumes with; clients.ts gives every service a group of its own name. */
export const consumerGroup = services.autonomousOp.name;

/** Kafka's topics. A topic needs at least as many partitions as the service that consumes it may have pods. */
export const topics = {
  vehicleTelemetry: { name: 'vehicle-telemetry', partitions: 12 },
  routeUpdates: { name: 'route-updates', partitions: 12 },
} as const;

/** The document's "Scaling Triggers" and KEDA thresholds, each per pod. */
export const thresholds = {
  /** Percent of the CPU request. */
  cpu: 70,
  /** Percent of the memory request. */
  memory: 80,
  /** HTTP requests per second. */
  httpRequests: 1000,
  /** Inference requests per second. */
  inferenceRequests: 500,
  /** Percent of a GPU. */
  gpuUtilization: 80,
  /** Messages behind in vehicle-telemetry. */
  vehicleTelemetryLag: 1000,
  /** Messages behind in route-updates. */
  routeUpdatesLag: 500,
} as const;

/** GPU utilisation of the inference pods, in percent, one series a GPU. The labels are those of the DCGM exporter with honorLabels. */
export const gpuUtilization = `DCGM_FI_DEV_GPU_UTIL{namespace="${namespace}", container="${services.mlService.name}"}`;

/** How far a service may be behind in a topic that it consumes. */
const lag = (
  consumer: ServiceKey,
  { name: topic, partitions }: { name: string; partitions: number },
  messages: number,
) =>
  Trigger.kafkaLag({
    broker: kafka,
    topic,
    partitions,
    consumerGroup: services[consumer].name,
    lag: messages,
    credentials: kafkaCredentials,
  });

/** What every service scales on, unless {@link triggers} says more. */
export const resources: readonly Trigger[] = [Trigger.cpu(thresholds.cpu), Trigger.memory(thresholds.memory)];

/** The document's "> 80 % for 3 minutes": the lowest value of three minutes, without a window that would slow the other triggers. */
const gpuTrigger = Trigger.prometheus({
  server: prometheus,
  metricName: 'gpu_utilization',
  query: `min_over_time((sum(avg by (pod) (${gpuUtilization})))[3m:30s])`,
  threshold: thresholds.gpuUtilization,
});

/** Triggers, or how they follow from what serves the model. */
type Triggers = readonly Trigger[] | ((runtime: InferenceRuntime) => readonly Trigger[]);

/** Further reasons for more pods. The sums are not divided by the pods: the HPA does that. */
export const triggers: Readonly<Partial<Record<ServiceKey, Triggers>>> = {
  autonomousOp: [
    lag('autonomousOp', topics.vehicleTelemetry, thresholds.vehicleTelemetryLag),
    lag('autonomousOp', topics.routeUpdates, thresholds.routeUpdatesLag),
    Trigger.prometheus({
      server: prometheus,
      metricName: 'http_requests_per_second',
      query: `sum(rate(http_server_requests_seconds_count{app="${services.autonomousOp.name}"}[2m]))`,
      threshold: thresholds.httpRequests,
    }),
  ],
  mlService: ({ metrics }) => [
    Trigger.prometheus({
      server: prometheus,
      metricName: 'inference_requests_per_second',
      query: `sum(rate(${metrics.requests}{app="${services.mlService.name}"}[2m]))`,
      threshold: thresholds.inferenceRequests,
    }),
    gpuTrigger,
  ],
};

/** Why a service gets more pods. */
export function triggersOf(
  key: ServiceKey,
  { gpu, inferenceRuntime }: Pick<Settings, 'gpu' | 'inferenceRuntime'>,
): readonly Trigger[] {
  const { [key]: declared = [] } = triggers;
  const own = typeof declared === 'function' ? declared(inferenceRuntime) : declared;
  return [...own.filter((trigger) => gpu !== 'none' || trigger !== gpuTrigger), ...resources];
}

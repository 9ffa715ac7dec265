import { ApiObject, SizeRoundingBehavior } from 'cdk8s';
import { IConstruct } from 'constructs';
import { z } from 'zod';
import { GpuNodePool } from '../constructs/service/gpu';
import { GpuInferenceService } from '../constructs/service/gpu-inference-service';
import { KedaScaler } from '../constructs/scaling/keda-scaler';
import { Trigger } from '../constructs/scaling/trigger';
import { ContainerSize, milliCpu } from '../core/quantities';
import { Behavior, behavior } from './behavior';

/** Something that drives a service, counted for all its pods together. */
export interface Load {
  /** Name, as people write it: `http`, `lag.orders`. */
  readonly name: string;
  /** What follows its value: `/s`. Empty where it is not known. */
  readonly unit: string;
}

/** Over which time a trigger looks at its load, and how: a `rate(…[2m])` is an average of two minutes. */
export interface Measurement {
  readonly over: 'average' | 'minimum' | 'maximum';
  /** 0 where it is the value of the moment. */
  readonly seconds: number;
}

/** A trigger with the load that it measures. */
export interface LoadTrigger {
  readonly load: Load;
  /** Load beyond which one pod is too few. */
  readonly perPod: number;
  /** Percent of the request, where the HPA compares percentages: those of cpu and memory. */
  readonly utilization?: number;
  /** Whether pods that are not ready count as idle, as they do for cpu. */
  readonly readyPodsOnly: boolean;
  readonly measured: Measurement;
}

/** A service with its autoscaler, as the manifests have them. */
export interface ScaledService {
  readonly name: string;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly triggers: readonly LoadTrigger[];
  readonly behavior: Behavior;
  /** What a pod asks of its node. */
  readonly size: ContainerSize;
  /** GPUs of a pod, and where they come from. */
  readonly gpu?: { readonly count: number; readonly pool: GpuNodePool };
  /** Seconds from the start of a pod's container to the first question whether it is ready. */
  readonly readinessDelay: number;
}

/**
 * Every service below a construct that a KedaScaler scales, in the order of their creation.
 *
 * @param names how people call the metrics of Prometheus triggers, by the metric; the others are called as they are
 */
export function scaledServices(root: IConstruct, names: Readonly<Record<string, Load>> = {}): ScaledService[] {
  return root.node
    .findAll()
    .filter((construct) => construct instanceof KedaScaler)
    .map((scaler) => scaledService(scaler, names));
}

/** CPUs and GiB that a number of pods asks of the cluster. */
export function requestsOf({ size }: ScaledService, pods: number): { cpu: number; memory: number } {
  return { cpu: (pods * milliCpu(size.cpuRequest)) / 1000, memory: pods * gibibytes(size.memoryRequest) };
}

/** GPUs that a number of pods asks of its pool, and US dollars per hour for them. */
export function gpusOf({ gpu }: ScaledService, pods: number): { gpus: number; dollarsPerHour: number } {
  const gpus = pods * (gpu?.count ?? 0);
  return { gpus, dollarsPerHour: gpus * (gpu?.pool.gpu.pricePerHour ?? 0) };
}

function gibibytes(size: ContainerSize['memoryRequest']): number {
  return size.toKibibytes({ rounding: SizeRoundingBehavior.NONE }) / 1024 ** 2;
}

function scaledService(scaler: KedaScaler, names: Readonly<Record<string, Load>>): ScaledService {
  const { target, minReplicas, maxReplicas } = scaler;
  const manifests = scaler.node.children.filter(ApiObject.isApiObject).map((object): unknown => object.toJson());
  const queries = manifests.flatMap((manifest) => scaledObject.safeParse(manifest).data?.spec.triggers ?? []);
  const hpa = manifests.flatMap((manifest) => autoscaler.safeParse(manifest).data ?? [])[0];
  return {
    name: target.name,
    minReplicas,
    maxReplicas,
    triggers: scaler.triggers.map((trigger, index) =>
      loadTrigger(trigger, target, queries[index]?.metadata.query ?? '', names),
    ),
    behavior: behavior.parse(hpa?.spec.behavior ?? {}),
    size: target.size,
    readinessDelay: deployment.parse(target.deployment.toJson()).spec.template.spec.containers[0].readinessProbe
      .initialDelaySeconds,
    ...(target instanceof GpuInferenceService ? { gpu: { count: target.gpuCount, pool: target.pool } } : {}),
  };
}

const scaledObject = z.object({
  kind: z.literal('ScaledObject'),
  spec: z.object({ triggers: z.array(z.object({ metadata: z.object({ query: z.string().optional() }) })) }),
});

const autoscaler = z.object({
  kind: z.literal('HorizontalPodAutoscaler'),
  spec: z.object({ behavior: z.unknown() }),
});

const container = z.object({ readinessProbe: z.object({ initialDelaySeconds: z.number().default(0) }) });
const deployment = z.object({
  spec: z.object({ template: z.object({ spec: z.object({ containers: z.tuple([container], z.unknown()) }) }) }),
});

function loadTrigger(
  { metric, threshold }: Trigger,
  { name, size }: { readonly name: string; readonly size: ContainerSize },
  query: string,
  names: Readonly<Record<string, Load>>,
): LoadTrigger {
  const now: Measurement = { over: 'average', seconds: 0 };
  switch (metric) {
    case 'cpu': {
      const perPod = (milliCpu(size.cpuRequest) * threshold) / 100 / 1000;
      const load = { name: `${name}.cpu`, unit: ' CPUs' };
      return { load, perPod, utilization: threshold, readyPodsOnly: true, measured: now };
    }
    case 'memory': {
      const perPod = (gibibytes(size.memoryRequest) * threshold) / 100;
      const load = { name: `${name}.memory`, unit: ' GiB' };
      return { load, perPod, utilization: threshold, readyPodsOnly: false, measured: now };
    }
    default: {
      const topic = /^lag of (.*)$/.exec(metric)?.[1];
      const load = topic === undefined ? names[metric] : { name: `lag.${topic}`, unit: ' messages' };
      const measured = measurementOf(query);
      return { load: load ?? { name: metric, unit: '' }, perPod: threshold, readyPodsOnly: false, measured };
    }
  }
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };
const OVER: Readonly<Record<string, Measurement['over']>> = { min_over_time: 'minimum', max_over_time: 'maximum' };

/** What the outermost function over a range does: everything but a minimum and a maximum levels out what changes meanwhile. */
function measurementOf(query: string): Measurement {
  const name = /\b(rate|increase|\w+_over_time)\s*\(/.exec(query)?.[1] ?? '';
  const [, count = '0', unit = ''] = /\[(\d+)([smh])(?::\w*)?\]/.exec(query) ?? [];
  return { over: OVER[name] ?? 'average', seconds: Number(count) * (SECONDS[unit] ?? 0) };
}

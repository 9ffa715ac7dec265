/* A service as capacity sees it: how many pods it may have, what drives them, and what each asks of the cluster. */

import { GpuType } from '../core/gpu-type';
import { Autoscaler, autoscalersOf, Behavior } from '../manifests/autoscaling';
import { gpuProductsOf } from '../manifests/gpus';
import { homeNamespace, ManifestSet } from '../manifests/read';
import { listAt, numberAt } from '../manifests/value';
import { Workload, workloadsOf } from '../manifests/workloads';
import { LoadTrigger, SourcedTrigger, triggerOf } from './triggers';

/** The GPUs of a pod. */
interface ServiceGpus {
  readonly count: number;
  /** Of the product: `Tesla V100`. */
  readonly name: string;
  /** US dollars per hour for one. Undefined: not known. */
  readonly pricePerHour: number | undefined;
  /** What the catalogue says of the product; undefined if it is not in there. */
  readonly type: GpuType | undefined;
}

/** A service with its autoscaler, as the manifests have them. */
export interface ScaledService {
  /** With the namespace before it if that is not the one of most objects. */
  readonly name: string;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly triggers: readonly LoadTrigger[];
  /** Triggers that do not say how much of a load a pod should have. */
  readonly uncounted: readonly string[];
  readonly behavior: Behavior;
  /** CPUs and GiB that a pod requests. */
  readonly requests: { readonly cpu: number; readonly memory: number };
  readonly gpu?: ServiceGpus;
  /** Seconds from the start of a pod's container to the first question whether it is ready. */
  readonly readinessDelay: number;
}

/**
 * Every workload of some manifests that an autoscaler scales, in the order of the autoscalers.
 *
 * @param gpuPrice US dollars per hour for a GPU @default - that of the catalogue
 */
export function scaledServices(manifests: ManifestSet, gpuPrice?: number): ScaledService[] {
  const home = homeNamespace(manifests);
  const workloads = workloadsOf(manifests);
  const scaled = autoscalersOf(manifests).map((scaler) => {
    const { kind, name, namespace } = scaler.target;
    const workload = workloads.find(
      ({ object }) => object.kind === kind && object.name === name && object.namespace === namespace,
    );
    const shown = namespace === home || namespace === '' ? name : `${namespace}/${name}`;
    const found = scaler.metrics.map((metric) => ({ metric, trigger: triggerOf(metric, shown, workload) }));
    return {
      ...capacityOf(scaler, workload, gpuPrice),
      name: shown,
      triggers: found.flatMap(({ trigger }) => trigger ?? []),
      uncounted: found.flatMap(({ metric, trigger }) =>
        trigger === undefined ? [metric.type === 'other' ? metric.name : metric.type] : [],
      ),
    };
  });
  const triggers = scaled.flatMap((service) => service.triggers);
  return scaled.map((service) => ({
    ...service,
    triggers: service.triggers.map((trigger) => withOwnName(trigger, service.name, triggers)),
  }));
}

/** The trigger; with the name of its service before that of its load if others call something else the same. */
function withOwnName(trigger: SourcedTrigger, service: string, all: readonly SourcedTrigger[]): LoadTrigger {
  const { source, load, ...others } = trigger;
  const isShared = all.some((each) => each.load.name === load.name && each.source !== source);
  return { ...others, load: isShared ? { ...load, name: `${service}.${load.name}` } : load };
}

function capacityOf({ min, max, behavior }: Autoscaler, workload: Workload | undefined, gpuPrice?: number) {
  const { cpu = 0, memory = 0 } = workload?.requests ?? {};
  const gpu = workload && gpusOfPod(workload, gpuPrice);
  const delays = listAt(workload?.template, 'spec', 'containers').map(
    (container) => numberAt(container, 'readinessProbe', 'initialDelaySeconds') ?? 0,
  );
  return {
    minReplicas: min,
    maxReplicas: max,
    behavior,
    requests: { cpu, memory: memory / 2 ** 30 },
    readinessDelay: Math.max(0, ...delays),
    ...(gpu === undefined ? {} : { gpu }),
  };
}

function gpusOfPod({ gpus: count, template }: Workload, gpuPrice: number | undefined): ServiceGpus | undefined {
  if (count === 0) return undefined;
  const [product] = gpuProductsOf(template);
  const type = GpuType.all.find((each) => each.product === product);
  return { count, name: type?.name ?? product ?? 'GPU', pricePerHour: gpuPrice ?? type?.pricePerHour, type };
}

/** CPUs and GiB that a number of pods asks of the cluster. */
export function requestsOf({ requests }: ScaledService, pods: number): { cpu: number; memory: number } {
  return { cpu: pods * requests.cpu, memory: pods * requests.memory };
}

/** GPUs that a number of pods asks for, and US dollars per hour for them as far as their price is known. */
export function gpusOf({ gpu }: ScaledService, pods: number): { gpus: number; dollarsPerHour: number } {
  const gpus = pods * (gpu?.count ?? 0);
  return { gpus, dollarsPerHour: gpus * (gpu?.pricePerHour ?? 0) };
}

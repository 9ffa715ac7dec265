import { tidy } from './autoscaler';
import { ScaledService } from './scaled-service';
import { LoadTrigger, REQUESTS } from './triggers';

/** The value of each load, by its name. */
export type Loads = ReadonlyMap<string, number>;

/** What a load that does not change makes of a service. */
export interface SteadyState {
  readonly service: ScaledService;
  /** Pods that run. */
  readonly replicas: number;
  /** Pods that the load needs, outside the bounds too; 0 where no load is known. */
  readonly needed: number;
  /** The trigger that needs most; undefined where no load is known. */
  readonly decidedBy: LoadTrigger | undefined;
}

/** Where a load makes a service run its maximum of pods. */
export interface Saturation {
  readonly service: ScaledService;
  readonly trigger: LoadTrigger;
  /** The most of it that the pods can share: any more asks for a pod that there is not. */
  readonly load: number;
}

/** The pods of a service under a load that does not change, and the trigger that decides. Triggers without a load ask for nothing. */
export function steadyState(service: ScaledService, loads: Loads): SteadyState {
  let needed = 0;
  let decidedBy: LoadTrigger | undefined;
  for (const trigger of service.triggers) {
    const load = loads.get(trigger.load.name);
    if (load === undefined) continue;
    const pods = podsFor(load, trigger);
    if (decidedBy === undefined || pods > needed) {
      needed = pods;
      decidedBy = trigger;
    }
  }
  const replicas = Math.min(Math.max(needed, service.minReplicas), service.maxReplicas);
  return { service, replicas, needed, decidedBy };
}

/** Pods that share a load, such that none has more than it should. */
export function podsFor(load: number, { perPod }: LoadTrigger): number {
  return Math.ceil(tidy(load / perPod));
}

/** For each trigger, where its load alone brings the service to its maximum. */
export function saturations(services: readonly ScaledService[]): Saturation[] {
  return services.flatMap((service) =>
    service.triggers.map((trigger) => ({ service, trigger, load: tidy(service.maxReplicas * trigger.perPod) })),
  );
}

/** What the GPUs of a service can do with the requests that reach it. */
export interface GpuHeadroom {
  readonly service: ScaledService;
  readonly trigger: LoadTrigger;
  readonly load: number;
  readonly gpus: number;
  /** Requests per second at their usual speed. */
  readonly usual: number;
  /** Requests per second beyond which they serve no more. */
  readonly most: number;
}

/** The requests per second of each service on GPUs beside what its GPUs can do; nothing if its requests or its GPU are not known. */
export function gpuHeadroom({ service, replicas }: SteadyState, loads: Loads): GpuHeadroom[] {
  const { gpu } = service;
  const trigger = service.triggers.find(({ load }) => load.unit === REQUESTS && loads.has(load.name));
  if (gpu?.type === undefined || trigger === undefined) return [];
  const gpus = replicas * gpu.count;
  const { inferenceSpeed, maxThroughput } = gpu.type;
  const load = loads.get(trigger.load.name) ?? 0;
  return [{ service, trigger, load, gpus, usual: gpus * inferenceSpeed, most: gpus * maxThroughput }];
}

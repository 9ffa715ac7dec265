/* The autoscalers: pods follow the CPU, as far as they may. */

import { autoscalers } from './emitted';
import { Cluster } from './cluster';
import { Stores } from './stores';

/** Seconds between two looks of an HPA, and for which it remembers how many pods were wanted. */
const LOOK = 30;
const MEMORY = 300;

/** Share of the request at which a pod is added. */
const TARGET = 0.7;

/** An autoscaler, by the name that the HPA has. */
export interface Scaler {
  readonly hpa: string;
  readonly workload: string;
  readonly min: number;
  readonly max: number;
  /** Name of the ScaledObject if KEDA scales. */
  readonly scaledObject: string | undefined;
  /** Whether the HPA has its metrics. */
  active: boolean;
  /** Times that KEDA could not measure. */
  errors: number;
  wanted: { at: number; pods: number }[];
}

/** What scales the services. */
export class Autoscaling {
  readonly scalers: readonly Scaler[] = autoscalers.map(({ object, target, min, max }) => ({
    hpa: `${target.name}-hpa`,
    workload: target.name,
    scaledObject: object.kind === 'ScaledObject' ? object.name : undefined,
    min,
    max,
    active: true,
    errors: 0,
    wanted: [],
  }));

  /** ScaledObjects whose trigger KEDA can't measure. */
  readonly unmeasured = new Set<string>();

  private looked = 0;

  constructor(
    private readonly cluster: Cluster,
    private readonly stores: Stores,
  ) {}

  happen(seconds: number): void {
    // The steps of the history are too coarse for it.
    if (seconds > LOOK) return;
    this.looked += seconds;
    if (this.looked < LOOK) return;
    this.looked = 0;
    this.scalers.forEach((scaler) => {
      this.look(scaler);
    });
  }

  private look(scaler: Scaler): void {
    const { workload, min, max, scaledObject } = scaler;
    // One metric that is missing keeps an HPA from scaling down, and so from what it would do in a quiet hour.
    scaler.active = scaledObject === undefined || this.measures(scaledObject);
    if (!scaler.active) {
      scaler.errors += 1;
      return;
    }
    const pods = this.cluster.podsOf(workload).filter(({ surge }) => !surge);
    const used = this.cluster.working(workload).reduce((sum, { cpu, cpuLimit }) => sum + cpu * cpuLimit, 0);
    const request = pods[0]?.cpuRequest ?? 1;
    const wanted = Math.min(max, Math.max(min, Math.ceil(used / request / TARGET - 0.1)));
    const { time } = this.cluster;
    scaler.wanted = [...scaler.wanted.filter(({ at }) => at > time - MEMORY), { at: time, pods: wanted }];
    const most = Math.max(...scaler.wanted.map((each) => each.pods));
    for (let count = pods.length; count < wanted; count++) this.cluster.start(workload);
    // The newest go first.
    pods.slice(Math.max(most, min)).forEach((pod) => {
      this.cluster.remove(pod);
    });
  }

  private measures(scaledObject: string): boolean {
    if (this.unmeasured.has(scaledObject)) return false;
    return !scaledObject.startsWith('autonomous-op') || this.stores.kafka.brokers.length > 0;
  }
}

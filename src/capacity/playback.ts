import { HorizontalAutoscaler, Pods, SYNC_PERIOD, TOLERANCE } from './autoscaler';
import { LoadCurve } from './load-file';
import { ScaledService } from './scaled-service';
import { steadyState } from './steady';
import { LoadTrigger, Measurement } from './triggers';

/** Some seconds, its end not included. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

/** A number of pods from a second on. */
export interface Step {
  readonly from: number;
  readonly pods: number;
}

/** What became of a service under a load. */
export interface PlaybackResult {
  readonly service: ScaledService;
  /** Pods that the load needs, in fractions, at each second; NaN where it is not known. */
  readonly needed: Float64Array;
  /** Pods that the HPA asked for. */
  readonly desired: readonly Step[];
  /** Pods that served. */
  readonly ready: readonly Step[];
  /** When the load was more than the pods that were ready should have. */
  readonly underprovisioned: readonly Interval[];
  /** Seconds of it in which every pod had so little too much that the HPA tolerates it. */
  readonly tolerated: number;
  /** Seconds in which the load was more than the maximum of pods should have. */
  readonly saturated: number;
  readonly podSeconds: number;
}

/** How the playback may differ from a cluster of today. */
export interface PlaybackOptions {
  /** Seconds until the container of a new pod runs: to schedule it and to pull its image. @default 0 */
  readonly startup?: number;
  /** Seconds between two looks of the HPA. @default {@link SYNC_PERIOD} */
  readonly syncPeriod?: number;
}

/**
 * Plays a load through a service's autoscaler, second by second. It begins in the steady state of the first second. The last
 * second only ends what came before.
 */
export function play(service: ScaledService, curve: LoadCurve, options: PlaybackOptions = {}): PlaybackResult {
  const { startup = 0, syncPeriod = SYNC_PERIOD } = options;
  const driven = drivenBy(service, curve);
  const needed = neededPods(driven, curve.seconds);
  // From nothing to one pod and back it is KEDA that scales.
  const autoscaler = new HorizontalAutoscaler({ ...service, minReplicas: Math.max(1, service.minReplicas) });
  const pods = new PodSet(Math.max(1, initialPods(service, curve)), startup + service.readinessDelay);
  const record = new Recorder(service);
  for (let second = 0; second < curve.seconds; second++) {
    if (second % syncPeriod === 0 && driven.length > 0) {
      const metrics = driven.map(({ trigger, samples }) => ({
        ...trigger,
        total: measure(samples, second, trigger.measured),
      }));
      pods.scaleTo(autoscaler.sync(second, pods.at(second), metrics), second);
    }
    record.add(second, pods.at(second), needed[second] ?? NaN);
  }
  return { service, needed, ...record.result() };
}

interface Driven {
  readonly trigger: LoadTrigger;
  readonly samples: Float64Array;
}

/** The triggers whose load is known. The others ask for nothing. */
function drivenBy(service: ScaledService, { loads }: LoadCurve): Driven[] {
  return service.triggers.flatMap((trigger) => {
    const samples = loads.get(trigger.load.name);
    return samples === undefined ? [] : [{ trigger, samples }];
  });
}

function initialPods(service: ScaledService, curve: LoadCurve): number {
  const first = [...curve.loads].map(([name, samples]): [string, number] => [name, samples[0] ?? NaN]);
  return steadyState(service, new Map(first.filter(([, value]) => !Number.isNaN(value)))).replicas;
}

/** At each second the pods that the most demanding load needs, in fractions. */
function neededPods(driven: readonly Driven[], seconds: number): Float64Array {
  const needed = new Float64Array(seconds + 1).fill(NaN);
  for (const { trigger, samples } of driven) {
    samples.forEach((load, second) => {
      const before = needed[second] ?? NaN;
      const pods = load / trigger.perPod;
      if (!(pods <= before) && !Number.isNaN(pods)) needed[second] = pods;
    });
  }
  return needed;
}

/** What a trigger reads of its load. Before the first second it was what it is then. */
function measure(samples: Float64Array, second: number, { over, seconds }: Measurement): number | undefined {
  const now = samples[second] ?? NaN;
  if (Number.isNaN(now)) return undefined;
  if (seconds === 0) return now;
  let sum = 0;
  let count = 0;
  let lowest = Infinity;
  let highest = -Infinity;
  for (let at = second - seconds + 1; at <= second; at++) {
    const value = samples[Math.max(at, 0)] ?? NaN;
    if (Number.isNaN(value)) continue;
    sum += value;
    count += 1;
    lowest = Math.min(lowest, value);
    highest = Math.max(highest, value);
  }
  return { average: sum / count, minimum: lowest, maximum: highest }[over];
}

/** The pods of a Deployment, the oldest first. */
class PodSet {
  /** The second from which each is ready. */
  private readonly readyAt: number[];

  constructor(
    count: number,
    private readonly delay: number,
  ) {
    this.readyAt = Array<number>(count).fill(0);
  }

  at(second: number): Pods {
    // Those that are not ready are the last.
    let ready = this.readyAt.length;
    while (ready > 0 && (this.readyAt[ready - 1] ?? 0) > second) ready -= 1;
    return { replicas: this.readyAt.length, ready };
  }

  /** A ReplicaSet deletes those that are not ready first, then the youngest. */
  scaleTo(count: number, second: number): void {
    this.readyAt.splice(count);
    while (this.readyAt.length < count) this.readyAt.push(second + this.delay);
  }
}

/** Binary fractions that mean nothing: 2.1 / 0.7 is 3.0000000000000004. */
const NOISE = 1e-9;

/** Sums up seconds. */
class Recorder {
  private readonly desired: Step[] = [];
  private readonly ready: Step[] = [];
  private readonly underprovisioned: { from: number; to: number }[] = [];
  private tolerated = 0;
  private saturated = 0;
  private podSeconds = 0;

  constructor(private readonly service: ScaledService) {}

  add(second: number, { replicas, ready }: Pods, needed: number): void {
    if (this.desired.at(-1)?.pods !== replicas) this.desired.push({ from: second, pods: replicas });
    if (this.ready.at(-1)?.pods !== ready) this.ready.push({ from: second, pods: ready });
    this.podSeconds += replicas;
    if (needed > ready + NOISE) {
      const last = this.underprovisioned.at(-1);
      if (last?.to === second) last.to += 1;
      else this.underprovisioned.push({ from: second, to: second + 1 });
      if (needed <= ready * (1 + TOLERANCE) + NOISE) this.tolerated += 1;
    }
    if (needed > this.service.maxReplicas + NOISE) this.saturated += 1;
  }

  result(): Omit<PlaybackResult, 'service' | 'needed'> {
    const { desired, ready, underprovisioned, tolerated, saturated, podSeconds } = this;
    return { desired, ready, underprovisioned, tolerated, saturated, podSeconds };
  }
}

import { Behavior, ScalingRules } from '../manifests/autoscaling';

/** kube-controller-manager looks at an HPA this often, in seconds (`--horizontal-pod-autoscaler-sync-period`). */
export const SYNC_PERIOD = 15;

/** It leaves the pods alone while the load is this near to what they should have (`--horizontal-pod-autoscaler-tolerance`). */
export const TOLERANCE = 0.1;

/** What a metric of an HPA says at one moment. */
export interface Measured {
  /** Sum over all pods; undefined where it can't be read. */
  readonly total: number | undefined;
  /** What a pod should have of it. */
  readonly perPod: number;
  /** Percent of the request that {@link perPod} is, where the HPA compares whole percentages. */
  readonly utilization?: number;
  /** Whether pods that are not ready count as idle. */
  readonly readyPodsOnly: boolean;
}

/** The pods that an HPA sees; `replicas` is within its bounds. */
export interface Pods {
  readonly replicas: number;
  readonly ready: number;
}

/** The bounds and the speed of an HPA. */
interface AutoscalerSpec {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly behavior: Behavior;
}

interface Stamped {
  readonly at: number;
  readonly pods: number;
}

/**
 * The algorithm of kube-controller-manager 1.27 for one HPA: what it does at each sync, with what it remembers from the last ones.
 *
 * Facts from pkg/controller/podautoscaler (horizontal.go, replica_calculator.go); test/cluster compares it with the real one.
 */
export class HorizontalAutoscaler {
  private readonly recommendations: Stamped[] = [];
  /** Changes of the number of pods, up as well as down. */
  private readonly events: Stamped[] = [];

  constructor(private readonly spec: AutoscalerSpec) {}

  /**
   * Looks at the metrics once.
   *
   * @param now seconds since any moment, more than the last time
   * @returns how many pods there are to be from now on
   */
  sync(now: number, pods: Pods, metrics: readonly Measured[]): number {
    const { replicas } = pods;
    // As though it had recommended the present number when it began.
    if (this.recommendations.length === 0) this.recommendations.push({ at: now, pods: replicas });
    const wanted = this.wanted(pods, metrics);
    if (wanted === undefined) return replicas;
    const desired = this.limit(now, replicas, this.stabilize(now, replicas, wanted));
    if (desired !== replicas) this.events.push({ at: now, pods: desired - replicas });
    return desired;
  }

  /** The most that a metric asks for; undefined where none can be read, or one can't and the others would take pods away. */
  private wanted(pods: Pods, metrics: readonly Measured[]): number | undefined {
    const proposals = metrics.map((metric) => proposal(pods, metric));
    const known = proposals.filter((each) => each !== undefined);
    const most = Math.max(...known);
    const blocked = known.length === 0 || (known.length < proposals.length && most < pods.replicas);
    return blocked ? undefined : most;
  }

  /** The recommendations of the windows: up to the lowest of one, down to the highest of the other. */
  private stabilize(now: number, replicas: number, wanted: number): number {
    const { scaleUp, scaleDown } = this.spec.behavior;
    const within = (seconds: number) =>
      this.recommendations.filter(({ at }) => at > now - seconds).map((each) => each.pods);
    const lowest = Math.min(wanted, ...within(scaleUp.stabilizationWindowSeconds));
    const highest = Math.max(wanted, ...within(scaleDown.stabilizationWindowSeconds));
    this.recommendations.push({ at: now, pods: wanted });
    const longest = Math.max(scaleUp.stabilizationWindowSeconds, scaleDown.stabilizationWindowSeconds);
    while ((this.recommendations[0]?.at ?? now) <= now - longest && this.recommendations.length > 1) {
      this.recommendations.shift();
    }
    return Math.min(Math.max(replicas, lowest), highest);
  }

  /** What the policies and the bounds leave of it. */
  private limit(now: number, replicas: number, wanted: number): number {
    const { minReplicas, maxReplicas, behavior } = this.spec;
    if (wanted > replicas) {
      const allowed = Math.max(replicas, this.allowed(now, replicas, behavior.scaleUp, 1));
      return Math.min(wanted, maxReplicas, allowed);
    }
    const allowed = Math.min(replicas, this.allowed(now, replicas, behavior.scaleDown, -1));
    return Math.max(wanted, minReplicas, allowed);
  }

  /** The farthest that the policies let the number of pods go in a direction, counted from where their period began. */
  private allowed(now: number, replicas: number, { policies, selectPolicy }: ScalingRules, direction: 1 | -1): number {
    if (selectPolicy === 'Disabled') return replicas;
    const limits = policies.map(({ type, value, periodSeconds }) => {
      const before = replicas - this.changed(now - periodSeconds);
      return type === 'Pods'
        ? before + direction * value
        : rounded(before * (1 + (direction * value) / 100), direction);
    });
    const farthest = (selectPolicy === 'Max') === (direction === 1);
    return farthest ? Math.max(...limits) : Math.min(...limits);
  }

  private changed(since: number): number {
    return this.events.filter(({ at }) => at > since).reduce((sum, { pods }) => sum + pods, 0);
  }
}

/** The controller rounds up what it may add, and cuts off what must stay. */
function rounded(pods: number, direction: 1 | -1): number {
  return direction === 1 ? Math.ceil(pods) : Math.trunc(pods);
}

/** How many pods a metric asks for; the present number where it is within the tolerance. */
function proposal({ replicas, ready }: Pods, metric: Measured): number | undefined {
  if (metric.total === undefined) return undefined;
  const counted = metric.readyPodsOnly ? ready : replicas;
  if (counted === 0) return undefined;
  const ratio = ratioOf(metric.total, counted, metric);
  if (counted === replicas || ratio <= 1) {
    return isNear(ratio) ? replicas : podsOf(ratio, counted, metric.total, metric);
  }
  // Pods that start have no load yet, but will take some of it: with them there may be enough.
  const later = ratioOf(metric.total, replicas, metric);
  return isNear(later) || later < 1 ? replicas : podsOf(later, replicas, metric.total, metric);
}

function isNear(ratio: number): boolean {
  return Math.abs(1 - ratio) <= TOLERANCE;
}

function ratioOf(total: number, pods: number, { perPod, utilization }: Measured): number {
  const ratio = total / (perPod * pods);
  return utilization === undefined ? ratio : Math.trunc(tidy(ratio * utilization)) / utilization;
}

function podsOf(ratio: number, pods: number, total: number, { perPod, utilization }: Measured): number {
  return Math.ceil(utilization === undefined ? thousandths(total) / thousandths(perPod) : ratio * pods);
}

/** The controller counts in thousandths, and KEDA cuts off what is beyond them. */
function thousandths(value: number): number {
  return Math.trunc(tidy(value * 1000));
}

/** Without the noise of binary fractions: 2.1 / 0.7 is 3.0000000000000004. */
export function tidy(value: number): number {
  return Number(value.toFixed(9));
}

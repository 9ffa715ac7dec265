/* The triggers of a service: the metrics of its autoscaler, each as a load of all its pods together. */

import { metricsIn, outermostRange } from '../core/promql';
import { ResourceMetric, ScalingMetric } from '../manifests/autoscaling';
import { quantityAt, sum } from '../manifests/quantities';
import { listAt, textAt } from '../manifests/value';
import { Workload } from '../manifests/workloads';

/** Something that drives a service, counted for all its pods together. */
export interface Load {
  /** Name, as people write it: `http`, `lag.orders`. */
  readonly name: string;
  /** What follows its value: `/s`. Empty if it is not known. */
  readonly unit: string;
}

/** Over which time a trigger looks at its load, and how: a `rate(…[2m])` is an average of two minutes. */
export interface Measurement {
  readonly over: 'average' | 'minimum' | 'maximum';
  /** 0 if it is the value of the moment. */
  readonly seconds: number;
}

/** A trigger with the load that it measures. */
export interface LoadTrigger {
  readonly load: Load;
  /** Load beyond which one pod is too few. */
  readonly perPod: number;
  /** Percent of the request, if the HPA compares percentages. */
  readonly utilization?: number;
  /** Whether pods that are not ready count as idle, as they do for cpu. */
  readonly readyPodsOnly: boolean;
  readonly measured: Measurement;
}

/** A trigger, and what it measures: loads of one name may be several things. */
export interface SourcedTrigger extends LoadTrigger {
  readonly source: string;
}

/** The unit of requests per second. */
export const REQUESTS = '/s';

const NOW: Measurement = { over: 'average', seconds: 0 };

/**
 * A metric of a service's autoscaler as a trigger.
 *
 * @returns undefined if it does not say how much of a load a pod should have
 */
export function triggerOf(
  metric: ScalingMetric,
  service: string,
  workload: Workload | undefined,
): SourcedTrigger | undefined {
  const external = { readyPodsOnly: false, measured: NOW };
  switch (metric.type) {
    case 'cpu':
    case 'memory':
      return resourceTrigger(metric, service, workload);
    case 'kafka': {
      const { topic, group, perPod } = metric;
      const load = { name: `lag.${topic ?? group}`, unit: ' messages' };
      return { ...external, load, perPod, source: `${topic ?? ''} ${group}` };
    }
    case 'prometheus': {
      const { server, query, perPod } = metric;
      const [selected, ...others] = metricsIn(query);
      const name = metric.name ?? (others.length === 0 ? selected : undefined) ?? 'prometheus';
      return { ...external, load: loadOf(name), perPod, source: `${server} ${query}`, measured: measurementOf(query) };
    }
    case 'pods':
    case 'external':
      return { ...external, load: loadOf(metric.name), perPod: metric.perPod, source: service };
    case 'other':
      return undefined;
  }
}

/** How metrics are named whose values people know by a shorter name: `http_requests_per_second` is `http`. */
const SHORT_NAMES = [
  { suffix: /_requests_per_second$/, unit: REQUESTS },
  { suffix: /_utilization$/, unit: ' %' },
];

function loadOf(metric: string): Load {
  const rule = SHORT_NAMES.find(({ suffix }) => suffix.test(metric));
  return rule === undefined ? { name: metric, unit: '' } : { name: metric.replace(rule.suffix, ''), unit: rule.unit };
}

function resourceTrigger(
  { type, container, target }: ResourceMetric,
  service: string,
  workload: Workload | undefined,
): SourcedTrigger | undefined {
  const request = requestOf(type, container, workload);
  if ('utilization' in target && request === 0) return undefined;
  const amount = 'utilization' in target ? (request * target.utilization) / 100 : target.perPod;
  const name = [service, ...(container === undefined ? [] : [container]), type].join('.');
  return {
    load: { name, unit: type === 'cpu' ? ' CPUs' : ' GiB' },
    perPod: type === 'cpu' ? amount : amount / 2 ** 30,
    ...('utilization' in target ? { utilization: target.utilization } : {}),
    readyPodsOnly: type === 'cpu',
    measured: NOW,
    source: name,
  };
}

/** What a pod, or one of its containers, requests while it runs. */
function requestOf(resource: string, container: string | undefined, workload: Workload | undefined): number {
  if (container === undefined) return sum(workload?.containers.map(({ requests }) => requests) ?? [])[resource] ?? 0;
  const found = listAt(workload?.template, 'spec', 'containers').find((each) => textAt(each, 'name') === container);
  return (
    quantityAt(found, 'resources', 'requests', resource) ?? quantityAt(found, 'resources', 'limits', resource) ?? 0
  );
}

const OVER: Readonly<Record<string, Measurement['over']>> = { min_over_time: 'minimum', max_over_time: 'maximum' };

/** What the function over the outermost range does: all but a minimum and a maximum level out what changes meanwhile. */
function measurementOf(query: string): Measurement {
  const range = outermostRange(query);
  return range === undefined ? NOW : { over: OVER[range.name] ?? 'average', seconds: range.seconds };
}

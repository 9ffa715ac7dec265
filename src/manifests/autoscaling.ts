/* Autoscaling as manifests say it: HorizontalPodAutoscalers, and KEDA's ScaledObjects, of which KEDA makes HPAs. */

import { z } from 'zod';
import { InvalidInputError } from '../core/errors';
import { parseQuantity } from '../core/quantities';
import { KubeObject, ManifestSet } from './read';
import { at, isMap, listAt, numberAt, plain, textAt, Value } from './value';

/** How a number of pods is derived from a metric; the HPA follows the one that needs most pods. */
export type ScalingMetric =
  | ResourceMetric
  /** KEDA's lag of a consumer group; without a topic that of all of its topics. */
  | { readonly type: 'kafka'; readonly group: string; readonly topic: string | undefined; readonly perPod: number }
  /** KEDA's query of Prometheus. */
  | {
      readonly type: 'prometheus';
      readonly server: string;
      readonly query: string;
      /** The name that the trigger gives the metric. */
      readonly name: string | undefined;
      readonly perPod: number;
    }
  /** A metric of the pods, or one from outside, as an HPA names it. */
  | { readonly type: 'pods' | 'external'; readonly name: string; readonly perPod: number }
  /** Whatever does not say how much a pod should have. */
  | { readonly type: 'other'; readonly name: string };

/** The CPU or memory of the pods, or of one of their containers. */
export interface ResourceMetric {
  readonly type: 'cpu' | 'memory';
  readonly container: string | undefined;
  /** Percent of the request, or CPUs or bytes. */
  readonly target: { readonly utilization: number } | { readonly perPod: number };
}

/** The pods that an autoscaler may set, and what it follows. */
export interface Autoscaler {
  /** The ScaledObject or the HPA. */
  readonly object: KubeObject;
  readonly target: { readonly kind: string; readonly name: string; readonly namespace: string };
  readonly min: number;
  readonly max: number;
  readonly behavior: Behavior;
  readonly metrics: readonly ScalingMetric[];
}

/**
 * The autoscaler of each workload that has one, in the order of the objects. A ScaledObject stands for the HPA beside it, as KEDA
 * writes its own into that.
 *
 * @throws InvalidInputError if a behaviour is not valid
 */
export function autoscalersOf(manifests: ManifestSet): Autoscaler[] {
  const scalers = new Map<string, Autoscaler>();
  for (const object of manifests.ofKind('HorizontalPodAutoscaler', 'ScaledObject')) {
    const scaler = autoscalerIn(object);
    const key = [scaler.target.namespace, scaler.target.kind, scaler.target.name].join('/');
    if (object.kind === 'ScaledObject' || !scalers.has(key)) scalers.set(key, scaler);
  }
  return [...scalers.values()];
}

/** The pods that the autoscaler of a workload may set; undefined if it has none. */
export function scaledPodsOf(manifests: ManifestSet, object: KubeObject): { min: number; max: number } | undefined {
  const { namespace, name, kind } = object;
  const scalers = manifests.ofKind('ScaledObject', 'HorizontalPodAutoscaler').filter((scaler) => {
    const target = targetOf(scaler);
    return target.namespace === namespace && target.kind === kind && target.name === name;
  });
  const [scaler] = [...scalers.filter((each) => each.kind === 'ScaledObject'), ...scalers];
  return scaler && boundsOf(scaler);
}

/** What an autoscaler may set, with the defaults of Kubernetes and of KEDA. */
export function boundsOf({ kind, body }: KubeObject): { min: number; max: number } {
  if (kind === 'ScaledObject') {
    return {
      min: numberAt(body, 'spec', 'minReplicaCount') ?? 0,
      max: numberAt(body, 'spec', 'maxReplicaCount') ?? 100,
    };
  }
  const min = numberAt(body, 'spec', 'minReplicas') ?? 1;
  return { min, max: numberAt(body, 'spec', 'maxReplicas') ?? min };
}

/** What an autoscaler scales; KEDA takes a Deployment if no kind is named. */
export function targetOf({ namespace, body }: KubeObject): Autoscaler['target'] {
  const ref = at(body, 'spec', 'scaleTargetRef');
  return { kind: textAt(ref, 'kind') ?? 'Deployment', name: textAt(ref, 'name') ?? '', namespace };
}

function autoscalerIn(object: KubeObject): Autoscaler {
  const isKeda = object.kind === 'ScaledObject';
  const spec = at(object.body, 'spec');
  const behavior = isKeda ? at(spec, 'advanced', 'horizontalPodAutoscalerConfig', 'behavior') : at(spec, 'behavior');
  return {
    object,
    target: targetOf(object),
    ...boundsOf(object),
    behavior: behaviorOf(object, behavior),
    metrics: isKeda ? listAt(spec, 'triggers').map(metricOfTrigger) : metricsOfHpa(spec),
  };
}

/* KEDA: a ScaledObject's triggers. */

/** KEDA's `lagThreshold`, if it is left out. */
const LAG_THRESHOLD = '10';

function metricOfTrigger(trigger: Value): ScalingMetric {
  const type = textAt(trigger, 'type') ?? '';
  const metadata = (key: string) => textAt(trigger, 'metadata', key);
  const metricType = textAt(trigger, 'metricType') ?? metadata('type');
  if (type === 'cpu' || type === 'memory') {
    return resourceMetric(type, metadata('containerName'), metricType, metadata('value'));
  }
  const threshold = type === 'kafka' ? (metadata('lagThreshold') ?? LAG_THRESHOLD) : metadata('threshold');
  const perPod = parseQuantity(threshold ?? '');
  const isAverage = metricType === undefined || metricType === 'AverageValue';
  if (!isAverage || perPod === undefined || (type !== 'kafka' && type !== 'prometheus'))
    return { type: 'other', name: type };
  if (type === 'kafka') return { type, group: metadata('consumerGroup') ?? '', topic: metadata('topic'), perPod };
  const name = textAt(trigger, 'name') ?? metadata('metricName');
  return { type, server: metadata('serverAddress') ?? '', query: metadata('query') ?? '', name, perPod };
}

/* Kubernetes: an HPA's metrics. */

/** The API server's metric if there is none. */
const CPU_UTILIZATION = 80;

function metricsOfHpa(spec: Value | undefined): ScalingMetric[] {
  const metrics = listAt(spec, 'metrics');
  if (metrics.length > 0) return metrics.map(metricOfHpa);
  // autoscaling/v1 has a field of its own for it.
  const utilization = numberAt(spec, 'targetCPUUtilizationPercentage') ?? CPU_UTILIZATION;
  return [{ type: 'cpu', container: undefined, target: { utilization } }];
}

function metricOfHpa(metric: Value): ScalingMetric {
  const type = textAt(metric, 'type') ?? '';
  const source = at(metric, `${type.slice(0, 1).toLowerCase()}${type.slice(1)}`);
  const target = at(source, 'target');
  const name = textAt(source, 'name') ?? textAt(source, 'metric', 'name') ?? type;
  const metricType = textAt(target, 'type');
  if ((type === 'Resource' || type === 'ContainerResource') && (name === 'cpu' || name === 'memory')) {
    const value = metricType === 'Utilization' ? 'averageUtilization' : 'averageValue';
    return resourceMetric(name, textAt(source, 'container'), metricType, textAt(target, value));
  }
  const perPod = parseQuantity(textAt(target, 'averageValue') ?? '');
  if (perPod === undefined || (type !== 'Pods' && type !== 'External')) return { type: 'other', name };
  return { type: type === 'Pods' ? 'pods' : 'external', name, perPod };
}

function resourceMetric(
  type: ResourceMetric['type'],
  container: string | undefined,
  metricType: string | undefined,
  text: string | undefined,
): ScalingMetric {
  const value = parseQuantity(text ?? '');
  if (value === undefined) return { type: 'other', name: type };
  return { type, container, target: metricType === 'AverageValue' ? { perPod: value } : { utilization: value } };
}

/* How fast: an HPA's behaviour. */

const policy = z.object({
  type: z.enum(['Pods', 'Percent']),
  value: z.number(),
  periodSeconds: z.number(),
});

const rules = (window: number, policies: readonly z.output<typeof policy>[]) =>
  z
    .object({
      stabilizationWindowSeconds: z.number().default(window),
      selectPolicy: z.enum(['Max', 'Min', 'Disabled']).default('Max'),
      policies: z.array(policy).readonly().default(policies),
    })
    .prefault({});

/** `behavior` of an HPA. What is left out is what the API server fills in: at once up by 4 pods or to the double, slowly down. */
export const behavior = z.object({
  scaleUp: rules(0, [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ]),
  scaleDown: rules(300, [{ type: 'Percent', value: 100, periodSeconds: 15 }]),
});

/** How fast an HPA may add and take away pods. */
export type Behavior = z.output<typeof behavior>;

/** One direction of it. */
export type ScalingRules = Behavior['scaleUp'];

function behaviorOf({ kind, name }: KubeObject, value: Value | undefined): Behavior {
  const { data, error } = behavior.safeParse(isMap(value) ? plain(value) : {});
  if (data !== undefined) return data;
  const [issue] = error.issues;
  const problem = `behavior.${issue?.path.join('.') ?? ''} is not valid: ${issue?.message ?? ''}`;
  throw new InvalidInputError(`${kind} ${name}`, problem, 'Correct it in the manifests');
}

import { KubeObject, ManifestSet } from './read';
import { at, listAt, numberAt, textAt, Value } from './value';

/** Where the pod template of each kind of workload is. */
const templates: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
  DaemonSet: ['spec', 'template'],
  ReplicaSet: ['spec', 'template'],
  Job: ['spec', 'template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
  Pod: [],
};

/** The kinds that run pods. */
export const workloadKinds = Object.keys(templates);

/** The pod template of a workload. */
export function templateOf({ kind, body }: KubeObject): Value | undefined {
  const path = Object.hasOwn(templates, kind) ? templates[kind] : undefined;
  return path === undefined ? undefined : at(body, ...path);
}

/** The containers of a pod template, those that only begin it too. */
export function containersOf(template: Value | undefined): readonly Value[] {
  return [...listAt(template, 'spec', 'initContainers'), ...listAt(template, 'spec', 'containers')];
}

/** Fewest and most pods. */
export interface PodRange {
  readonly min: number;
  readonly max: number;
}

/** The pods of a Deployment or StatefulSet: as many as its autoscaler may set, or as it names. */
export function podsOf(manifests: ManifestSet, { kind, namespace, name, body }: KubeObject): PodRange {
  const scales = (scaler: KubeObject) =>
    scaler.namespace === namespace &&
    textAt(scaler.body, 'spec', 'scaleTargetRef', 'name') === name &&
    (textAt(scaler.body, 'spec', 'scaleTargetRef', 'kind') ?? 'Deployment') === kind;
  const [scaler] = manifests.ofKind('HorizontalPodAutoscaler', 'ScaledObject').filter(scales);
  const replicas = numberAt(body, 'spec', 'replicas') ?? 1;
  return scaler === undefined ? { min: replicas, max: replicas } : boundsOf(scaler);
}

/** What an autoscaler may set, with the defaults of Kubernetes and of KEDA. */
export function boundsOf({ kind, body }: KubeObject): PodRange {
  if (kind === 'ScaledObject') {
    return {
      min: numberAt(body, 'spec', 'minReplicaCount') ?? 0,
      max: numberAt(body, 'spec', 'maxReplicaCount') ?? 100,
    };
  }
  const min = numberAt(body, 'spec', 'minReplicas') ?? 1;
  return { min, max: numberAt(body, 'spec', 'maxReplicas') ?? min };
}

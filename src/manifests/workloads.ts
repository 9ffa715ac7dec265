import { GPU_RESOURCE } from '../core/gpu-type';
import { scaledPodsOf } from './autoscaling';
import { customResourceOf, PodGroup } from './custom-resources';
import { Amounts, amountsAt, greatest, sum } from './quantities';
import { KubeObject, ManifestSet } from './read';
import { at, labelsAt, listAt, numberAt, textAt, Value } from './value';

/* What runs: the pods that manifests ask for, and those that operators make of custom resources. */

/** Fewest and most pods, or amounts with fewest and with most pods. */
export interface PodRange {
  readonly min: number;
  readonly max: number;
}

/** What a container asks of its node, and may use at most. */
interface ContainerResources {
  readonly requests: Amounts;
  readonly limits: Amounts;
}

/** Pods that are alike. */
export interface Workload {
  /** What makes them. */
  readonly object: KubeObject;
  readonly kind: string;
  /** Of the object, with the part if it has several: `fms`, `kafka brokers`. */
  readonly name: string;
  readonly namespace: string;
  /** How many, as far as the manifests say it: a DaemonSet's pods are as many as the nodes. */
  readonly pods: PodRange | 'every node';
  /** Labels of the pods. */
  readonly labels: ReadonlyMap<string, string>;
  /** The pod template; of a custom resource as far as it has one. */
  readonly template: Value | undefined;
  /** The containers that run all the time. */
  readonly containers: readonly ContainerResources[];
  /** What one pod asks of its node. */
  readonly requests: Amounts;
  /** GPUs of one pod. */
  readonly gpus: number;
}

/** Every workload, in the order of the objects. What an operator adds of its own, such as sidecars, is not counted. */
export function workloadsOf(manifests: ManifestSet): Workload[] {
  return [...manifests.objects.values()].flatMap((object) => {
    const groups = customResourceOf(object)?.pods(at(object.body, 'spec'), object) ?? ofKubernetes(object);
    return groups.filter(({ count }) => count > 0).map((group) => workload(manifests, object, group));
  });
}

/** Whether the object has pods of its own, or an operator runs some for it. */
export function runsPods(object: KubeObject): boolean {
  return templatePathOf(object) !== undefined || customResourceOf(object) !== undefined;
}

function workload(manifests: ManifestSet, object: KubeObject, group: PodGroup): Workload {
  const { kind, namespace } = object;
  const { template, labels = {} } = group;
  const beginning = listAt(template, 'spec', 'initContainers');
  const stays = (container: Value) => textAt(container, 'restartPolicy') === 'Always';
  const containers = [...group.containers, ...beginning.filter(stays)].map(resourcesOf);
  const before = beginning.filter((container) => !stays(container)).map((each) => resourcesOf(each).requests);
  // The containers that end before the others start use the same room.
  const requests = greatest([sum(containers.map((each) => each.requests)), ...before]);
  return {
    object,
    kind,
    name: group.part === undefined ? object.name : `${object.name} ${group.part}`,
    namespace,
    pods: podsOf(manifests, object, group.count),
    labels: new Map([...Object.entries(labels), ...labelsAt(template, 'metadata', 'labels')]),
    template,
    containers,
    requests,
    gpus: requests[GPU_RESOURCE] ?? 0,
  };
}

/** What is limited and not requested is requested up to its limit, as the API server fills it in. */
function resourcesOf(container: Value | undefined): ContainerResources {
  const limits = amountsAt(container, 'resources', 'limits');
  return { limits, requests: { ...limits, ...amountsAt(container, 'resources', 'requests') } };
}

/** The path to the pod template of each kind, by its group. */
const templates: Readonly<Record<string, readonly string[]>> = {
  'apps/Deployment': ['spec', 'template'],
  'apps/StatefulSet': ['spec', 'template'],
  'apps/DaemonSet': ['spec', 'template'],
  'apps/ReplicaSet': ['spec', 'template'],
  'batch/Job': ['spec', 'template'],
  'batch/CronJob': ['spec', 'jobTemplate', 'spec', 'template'],
  '/Pod': [],
};

/** The kinds of Kubernetes itself that run pods. */
export const workloadKinds = Object.keys(templates).map((kind) => kind.replace(/.*\//, ''));

/** The pod template of a workload of Kubernetes itself. */
export function templateOf(object: KubeObject): Value | undefined {
  const path = templatePathOf(object);
  return path === undefined ? undefined : at(object.body, ...path);
}

function templatePathOf({ group, kind }: KubeObject): readonly string[] | undefined {
  const id = `${group}/${kind}`;
  return Object.hasOwn(templates, id) ? templates[id] : undefined;
}

/** The containers of a pod template, those that only begin it too. */
export function containersOf(template: Value | undefined): readonly Value[] {
  return [...listAt(template, 'spec', 'initContainers'), ...listAt(template, 'spec', 'containers')];
}

function ofKubernetes(object: KubeObject): PodGroup[] {
  const template = templateOf(object);
  if (template === undefined) return [];
  const count = numberAt(object.body, 'spec', object.kind === 'Job' ? 'parallelism' : 'replicas') ?? 1;
  return [{ count, template, containers: listAt(template, 'spec', 'containers') }];
}

/** As many as the autoscaler may set, or as the object names. Pods of a CronJob are there at times. */
function podsOf(manifests: ManifestSet, object: KubeObject, count: number): Workload['pods'] {
  if (object.kind === 'DaemonSet') return 'every node';
  if (object.kind === 'CronJob') return { min: 0, max: count };
  return scaledPodsOf(manifests, object) ?? { min: count, max: count };
}

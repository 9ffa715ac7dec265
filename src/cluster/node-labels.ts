import { GPU_PRESENT_LABEL, GPU_RESOURCE } from '../core/gpu-type';
import { InvalidInputError } from '../core/errors';
import { parseQuantity } from '../core/quantities';
import { Cluster, node as nodeSchema, Node } from './cluster';
import { Commands } from './commands';
import { ApiError, KubeApi } from './kube-api';

/** How often a change is tried again that somebody else's has overtaken. */
const TRIES = 5;

/** The taint that keeps pods without GPUs away, as kubectl writes it. */
export const GPU_TAINT = `${GPU_RESOURCE}:NoSchedule`;

/** Whether a node says that it has GPUs. */
export function isLabelled({ metadata }: Node): boolean {
  return metadata.labels[GPU_PRESENT_LABEL] === 'true';
}

/** Whether pods without GPUs are kept away. The taint's value does not matter: the pods tolerate every one. */
export function isTainted({ spec }: Node): boolean {
  return spec.taints.some(({ key, effect }) => key === GPU_RESOURCE && effect === 'NoSchedule');
}

/** GPUs that pods can have. */
export function gpusOf({ status }: Node): number {
  return parseQuantity(status.allocatable[GPU_RESOURCE] ?? '') ?? 0;
}

/** Whether a node has GPUs, or says so. */
export function hasGpus(node: Node): boolean {
  return gpusOf(node) > 0 || isLabelled(node);
}

/** What a node lacks of the label and the taint of GPU nodes. */
export interface NodeChange {
  readonly node: string;
  readonly label: boolean;
  readonly taint: boolean;
}

export function changeOf(node: Node): NodeChange {
  return { node: node.metadata.name, label: !isLabelled(node), taint: !isTainted(node) };
}

export function isNothing({ label, taint }: NodeChange): boolean {
  return !label && !taint;
}

/** The same as commands of kubectl. */
export function kubectlOf({ node, label, taint }: NodeChange, commands: Commands): string[] {
  return [
    ...(label ? [commands.kubectl('label', 'nodes', node, `${GPU_PRESENT_LABEL}=true`, '--overwrite')] : []),
    ...(taint ? [commands.kubectl('taint', 'nodes', node, GPU_TAINT)] : []),
  ];
}

/**
 * The nodes of these names, or every node with GPUs if none is named.
 *
 * @param withoutGpus whether a node that offers no GPU is taken, such as one whose device plugin is still to come
 * @throws InvalidInputError if one is not there, or has no GPU: its taint would keep every other pod away for nothing
 */
export async function gpuNodes(cluster: Cluster, names: readonly string[], withoutGpus: boolean): Promise<Node[]> {
  const all = await cluster.nodes();
  if (names.length === 0) return everyGpuNode(all);
  const nodes = names.map((name) => {
    const found = all.find(({ metadata }) => metadata.name === name);
    if (found === undefined) {
      const known = all.map(({ metadata }) => metadata.name).sort();
      const shown = known.length > 20 ? 'kubectl get nodes lists them' : `Use some of: ${known.join(', ')}`;
      throw new InvalidInputError('nodes', `there is no node "${name}"`, shown);
    }
    return found;
  });
  const empty = nodes.filter((node) => gpusOf(node) === 0).map(({ metadata }) => metadata.name);
  if (empty.length > 0 && !withoutGpus) {
    throw new InvalidInputError(
      'nodes',
      `${empty.join(', ')} offers no ${GPU_RESOURCE}, and the taint would keep other pods away`,
      'Leave it out, or say --without-gpus if its device plugin is still to come',
    );
  }
  return nodes;
}

function everyGpuNode(all: readonly Node[]): Node[] {
  const nodes = all.filter(hasGpus);
  if (nodes.length > 0) return nodes;
  const remedy = 'Name the nodes, with --without-gpus if their device plugin is still to come';
  throw new InvalidInputError('nodes', `none of the cluster offers ${GPU_RESOURCE}`, remedy);
}

/**
 * Gives a node the label and the taint, and nothing else. The patch carries the version of the node that was read, so that what
 * somebody else has changed since is not undone: then the node is read again.
 *
 * @returns what was changed
 * @throws ApiError if the node can't be read or patched
 */
export async function labelNode(api: KubeApi, name: string): Promise<NodeChange> {
  const path = `/api/v1/nodes/${name}`;
  for (let tries = 1; ; tries += 1) {
    const node = nodeSchema.parse(await api.get(path));
    const change = changeOf(node);
    if (isNothing(change)) return change;
    try {
      await api.patch(path, patchOf(node, change));
      return change;
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 409 && tries < TRIES)) throw error;
    }
  }
}

function patchOf({ metadata: { resourceVersion }, spec }: Node, { label, taint }: NodeChange): unknown {
  return {
    metadata: { resourceVersion, ...(label ? { labels: { [GPU_PRESENT_LABEL]: 'true' } } : {}) },
    // A merge patch writes a list as a whole.
    ...(taint ? { spec: { taints: [...spec.taints, { key: GPU_RESOURCE, effect: 'NoSchedule' }] } } : {}),
  };
}

/* The nodes: their zones, and their GPUs. */

import { GPU_PRESENT_LABEL, GPU_PRODUCT_LABEL, GPU_RESOURCE } from '../../core/gpu-type';
import { ZONE_LABEL } from '../../core/names';
import { gpuProductsOf } from '../../manifests/gpus';
import { needZones, zonesOf } from '../../manifests/zones';
import { Cluster, holds, Node } from '../cluster';
import { Finding, ok, problem, warning } from '../finding';
import { Needs } from '../needs';
import { GPU_TAINT, gpusOf, hasGpus, isLabelled, isTainted } from '../node-labels';

/** Whether new pods may come: it is ready, and nobody has cordoned it. */
export function isOpen({ spec, status }: Node): boolean {
  return !spec.unschedulable && holds(status, 'Ready');
}

/** Whether it is for the pods that tolerate nothing; a node with GPUs is not, as it is tainted or should be. */
export function isWorker(node: Node): boolean {
  return gpusOf(node) === 0 && isOpen(node) && node.spec.taints.every(({ effect }) => effect === 'PreferNoSchedule');
}

/** The zones, if the manifests make them a rule. */
export async function zones(cluster: Cluster, { manifests, workloads }: Needs): Promise<Finding[]> {
  if (!needZones(manifests, workloads)) return [];
  const workers = (await cluster.nodes()).filter(isWorker);
  const unnamed = workers.filter(({ metadata }) => metadata.labels[ZONE_LABEL] === undefined);
  if (unnamed.length > 0) {
    const remedy = unnamed.map(({ metadata: { name } }) =>
      cluster.commands.kubectl('label', 'nodes', name, `${ZONE_LABEL}=ZONE`),
    );
    const names = unnamed.map(({ metadata }) => metadata.name).join(', ');
    return [
      problem('zones', `${names} has no label ${ZONE_LABEL}; pods that are spread over zones avoid it`, ...remedy),
    ];
  }
  const found = [...new Set(workers.map(({ metadata }) => metadata.labels[ZONE_LABEL] ?? ''))].sort();
  const [strictest] = [...workloads].sort((one, other) => zonesOf(other) - zonesOf(one));
  const wanted = strictest === undefined ? 0 : zonesOf(strictest);
  const seen = `${found.length} (${found.join(', ')}) on ${workers.length} nodes`;
  if (found.length < wanted) {
    const value = `${seen}, and ${strictest?.kind ?? ''} ${strictest?.object.name ?? ''} needs ${wanted}`;
    return [problem('zones', value, `# add nodes in ${wanted - found.length} more zones`)];
  }
  return found.length < 2 ? [warning('zones', `${seen}: what takes one away takes all`)] : [ok('zones', seen)];
}

/** Every node with GPUs, if a workload takes some: whether its pods find it, and no others. */
export async function gpuNodes(cluster: Cluster, { workloads }: Needs): Promise<Finding[]> {
  const takers = workloads.filter(({ gpus }) => gpus > 0);
  if (takers.length === 0) return [];
  const nodes = (await cluster.nodes()).filter(hasGpus);
  const products = takers.flatMap(({ template }) => gpuProductsOf(template));
  if (nodes.length > 0) return nodes.flatMap((node) => nodeFindings(cluster, node, products));
  const names = takers.map(({ name }) => name).join(', ');
  return [
    problem(
      'GPU nodes',
      `no node offers ${GPU_RESOURCE}, which ${names} asks for`,
      "# add GPU nodes; on those that are there NVIDIA's device plugin does not run",
    ),
  ];
}

function nodeFindings(cluster: Cluster, node: Node, products: readonly string[]): Finding[] {
  const { name, labels } = node.metadata;
  const gpus = gpusOf(node);
  const remedy = labelCommand(cluster, node);
  const seen = labels[GPU_PRODUCT_LABEL];
  const findings = [
    ...(holds(node.status, 'Ready')
      ? []
      : [problem(name, 'it is not ready', cluster.commands.kubectl('describe', 'node', name))]),
    ...(node.spec.unschedulable ? [problem(name, 'it is cordoned', cluster.commands.kubectl('uncordon', name))] : []),
    ...(isLabelled(node) ? [] : [problem(name, `it is not labelled ${GPU_PRESENT_LABEL}=true`, remedy)]),
    ...(isTainted(node) ? [] : [problem(name, `it is not tainted ${GPU_TAINT}`, remedy)]),
    ...(gpus > 0 ? [] : [noGpu(cluster, name)]),
    ...(products.length === 0 || (seen !== undefined && products.includes(seen))
      ? []
      : [otherProduct(cluster, name, seen, products)]),
  ];
  const kind = seen === undefined ? 'GPUs' : `× ${seen}`;
  return findings.length > 0 ? findings : [ok(name, `${gpus} ${kind}, labelled and tainted`)];
}

function labelCommand(cluster: Cluster, node: Node): string {
  // The device plugin may be missing as well, or be waiting for the label.
  const anyway = gpusOf(node) === 0 ? ['--without-gpus'] : [];
  return cluster.commands.aop(['nodes', 'label'], '--apply', ...anyway, node.metadata.name);
}

function noGpu(cluster: Cluster, name: string): Finding {
  return problem(
    name,
    `it offers no ${GPU_RESOURCE}`,
    '# the device plugin offers what it finds healthy; these are its pods and others:',
    cluster.commands.kubectl('get', 'pods', '--all-namespaces', '--field-selector', `spec.nodeName=${name}`),
  );
}

function otherProduct(cluster: Cluster, name: string, seen: string | undefined, products: readonly string[]): Finding {
  const [product = ''] = products;
  return seen === undefined
    ? problem(
        name,
        `it has no label ${GPU_PRODUCT_LABEL}, which NVIDIA's GPU feature discovery writes`,
        cluster.commands.kubectl('label', 'nodes', name, `${GPU_PRODUCT_LABEL}=${product}`),
      )
    : warning(name, `it has ${seen}, and the pods ask for ${products.join(' or ')}`);
}

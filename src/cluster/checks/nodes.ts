import { ZONE_LABEL } from '../../core/names';
import { GPU_PRODUCT_LABEL, GPU_RESOURCE } from '../../core/gpu-type';
import { GpuNodePool } from '../../constructs/service/gpu';
import { Cluster, holds, Node } from '../cluster';
import { Finding, ok, unknown, wrong } from '../finding';
import { Needs } from '../needs';
import { GPU_TAINT, gpusOf, isLabelled, isTainted } from '../node-labels';
import { needsZones, zonesOf } from '../workloads';

/** Whether new pods may come: it is ready, and nobody has cordoned it. */
export function isOpen({ spec, status }: Node): boolean {
  return !spec.unschedulable && holds(status, 'Ready');
}

/** Whether it is for the pods that tolerate nothing; a node with GPUs is not, as it is tainted or should be. */
export function isWorker(node: Node): boolean {
  return gpusOf(node) === 0 && isOpen(node) && node.spec.taints.every(({ effect }) => effect === 'PreferNoSchedule');
}

/** The zones, where the manifests make them a rule. */
export async function zones(cluster: Cluster, { objects }: Needs): Promise<Finding[]> {
  if (!needsZones(objects)) return [];
  const workers = (await cluster.nodes()).filter(isWorker);
  const unnamed = workers.filter(({ metadata }) => metadata.labels[ZONE_LABEL] === undefined);
  if (unnamed.length > 0) {
    const remedy = unnamed.map(({ metadata: { name } }) =>
      cluster.commands.kubectl('label', 'nodes', name, `${ZONE_LABEL}=ZONE`),
    );
    const names = unnamed.map(({ metadata }) => metadata.name).join(', ');
    return [wrong('zones', `${names} has no label ${ZONE_LABEL}; pods that are spread over zones avoid it`, ...remedy)];
  }
  const found = [...new Set(workers.map(({ metadata }) => metadata.labels[ZONE_LABEL] ?? ''))].sort();
  const [strictest] = [...objects].sort((one, other) => zonesOf(other) - zonesOf(one));
  const wanted = strictest === undefined ? 0 : zonesOf(strictest);
  const seen = `${found.length} (${found.join(', ')}) on ${workers.length} nodes`;
  if (found.length < wanted) {
    const problem = `${seen}, and ${strictest?.kind ?? ''} ${strictest?.metadata.name ?? ''} needs ${wanted}`;
    return [wrong('zones', problem, `# add nodes in ${wanted - found.length} more zones`)];
  }
  return found.length < 2 ? [unknown('zones', `${seen}: what takes one away takes all`)] : [ok('zones', seen)];
}

/** The nodes of the GPU pools, and other nodes with GPUs. */
export async function gpuNodes(cluster: Cluster, { pools }: Needs): Promise<Finding[]> {
  const nodes = await cluster.nodes();
  const ofPools = pools.flatMap((pool) => pool.nodes.map((name) => nodeFinding(cluster, pool, name, nodes)));
  const named = pools.flatMap((pool) => pool.nodes);
  const open = nodes.filter(
    (node) => gpusOf(node) > 0 && !named.includes(node.metadata.name) && !isTainted(node) && pools.length > 0,
  );
  return [
    ...ofPools.flat(),
    ...open.map((node) =>
      unknown(
        node.metadata.name,
        `not in the settings; it has GPUs and no taint ${GPU_TAINT}, so that any pod may take its place`,
        labelCommand(cluster, node),
      ),
    ),
  ];
}

function nodeFinding(cluster: Cluster, pool: GpuNodePool, name: string, nodes: readonly Node[]): Finding[] {
  const node = nodes.find(({ metadata }) => metadata.name === name);
  if (node === undefined) {
    return [wrong(name, 'there is no such node', '# add it, or change gpuNodes in the settings')];
  }
  const { product } = pool.gpu;
  const gpus = gpusOf(node);
  const remedy = labelCommand(cluster, node);
  const seen = node.metadata.labels[GPU_PRODUCT_LABEL];
  const findings = [
    ...(holds(node.status, 'Ready')
      ? []
      : [wrong(name, 'it is not ready', cluster.commands.kubectl('describe', 'node', name))]),
    ...(node.spec.unschedulable ? [wrong(name, 'it is cordoned', cluster.commands.kubectl('uncordon', name))] : []),
    ...(isLabelled(node) ? [] : [wrong(name, `it is not labelled ${GPU_RESOURCE}.present=true`, remedy)]),
    ...(isTainted(node) ? [] : [wrong(name, `it is not tainted ${GPU_TAINT}`, remedy)]),
    ...(gpus >= pool.gpusPerNode ? [] : [tooFew(cluster, name, gpus, pool)]),
    ...(seen === product ? [] : [otherProduct(cluster, name, seen, product)]),
  ];
  return findings.length > 0 ? findings : [ok(name, `${gpus} × ${product}, labelled and tainted`)];
}

function labelCommand(cluster: Cluster, node: Node): string {
  // The device plugin may be missing as well, or be waiting for the label.
  const anyway = gpusOf(node) === 0 ? ['--without-gpus'] : [];
  return cluster.commands.aop(['nodes', 'label'], '--apply', ...anyway, node.metadata.name);
}

function tooFew(cluster: Cluster, name: string, gpus: number, { gpusPerNode }: GpuNodePool): Finding {
  return wrong(
    name,
    `it offers ${gpus} of ${gpusPerNode} GPUs`,
    '# the device plugin offers what it finds healthy; set gpusPerNode in the settings where that is all',
    cluster.commands.kubectl('get', 'pods', '--all-namespaces', '--field-selector', `spec.nodeName=${name}`),
  );
}

function otherProduct(cluster: Cluster, name: string, seen: string | undefined, product: string): Finding {
  return seen === undefined
    ? wrong(
        name,
        `it has no label ${GPU_PRODUCT_LABEL}, which NVIDIA's GPU feature discovery writes`,
        cluster.commands.kubectl('label', 'nodes', name, `${GPU_PRODUCT_LABEL}=${product}`),
      )
    : wrong(name, `it has ${seen}, and the settings say ${product}`, '# set gpu in the settings to what is there');
}

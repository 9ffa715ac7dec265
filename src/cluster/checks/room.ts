import { GPU_RESOURCE } from '../../core/gpu-type';
import { Cluster, Node, Pod } from '../cluster';
import { Finding, ok, unknown, wrong } from '../finding';
import { Needs } from '../needs';
import { gpusOf } from '../node-labels';
import { Amounts, amountsOf, shown, sum, times } from '../quantity';
import { Pods, podsOf, requestsOf } from '../workloads';
import { isOpen, isWorker } from './nodes';

/**
 * Whether the nodes have room for the pods of the manifests, in all and for the largest of them. What runs in the namespaces of
 * the manifests is not counted as taken: it is what they ask for.
 */
export async function room(cluster: Cluster, needs: Needs): Promise<Finding[]> {
  const [nodes, running] = await Promise.all([cluster.nodes(), cluster.pods()]);
  const own = new Set(needs.namespaces.map(({ metadata }) => metadata.name));
  const others = running.filter(({ metadata }) => !own.has(metadata.namespace));
  const pods = podsOf(needs.objects);
  const everywhere = sum(pods.filter(({ everyNode }) => everyNode).map(requestsOf));
  const free = (node: Node) => freeOn(node, others, everywhere);
  const counted = pods.filter(({ everyNode }) => !everyNode);
  const onGpus = counted.filter((each) => (requestsOf(each)[GPU_RESOURCE] ?? 0) > 0);
  const groups = [
    { subject: 'room', pods: counted.filter((each) => !onGpus.includes(each)), nodes: nodes.filter(isWorker) },
    {
      subject: 'room on GPU nodes',
      pods: onGpus,
      nodes: nodes.filter((node) => isOpen(node) && gpusOf(node) > 0),
    },
  ];
  return groups
    .filter((group) => group.pods.length > 0)
    .map((group) => roomFinding(group.subject, group.pods, group.nodes.map(free)));
}

/** What a node has left beside the pods of others and those of the manifests' DaemonSets. */
function freeOn(node: Node, others: readonly Pod[], everywhere: Amounts): Amounts {
  const here = others.filter(({ spec }) => spec.nodeName === node.metadata.name);
  const taken = here.flatMap(({ spec }) => spec.containers.map(({ resources }) => amountsOf(resources.requests)));
  const used = sum([...taken, everywhere]);
  const free = Object.entries(amountsOf(node.status.allocatable));
  return Object.fromEntries(free.map(([resource, amount]) => [resource, Math.max(0, amount - (used[resource] ?? 0))]));
}

function roomFinding(subject: string, pods: readonly Pods[], nodes: readonly Amounts[]): Finding {
  const free = sum(nodes);
  const least = sum(pods.map((each) => times(each.min, requestsOf(each))));
  const most = sum(pods.map((each) => times(each.max, requestsOf(each))));
  const resources = Object.keys(most).sort();
  const seen = resources
    .map((resource) => `${range(resource, least, most)} of ${shown(resource, free[resource] ?? 0)}`)
    .join(', ');
  const tooLarge = pods.find((each) => !nodes.some((node) => lacking(requestsOf(each), node).length === 0));
  const missing = lacking(least, free);
  if (tooLarge !== undefined) {
    const size = Object.entries(requestsOf(tooLarge)).map(
      ([resource, amount]) => `${resource} ${shown(resource, amount)}`,
    );
    const remedy = `# add a node with ${size.join(', ')} free`;
    return wrong(subject, `no node has room for a pod of ${tooLarge.name}; in all ${seen}`, remedy);
  }
  if (missing.length > 0) {
    const more = missing.map(
      (resource) => `${resource} ${shown(resource, (least[resource] ?? 0) - (free[resource] ?? 0))}`,
    );
    return wrong(subject, `too little for the fewest pods: ${seen}`, `# add nodes with ${more.join(', ')}`);
  }
  return lacking(most, free).length > 0
    ? unknown(subject, `enough for the fewest pods, too little for the most unless nodes are added then: ${seen}`)
    : ok(subject, seen);
}

function lacking(asked: Amounts, free: Amounts): string[] {
  return Object.keys(asked).filter((resource) => (asked[resource] ?? 0) > (free[resource] ?? 0) + 1e-9);
}

function range(resource: string, least: Amounts, most: Amounts): string {
  const [low, high] = [least, most].map((amounts) => shown(resource, amounts[resource] ?? 0));
  return `${resource} ${low === high ? (low ?? '') : `${low ?? ''} to ${high ?? ''}`}`;
}

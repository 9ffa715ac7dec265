/* Whether the nodes have room for the pods of the manifests. */

import { Amounts, amountsOf, shownAmount, sum, times } from '../../manifests/quantities';
import { Workload } from '../../manifests/workloads';
import { Cluster, Node, Pod } from '../cluster';
import { Finding, ok, problem, warning } from '../finding';
import { Needs } from '../needs';
import { gpusOf } from '../node-labels';
import { isOpen, isWorker } from './nodes';

/**
 * Whether the nodes have room for the pods of the manifests, in all and for the largest of them. What runs in the namespaces of
 * the manifests is not counted as taken: it is what they ask for.
 */
export async function room(cluster: Cluster, { workloads, namespaces }: Needs): Promise<Finding[]> {
  const [nodes, running] = await Promise.all([cluster.nodes(), cluster.pods()]);
  const others = running.filter(({ metadata }) => !namespaces.includes(metadata.namespace));
  const everywhere = sum(workloads.filter(({ pods }) => pods === 'every node').map(({ requests }) => requests));
  const free = (node: Node) => freeOn(node, others, everywhere);
  const counted = workloads.flatMap(demandOf);
  const groups = [
    { subject: 'room', pods: counted.filter(({ gpus }) => gpus === 0), nodes: nodes.filter(isWorker) },
    {
      subject: 'room on GPU nodes',
      pods: counted.filter(({ gpus }) => gpus > 0),
      nodes: nodes.filter((node) => isOpen(node) && gpusOf(node) > 0),
    },
  ];
  return groups
    .filter((group) => group.pods.length > 0)
    .map((group) => roomFinding(group.subject, group.pods, group.nodes.map(free)));
}

/** What a workload asks of the nodes together. */
interface Demand {
  readonly name: string;
  readonly gpus: number;
  readonly min: number;
  readonly max: number;
  readonly requests: Amounts;
}

function demandOf({ name, gpus, pods, requests }: Workload): Demand[] {
  return pods === 'every node' ? [] : [{ name, gpus, ...pods, requests }];
}

/** What a node has left beside the pods of others and those of the manifests' DaemonSets. */
function freeOn(node: Node, others: readonly Pod[], everywhere: Amounts): Amounts {
  const here = others.filter(({ spec }) => spec.nodeName === node.metadata.name);
  const taken = here.flatMap(({ spec }) =>
    spec.containers.map(({ resources }) => amountsOf(Object.entries(resources.requests))),
  );
  const used = sum([...taken, everywhere]);
  const free = Object.entries(amountsOf(Object.entries(node.status.allocatable)));
  return Object.fromEntries(free.map(([resource, amount]) => [resource, Math.max(0, amount - (used[resource] ?? 0))]));
}

function roomFinding(subject: string, pods: readonly Demand[], nodes: readonly Amounts[]): Finding {
  const free = sum(nodes);
  const least = sum(pods.map((each) => times(each.min, each.requests)));
  const most = sum(pods.map((each) => times(each.max, each.requests)));
  const resources = Object.keys(most).sort();
  const seen = resources
    .map((resource) => `${range(resource, least, most)} of ${shownAmount(resource, free[resource] ?? 0)}`)
    .join(', ');
  const tooLarge = pods.find((each) => !nodes.some((node) => lacking(each.requests, node).length === 0));
  const missing = lacking(least, free);
  if (tooLarge !== undefined) {
    const size = Object.entries(tooLarge.requests).map(
      ([resource, amount]) => `${resource} ${shownAmount(resource, amount)}`,
    );
    const remedy = `# add a node with ${size.join(', ')} free`;
    return problem(subject, `no node has room for a pod of ${tooLarge.name}; in all ${seen}`, remedy);
  }
  if (missing.length > 0) {
    const more = missing.map(
      (resource) => `${resource} ${shownAmount(resource, (least[resource] ?? 0) - (free[resource] ?? 0))}`,
    );
    return problem(subject, `too little for the fewest pods: ${seen}`, `# add nodes with ${more.join(', ')}`);
  }
  return lacking(most, free).length > 0
    ? warning(subject, `enough for the fewest pods, too little for the most unless nodes are added then: ${seen}`)
    : ok(subject, seen);
}

function lacking(asked: Amounts, free: Amounts): string[] {
  return Object.keys(asked).filter((resource) => (asked[resource] ?? 0) > (free[resource] ?? 0) + 1e-9);
}

function range(resource: string, least: Amounts, most: Amounts): string {
  const [low, high] = [least, most].map((amounts) => shownAmount(resource, amounts[resource] ?? 0));
  return `${resource} ${low === high ? (low ?? '') : `${low ?? ''} to ${high ?? ''}`}`;
}

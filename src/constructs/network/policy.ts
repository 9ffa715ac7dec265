/* How Kubernetes writes peers, ports and connections: the one renderer of NetworkPolicies. */
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { isWithin } from '../../core/cidr';
import { InvalidInputError } from '../../core/errors';
import { EXTERNAL_PEERS_ANNOTATION, NAMESPACE_LABEL } from '../../core/names';
import { requireDnsSubdomain } from '../../core/validation';
import { Connection } from './connection';
import { Peer } from './peer';

/** The connections of a peer. */
export interface PeerConnections {
  /** Those that others open to it. */
  readonly inbound: readonly Connection[];
  /** Those that it opens. */
  readonly outbound: readonly Connection[];
}

/** The policy of a peer: it opens the connections, on their ports only. The namespaces of all peers have to be written out. */
export function createPolicy(scope: Construct, peer: Peer, connections: PeerConnections): void {
  const name = requireDnsSubdomain(scope.node.path, `${peer.name}-network-policy`);
  const { namespace } = peer;
  const ingress = ingressRules(connections.inbound, namespace);
  const egress = egressRules(connections.outbound, namespace);
  new k8s.KubeNetworkPolicy(scope, name, {
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), ...externalPeers(connections) },
    spec: {
      podSelector: podSelector(peer),
      policyTypes: ['Ingress', 'Egress'],
      // The API server drops empty lists, so that writing one would be a change on every `kubectl apply`.
      ...(ingress.length === 0 ? {} : { ingress }),
      ...(egress.length === 0 ? {} : { egress }),
    },
  });
}

/** One rule a target, with the ports that are used of it. */
export function egressRules(
  outbound: readonly Connection[],
  namespace: string | undefined,
): k8s.NetworkPolicyEgressRule[] {
  return [...groupBy(outbound, ({ to }) => identity(to)).values()].map((connections) => ({
    to: policyPeers(connections[0].to, namespace),
    ports: connections.map(policyPort),
  }));
}

/** How a policy of `namespace` selects a peer. */
export function policyPeers(peer: Peer, namespace: string | undefined): k8s.NetworkPolicyPeer[] {
  if (peer.cidrs !== undefined) return peer.cidrs.map((cidr) => ({ ipBlock: ipBlock(cidr, peer.except) }));
  if (peer.namespace === namespace) return [{ podSelector: podSelector(peer) }];
  if (peer.namespace === undefined) {
    throw new InvalidInputError(
      `peer "${peer.name}"`,
      'it has neither labels, nor a namespace, nor address ranges',
      'Declare it by Endpoint.inCluster or Endpoint.external',
    );
  }
  return [
    {
      ...(peer.podLabels === undefined ? {} : { podSelector: podSelector(peer) }),
      namespaceSelector: { matchLabels: { [NAMESPACE_LABEL]: peer.namespace } },
    },
  ];
}

/** What a peer is, as a text that is the same in whatever order its labels and address ranges are written. */
export function identity(peer: Peer): string {
  return JSON.stringify([peer.namespace, peer.name, selection(peer)]);
}

/** The pods or addresses that a peer stands for, as such a text. */
export function selection({ podLabels, cidrs }: Peer): string {
  const labels = Object.entries(podLabels ?? {}).sort(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify([labels, cidrs === undefined ? cidrs : [...cidrs].sort()]);
}

/** The items in groups of one key each, in the order in which the keys first occur. */
export function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, [T, ...T[]]> {
  const groups = new Map<K, [T, ...T[]]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** One rule a port, so that each peer gets the port it uses and no other. */
function ingressRules(inbound: readonly Connection[], namespace: string | undefined): k8s.NetworkPolicyIngressRule[] {
  return [...groupBy(inbound, ({ port, protocol }) => `${port}/${protocol}`).values()].map((connections) => ({
    from: connections.flatMap(({ from }) => policyPeers(from, namespace)),
    ports: [policyPort(connections[0])],
  }));
}

/** Addresses of a link. No system outside has one, and at one of them a cloud gives its node's credentials to whoever asks. */
const linkLocal = ['169.254.0.0/16', 'fe80::/10'];

/** A range without what is taken out of it; Kubernetes refuses to take out what is not within it. */
function ipBlock(cidr: string, takenOut: readonly string[] = []): k8s.IpBlock {
  const except = [...takenOut, ...linkLocal].filter((range) => isWithin(range, cidr));
  return { cidr, ...(except.length === 0 ? {} : { except }) };
}

function policyPort({ port, protocol }: Connection): k8s.NetworkPolicyPort {
  return { protocol, port: k8s.IntOrString.fromNumber(port) };
}

/** The pods of a peer in its namespace: those with its labels, or all. */
function podSelector({ podLabels }: Peer): k8s.LabelSelector {
  return podLabels === undefined ? {} : { matchLabels: { ...podLabels } };
}

/** Says whom the address ranges mean, for people and programs that read the policy. */
function externalPeers({ inbound, outbound }: PeerConnections): { annotations?: Record<string, string> } {
  const ends = [
    ...inbound.map(({ from, port }) => ({ peer: from, port })),
    ...outbound.map(({ to, port }) => ({ peer: to, port })),
  ].filter(({ peer }) => peer.cidrs !== undefined);
  if (ends.length === 0) return {};
  const outside = [...groupBy(ends, ({ peer }) => identity(peer)).values()].map((group) => {
    const [{ peer }] = group;
    const ports = [...new Set(group.map(({ port }) => port))].sort((one, other) => one - other);
    const cidrs = [...(peer.cidrs ?? [])].sort();
    const except = [...new Set(cidrs.flatMap((cidr) => ipBlock(cidr, peer.except).except ?? []))].sort();
    return JSON.stringify({ name: peer.name, cidrs, ...(except.length === 0 ? {} : { except }), ports });
  });
  return { annotations: { [EXTERNAL_PEERS_ANNOTATION]: `[${outside.sort().join()}]` } };
}

import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { InvalidInputError } from '../core/errors';
import { requireDnsSubdomain } from '../core/validation';
import { AutonomousOpService } from './autonomous-op-service';
import { Connection, Peer } from './peer';

/** Properties of {@link NetworkPolicyBundle}. */
export interface NetworkPolicyBundleProps {
  /** Services whose connections, declared with `connectTo`, are opened. @default - none */
  readonly services?: readonly AutonomousOpService[];
  /** Further connections, such as Prometheus' scrapes or those between pods that are no service of this library. @default - none */
  readonly connections?: readonly Connection[];
  /** Whether everything that is not declared is closed, for every pod of the namespace. @default true */
  readonly denyUndeclared?: boolean;
  /** Whether every pod of the namespace may ask the cluster's DNS. Without it no name resolves. @default true */
  readonly allowDns?: boolean;
}

/** The label that the API server sets on every namespace. */
const NAMESPACE_NAME = 'kubernetes.io/metadata.name';

/** Ids of the policies that belong to no peer. */
const BUNDLE_POLICIES: readonly string[] = ['default-deny', 'allow-dns'];

/**
 * NetworkPolicies that open the declared connections, at both ends and on their ports only, and close everything else.
 *
 * Each peer in the chart's namespace gets one policy, `<name>-network-policy`; peers elsewhere are other people's to open.
 * A kubelet's probes come from the node, which no policy holds back.
 *
 * @example
 * new NetworkPolicyBundle(chart, 'network', { services: [orders], connections: [connection(prometheus, orders, 'management')] });
 */
export class NetworkPolicyBundle extends Construct {
  /** Every connection that is open, without repetitions. */
  readonly connections: readonly Connection[];

  /** @throws InvalidInputError where a connection has no end in the chart's namespace, or two peers share a name */
  constructor(scope: Construct, id: string, props: NetworkPolicyBundleProps) {
    super(scope, id);
    const namespace = Chart.of(this).namespace;
    const declared = [
      ...(props.services ?? []).flatMap(({ connections }) => connections),
      ...(props.connections ?? []),
    ];
    this.connections = withoutRepetitions(declared);
    const inNamespace = ({ podLabels, namespace: its }: Peer) =>
      its === undefined ? podLabels !== undefined : its === namespace;

    if (props.denyUndeclared ?? true) this.denyEverything();
    if (props.allowDns ?? true) this.allowDns();
    for (const { peer, inbound, outbound } of this.byPeer(
      (props.services ?? []).filter(inNamespace),
      inNamespace,
    ).values()) {
      this.createPolicy(peer, ingressRules(inbound, inNamespace), egressRules(outbound, inNamespace));
    }
  }

  /** The connections of each peer of the namespace, in and out, in the order of their declaration. */
  private byPeer(services: readonly Peer[], inNamespace: (peer: Peer) => boolean): Map<string, PeerConnections> {
    const peers = new Map<string, PeerConnections>();
    const entry = (peer: Peer): PeerConnections => {
      const present = peers.get(peer.name);
      if (BUNDLE_POLICIES.includes(peer.name)) {
        throw new InvalidInputError(
          this.node.path,
          `a peer is called "${peer.name}", as a policy of the bundle`,
          'Rename the peer',
        );
      }
      if (present !== undefined && selection(present.peer) !== selection(peer)) {
        throw new InvalidInputError(
          this.node.path,
          `two peers are called "${peer.name}", with labels ${JSON.stringify(present.peer.podLabels)} and ${JSON.stringify(peer.podLabels)}`,
          'Give each a name of its own',
        );
      }
      const created = present ?? { peer, inbound: [], outbound: [] };
      peers.set(peer.name, created);
      return created;
    };
    services.forEach(entry);
    for (const connection of this.connections) {
      const { from, to } = connection;
      if (!inNamespace(from) && !inNamespace(to)) {
        throw new InvalidInputError(
          this.node.path,
          `neither end of the connection from "${from.name}" to "${to.name}" is in the chart's namespace`,
          'Declare it in a chart of the namespace of one of them',
        );
      }
      if (inNamespace(from)) entry(from).outbound.push(connection);
      if (inNamespace(to)) entry(to).inbound.push(connection);
    }
    return peers;
  }

  private createPolicy(
    peer: Peer,
    ingress: k8s.NetworkPolicyIngressRule[],
    egress: k8s.NetworkPolicyEgressRule[],
  ): void {
    new k8s.KubeNetworkPolicy(this, peer.name, {
      metadata: { name: requireDnsSubdomain(this.node.path, `${peer.name}-network-policy`) },
      spec: {
        podSelector: podSelector(peer),
        policyTypes: ['Ingress', 'Egress'],
        // The API server drops empty lists, so that writing one would be a change on every `kubectl apply`.
        ...(ingress.length === 0 ? {} : { ingress }),
        ...(egress.length === 0 ? {} : { egress }),
      },
    });
  }

  private denyEverything(): void {
    new k8s.KubeNetworkPolicy(this, 'default-deny', {
      metadata: { name: 'default-deny' },
      spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
    });
  }

  private allowDns(): void {
    new k8s.KubeNetworkPolicy(this, 'allow-dns', {
      metadata: { name: 'allow-dns' },
      spec: {
        podSelector: {},
        policyTypes: ['Egress'],
        egress: [
          {
            to: [
              {
                namespaceSelector: { matchLabels: { [NAMESPACE_NAME]: 'kube-system' } },
                podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
              },
            ],
            ports: ['UDP', 'TCP'].map((protocol) => ({ protocol, port: k8s.IntOrString.fromNumber(53) })),
          },
        ],
      },
    });
  }
}

interface PeerConnections {
  readonly peer: Peer;
  readonly inbound: Connection[];
  readonly outbound: Connection[];
}

function withoutRepetitions(connections: readonly Connection[]): Connection[] {
  const end = (peer: Peer) => [peer.namespace, peer.name, selection(peer)];
  const key = ({ from, to, port }: Connection) => JSON.stringify([end(from), end(to), port]);
  return [...new Map(connections.map((connection) => [key(connection), connection])).values()];
}

/** What a peer stands for, as a text that is the same in whatever order its labels are written. */
function selection({ podLabels, cidrs }: Peer): string {
  return JSON.stringify([podLabels && Object.entries(podLabels).sort(([a], [b]) => (a < b ? -1 : 1)), cidrs]);
}

/** The pods of a peer in its namespace: those with its labels, or all. */
function podSelector({ podLabels }: Peer): k8s.LabelSelector {
  return podLabels === undefined ? {} : { matchLabels: { ...podLabels } };
}

/** One rule a port, so that each peer gets the port it uses and no other. */
function ingressRules(
  inbound: readonly Connection[],
  inNamespace: (peer: Peer) => boolean,
): k8s.NetworkPolicyIngressRule[] {
  return [...byPort(inbound)].map(([port, connections]) => ({
    from: connections.flatMap(({ from }) => policyPeers(from, inNamespace)),
    ports: [tcp(port)],
  }));
}

/** One rule a target, as the document writes them. */
function egressRules(
  outbound: readonly Connection[],
  inNamespace: (peer: Peer) => boolean,
): k8s.NetworkPolicyEgressRule[] {
  return outbound.map(({ to, port }) => ({ to: policyPeers(to, inNamespace), ports: [tcp(port)] }));
}

function byPort(connections: readonly Connection[]): Map<number, Connection[]> {
  const ports = new Map<number, Connection[]>();
  for (const connection of connections) {
    const sharing = ports.get(connection.port) ?? [];
    sharing.push(connection);
    ports.set(connection.port, sharing);
  }
  return ports;
}

function policyPeers(peer: Peer, inNamespace: (peer: Peer) => boolean): k8s.NetworkPolicyPeer[] {
  if (peer.cidrs !== undefined) {
    return peer.cidrs.map((cidr) => ({ ipBlock: { cidr } }));
  }
  if (inNamespace(peer)) {
    return [{ podSelector: podSelector(peer) }];
  }
  const pods = peer.podLabels === undefined ? {} : { podSelector: podSelector(peer) };
  return [{ ...pods, namespaceSelector: { matchLabels: { [NAMESPACE_NAME]: peer.namespace ?? '' } } }];
}

function tcp(port: number): k8s.NetworkPolicyPort {
  return { protocol: 'TCP', port: k8s.IntOrString.fromNumber(port) };
}

import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { InvalidInputError } from '../../core/errors';
import { NAMESPACE_LABEL } from '../../core/names';
import { requireDnsSubdomain } from '../../core/validation';
import { Connection, Endpoint, firstPort, NetworkedWorkload, Peer } from './peer';

/** Properties of {@link NetworkPolicyBundle}. */
export interface NetworkPolicyBundleProps {
  /** What runs pods in the chart's namespace, with the connections it declares. @default - none */
  readonly services?: readonly NetworkedWorkload[];
  /** Peers of the chart's namespace whose pods something else makes, such as another chart. @default - none */
  readonly endpoints?: readonly Peer[];
  /** Further connections, such as Prometheus' scrapes or what the ingress controller opens. @default - none */
  readonly connections?: readonly Connection[];
  /** Whether everything that is not declared is closed, for every pod of the namespace. @default true */
  readonly denyUndeclared?: boolean;
  /** Whether every pod of the namespace may ask the cluster's DNS. Without it no name resolves. @default true */
  readonly allowDns?: boolean;
}

/** The cluster's DNS, as kubeadm and the clouds run it: CoreDNS kept the label of its predecessor. */
export const clusterDns = Endpoint.inCluster('kube-dns', {
  namespace: 'kube-system',
  labels: { 'k8s-app': 'kube-dns' },
  port: 53,
});

/** The policies of the bundle that belong to no peer. */
const BUNDLE_POLICIES = ['default-deny', 'allow-dns'];

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
  /** The pods of the namespace, a peer for each set that has labels of its own. */
  readonly pods: readonly Peer[];
  /** Every connection that is open, without repetitions. */
  readonly connections: readonly Connection[];

  private readonly chartNamespace: string | undefined;
  private readonly byTarget: ReadonlyMap<string, readonly Connection[]>;

  /**
   * @throws InvalidInputError where a connection has no end in the chart's namespace, or one that no service or endpoint runs pods
   * for, or where two peers share a name
   */
  constructor(scope: Construct, id: string, props: NetworkPolicyBundleProps) {
    super(scope, id);
    this.chartNamespace = Chart.of(this).namespace;
    const services = props.services ?? [];
    this.pods = [...services.flatMap((service) => service.pods), ...(props.endpoints ?? [])];
    this.connections = withoutRepetitions([
      ...services.flatMap(({ connections }) => connections),
      ...(props.connections ?? []),
    ]);
    this.byTarget = groupBy(this.connections, ({ to, port }) => `${to.name}:${port}`);
    const byLabel = groupBy(this.pods.flatMap(labelled), ({ label }) => label);
    this.connections.forEach((connection) => {
      this.requireKnownEnds(connection, byLabel);
    });

    if (props.denyUndeclared ?? true) this.denyEverything();
    if (props.allowDns ?? true) this.allowDns();
    for (const { peer, inbound, outbound } of this.byPeer().values()) {
      this.createPolicy(peer, this.ingressRules(inbound), this.egressRules(outbound));
    }
  }

  /** Who may open connections to the first port of a peer. */
  clientsOf(server: Peer): readonly Peer[] {
    const [port] = Object.values(server.ports);
    return (this.byTarget.get(`${server.name}:${port ?? ''}`) ?? []).map(({ from }) => from);
  }

  private isLocal(peer: Peer): boolean {
    return peer.namespace === undefined ? peer.podLabels !== undefined : peer.namespace === this.chartNamespace;
  }

  private requireKnownEnds(
    { from, to, port }: Connection,
    byLabel: ReadonlyMap<string, readonly LabelledPods[]>,
  ): void {
    const arrow = `the connection from "${from.name}" to "${to.name}" on port ${port}`;
    const local = [from, to].filter((peer) => this.isLocal(peer));
    if (local.length === 0) {
      throw new InvalidInputError(
        this.node.path,
        `${arrow} has no end in the chart's namespace`,
        'Declare it in a chart of the namespace of one of them',
      );
    }
    const unknown = local.find((peer) => {
      if (peer.podLabels === undefined) return false;
      // All pods may share a label; those of its rarest are few.
      const [rarest = []] = labelled(peer)
        .map(({ label }) => byLabel.get(label) ?? [])
        .sort((one, other) => one.length - other.length);
      return !rarest.some(({ pods }) => selects(peer, pods));
    });
    if (unknown !== undefined) {
      throw new InvalidInputError(
        this.node.path,
        `${arrow} selects pods ${JSON.stringify(unknown.podLabels)}, which nothing declared here runs`,
        `Add "${unknown.name}" to services, or to endpoints where something else makes its pods`,
      );
    }
  }

  /** The connections of each peer of the namespace, in and out, in the order of their declaration. */
  private byPeer(): Map<string, PeerConnections> {
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
    this.pods.filter((peer) => this.isLocal(peer)).forEach(entry);
    for (const connection of this.connections) {
      if (this.isLocal(connection.from)) entry(connection.from).outbound.push(connection);
      if (this.isLocal(connection.to)) entry(connection.to).inbound.push(connection);
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

  /** One rule a port, so that each peer gets the port it uses and no other. */
  private ingressRules(inbound: readonly Connection[]): k8s.NetworkPolicyIngressRule[] {
    return [...groupBy(inbound, ({ port }) => port)].map(([port, connections]) => ({
      from: connections.flatMap(({ from }) => this.policyPeers(from)),
      ports: [tcp(port)],
    }));
  }

  /** One rule a target, as the document writes them. */
  private egressRules(outbound: readonly Connection[]): k8s.NetworkPolicyEgressRule[] {
    return [...groupBy(outbound, ({ to }) => identity(to)).values()].flatMap((connections) => {
      const target = connections[0]?.to;
      return target === undefined
        ? []
        : [{ to: this.policyPeers(target), ports: connections.map(({ port }) => tcp(port)) }];
    });
  }

  private policyPeers(peer: Peer): k8s.NetworkPolicyPeer[] {
    if (peer.cidrs !== undefined) {
      return peer.cidrs.map((cidr) => ({ ipBlock: { cidr } }));
    }
    if (this.isLocal(peer)) {
      return [{ podSelector: podSelector(peer) }];
    }
    const pods = peer.podLabels === undefined ? {} : { podSelector: podSelector(peer) };
    return [{ ...pods, namespaceSelector: { matchLabels: { [NAMESPACE_LABEL]: peer.namespace ?? '' } } }];
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
            to: this.policyPeers(clusterDns),
            ports: ['UDP', 'TCP'].map((protocol) => ({ ...tcp(firstPort(this.node.path, clusterDns)), protocol })),
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

interface LabelledPods {
  readonly label: string;
  readonly pods: Peer;
}

/** Pods under each of their labels, to find those that a selector means without looking at all of them. */
function labelled(pods: Peer): LabelledPods[] {
  return Object.entries(pods.podLabels ?? {}).map(([key, value]) => ({ label: `${key}=${value}`, pods }));
}

/** Whether the labels of `peer` select the pods of `pods`. */
function selects(peer: Peer, pods: Peer): boolean {
  return Object.entries(peer.podLabels ?? {}).every(([key, value]) => pods.podLabels?.[key] === value);
}

function withoutRepetitions(connections: readonly Connection[]): Connection[] {
  const key = ({ from, to, port }: Connection) => JSON.stringify([identity(from), identity(to), port]);
  return [...new Map(connections.map((connection) => [key(connection), connection])).values()];
}

/** What a peer is, as a text that is the same in whatever order its labels are written. */
function identity(peer: Peer): string {
  return JSON.stringify([peer.namespace, peer.name, selection(peer)]);
}

/** The pods or addresses that a peer stands for, as such a text. */
function selection({ podLabels, cidrs }: Peer): string {
  return JSON.stringify([podLabels && Object.entries(podLabels).sort(([a], [b]) => (a < b ? -1 : 1)), cidrs]);
}

/** The pods of a peer in its namespace: those with its labels, or all. */
function podSelector({ podLabels }: Peer): k8s.LabelSelector {
  return podLabels === undefined ? {} : { matchLabels: { ...podLabels } };
}

function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function tcp(port: number): k8s.NetworkPolicyPort {
  return { protocol: 'TCP', port: k8s.IntOrString.fromNumber(port) };
}

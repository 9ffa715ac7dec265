/* The policies of a namespace: what is declared is open, everything else is closed. */
import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { requireCidr } from '../../core/cidr';
import { describeProblem, InvalidInputError } from '../../core/errors';
import { clusterDns } from './cluster-dns';
import { Connection, connectionsToAll, NetworkedWorkload, placed } from './connection';
import { inNamespace, isIn, Peer, peerKey } from './peer';
import { createPolicy, egressRules, groupBy, identity, selection } from './policy';
import { shownPort } from './port';

/** Properties of {@link NetworkPolicyBundle}. */
export interface NetworkPolicyBundleProps {
  /** What runs pods in the chart's namespace, with the connections it declares. @default - none */
  readonly workloads?: readonly NetworkedWorkload[];
  /** Peers of the chart's namespace whose pods something else makes, such as another chart. @default - none */
  readonly endpoints?: readonly Peer[];
  /** Further connections, such as Prometheus' scrapes or what the ingress controller opens. @default - none */
  readonly connections?: readonly Connection[];
  /**
   * Addresses of the cluster's pods. They are taken out of larger ranges of peers outside, which would open the pods of every other
   * namespace too; a range within them stays as it is. If nodes or the API server have such addresses, give these ranges of their own.
   * @default - none
   */
  readonly podCidrs?: readonly string[];
  /** Whether everything that is not declared is closed, for every pod of the namespace. @default true */
  readonly denyUndeclared?: boolean;
  /** Whether every pod of the namespace may ask the cluster's DNS. Without it no name resolves. @default true */
  readonly allowDns?: boolean;
}

/**
 * NetworkPolicies that open the declared connections, at both ends and on their ports only, and close everything else.
 *
 * Each peer in the chart's namespace gets one policy, `<name>-network-policy`; peers elsewhere are other people's to open.
 * A kubelet's probes come from the node, which no policy holds back. A policy that opens address ranges outside the cluster
 * names them in the annotation `autonomous-op.nodeorb.com/external-peers`.
 *
 * @example
 * new NetworkPolicyBundle(chart, 'network', { workloads: [orders], connections: [connection(prometheus, orders, 'management')] });
 */
export class NetworkPolicyBundle extends Construct {
  /** The pods of the namespace, a peer for each set that has labels of its own. */
  readonly pods: readonly Peer[];
  /** Every connection that is open, without repetitions. */
  readonly connections: readonly Connection[];

  private readonly chartNamespace: string | undefined;

  /**
   * @throws InvalidInputError if a connection has no end in the chart's namespace, or one that no workload or endpoint runs pods
   * for, if two peers share a name, a workload is there twice, or an address range is not valid
   */
  constructor(scope: Construct, id: string, props: NetworkPolicyBundleProps) {
    super(scope, id);
    this.chartNamespace = Chart.of(this).namespace;
    const workloads = props.workloads ?? [];
    const podCidrs = (props.podCidrs ?? []).map((cidr) => requireCidr(this.node.path, cidr));
    this.requireDifferent(workloads);
    this.pods = [...workloads.flatMap(({ pods }) => pods), ...(props.endpoints ?? [])].map((peer) =>
      inNamespace(peer, this.chartNamespace),
    );
    const declared = [...workloads.flatMap(({ connections }) => connections), ...(props.connections ?? [])];
    this.connections = withoutRepetitions(
      declared.map((its) => withoutPods(placed(its, this.chartNamespace), podCidrs)),
    );
    this.requireKnownEnds();

    if (props.denyUndeclared ?? true) this.denyEverything();
    if (props.allowDns ?? true) this.allowDns();
    const inbound = groupBy(this.connections, ({ to }) => peerKey(to));
    const outbound = groupBy(this.connections, ({ from }) => peerKey(from));
    for (const peer of this.localPeers()) {
      const key = peerKey(peer);
      createPolicy(this, peer, { inbound: inbound.get(key) ?? [], outbound: outbound.get(key) ?? [] });
    }
    for (const workload of workloads) {
      workload.admit?.(
        workload.pods.flatMap((pods) => inbound.get(peerKey(inNamespace(pods, this.chartNamespace))) ?? []),
      );
    }
    this.node.addValidation({ validate: () => this.clashes() });
  }

  private requireDifferent(workloads: readonly NetworkedWorkload[]): void {
    const twice = workloads.find((workload, index) => workloads.indexOf(workload) !== index);
    if (twice !== undefined) {
      throw new InvalidInputError(
        this.node.path,
        `the workload with the pods ${twice.pods.map(({ name }) => `"${name}"`).join(', ')} is in workloads twice`,
        'Name it once',
      );
    }
  }

  private requireKnownEnds(): void {
    const byLabel = groupBy(this.pods.flatMap(labelled), ({ label }) => label);
    // All pods may share a label; those of its rarest are few.
    const isRun = (peer: Peer) => {
      const [rarest = []] = labelled(peer)
        .map(({ label }) => byLabel.get(label) ?? [])
        .sort((one, other) => one.length - other.length);
      return peer.podLabels === undefined || rarest.some(({ pods }) => selects(peer, pods));
    };
    for (const { from, to, port, protocol } of this.connections) {
      const described = `the connection from "${from.name}" to "${to.name}" on port ${shownPort(port, protocol)}`;
      const local = [from, to].filter((peer) => isIn(peer, this.chartNamespace));
      if (local.length === 0) {
        throw new InvalidInputError(
          this.node.path,
          `${described} has no end in the chart's namespace`,
          'Declare it in a chart of the namespace of one of them',
        );
      }
      const unknown = local.find((peer) => !isRun(peer));
      if (unknown !== undefined) {
        throw new InvalidInputError(
          this.node.path,
          `${described} selects pods ${JSON.stringify(unknown.podLabels)}, which nothing declared here runs`,
          `Add "${unknown.name}" to workloads, or to endpoints if something else makes its pods`,
        );
      }
    }
  }

  /** The peers of the namespace, each once, in the order of their declaration. */
  private localPeers(): Peer[] {
    const ends = this.connections.flatMap(({ from, to }) => [from, to]);
    const local = [...this.pods, ...ends].filter((peer) => isIn(peer, this.chartNamespace));
    return [...groupBy(local, ({ name }) => name).values()].map(([peer, ...others]) => {
      const impostor = others.find((other) => selection(other) !== selection(peer));
      if (impostor !== undefined) {
        throw new InvalidInputError(
          this.node.path,
          `two peers are called "${peer.name}", with labels ${JSON.stringify(peer.podLabels)} and ${JSON.stringify(impostor.podLabels)}`,
          'Give each a name of its own',
        );
      }
      return peer;
    });
  }

  private denyEverything(): void {
    new k8s.KubeNetworkPolicy(this, 'default-deny', {
      metadata: { name: 'default-deny' },
      spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
    });
  }

  private allowDns(): void {
    const everyPod: Peer = { name: 'every pod', ports: {} };
    new k8s.KubeNetworkPolicy(this, 'allow-dns', {
      metadata: { name: 'allow-dns' },
      spec: {
        podSelector: {},
        policyTypes: ['Egress'],
        egress: egressRules(connectionsToAll(everyPod, clusterDns), this.chartNamespace),
      },
    });
  }

  /** Policies that an earlier bundle of the namespace makes too. */
  private clashes(): string[] {
    const bundles = this.node.root.node.findAll().filter((construct) => construct instanceof NetworkPolicyBundle);
    return bundles
      .slice(0, bundles.indexOf(this))
      .filter(({ chartNamespace }) => chartNamespace === this.chartNamespace)
      .flatMap(({ node: other }) => {
        const name = this.node.children.map(({ node }) => node.id).find((id) => other.tryFindChild(id) !== undefined);
        return name === undefined
          ? []
          : [
              describeProblem(
                this.node.path,
                `${other.path} makes the NetworkPolicy "${name}" of the namespace too`,
                'Give what both declare to one of them, and delete the other',
              ),
            ];
      });
  }
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

/** The connection without the pods' addresses in the ranges of an end outside the cluster. */
function withoutPods({ from, to, ...rest }: Connection, except: readonly string[]): Connection {
  const isWhole = (peer: Peer) => peer.cidrs === undefined || except.length === 0;
  const ofEnd = (peer: Peer): Peer => (isWhole(peer) ? peer : { ...peer, except });
  return { from: ofEnd(from), to: ofEnd(to), ...rest };
}

function withoutRepetitions(connections: readonly Connection[]): Connection[] {
  const keyOf = ({ from, to, port, protocol }: Connection) =>
    JSON.stringify([identity(from), identity(to), port, protocol]);
  return [...groupBy(connections, keyOf).values()].map(([first]) => first);
}

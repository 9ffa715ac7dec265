/* A connection between two peers, the one declaration from which policies and addresses are derived. */
import { inNamespace, Peer, portOf } from './peer';
import { Protocol } from './port';

/** `from` opens connections to `port` of `to`. */
export interface Connection {
  /** Who opens them. */
  readonly from: Peer;
  /** Who answers. */
  readonly to: Peer;
  /** The number of a port that `to` listens on. */
  readonly port: number;
  /** The protocol of that port. */
  readonly protocol: Protocol;
}

/** Something that runs pods in the chart's namespace, and knows what they connect to. */
export interface NetworkedWorkload {
  /** The pods, a peer for each set that has labels of its own. */
  readonly pods: readonly Peer[];
  /** The connections that the pods open, and those that they need others to open to them. */
  readonly connections: readonly Connection[];
  /**
   * What a NetworkPolicyBundle calls with the connections that it opens to the pods. For a workload that writes policies of its
   * own, such as those of its operator, which would let in everybody else beside the bundle's.
   */
  admit?(inbound: readonly Connection[]): void;
}

/**
 * Declares a connection.
 *
 * @param port the name of one of the ports of `to` @default - its first port
 * @throws InvalidInputError if `to` has no such port
 */
export function connection(from: Peer, to: Peer, port?: string): Connection {
  const { number, protocol } = portOf(`connection from "${from.name}" to "${to.name}"`, to, port);
  return { from, to, port: number, protocol };
}

/** Connections to every port of `to`; the Kubernetes API needs both its Service's port and the one behind it. */
export function connectionsToAll(from: Peer, to: Peer): Connection[] {
  return Object.keys(to.ports).map((port) => connection(from, to, port));
}

/** The connection with the namespaces of its ends written out, so that it is the same however they were written. */
export function placed({ from, to, ...rest }: Connection, chartNamespace: string | undefined): Connection {
  return { from: inNamespace(from, chartNamespace), to: inNamespace(to, chartNamespace), ...rest };
}

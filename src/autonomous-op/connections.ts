import { App } from 'cdk8s';
import { NetworkPolicyBundle } from '../constructs/network/network-policy-bundle';
import { Peer } from '../constructs/network/peer';
import { PromtailLogging } from '../constructs/observability/promtail-logging';
import { namespace } from './names';

/** Where a connection begins or ends. */
export interface ConnectionEnd {
  /** Name as people read it, with the namespace before it where that is not the deployment's: `keda/keda-operator`. */
  readonly name: string;
  /** Address ranges of a system outside the cluster. */
  readonly cidrs?: readonly string[];
}

/** All ports that one peer may open at another. */
export interface OpenConnection {
  readonly from: ConnectionEnd;
  readonly to: ConnectionEnd;
  readonly ports: readonly number[];
}

/** Every TCP connection that the policies of a deployment open, sorted by name. DNS, which is open to all pods, is not among them. */
export function openConnections(app: App): OpenConnection[] {
  const connections = app.node.findAll().flatMap((construct) => {
    if (construct instanceof NetworkPolicyBundle) return construct.connections;
    return construct instanceof PromtailLogging ? construct.policyConnections : [];
  });
  const pairs = new Map<string, OpenConnection>();
  for (const { from, to, port } of connections) {
    const ends = { from: endOf(from), to: endOf(to) };
    const key = JSON.stringify(ends);
    const ports = new Set([...(pairs.get(key)?.ports ?? []), port]);
    pairs.set(key, { ...ends, ports: [...ports].sort((one, other) => one - other) });
  }
  return [...pairs].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, connection]) => connection);
}

/** The name of an end, with the addresses behind a name that is outside the cluster. */
export function shownEnd({ name, cidrs }: ConnectionEnd): string {
  return cidrs === undefined ? name : `${name} (${cidrs.join(', ')})`;
}

function endOf(peer: Peer): ConnectionEnd {
  const elsewhere = peer.namespace !== undefined && peer.namespace !== namespace;
  return {
    name: elsewhere ? `${peer.namespace}/${peer.name}` : peer.name,
    ...(peer.cidrs === undefined ? {} : { cidrs: peer.cidrs }),
  };
}

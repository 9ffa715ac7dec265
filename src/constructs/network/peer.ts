import { InvalidInputError } from '../../core/errors';
import { requireDnsLabel, requireDnsSubdomain, requireLabels, requirePort } from '../../core/validation';

/**
 * Either end of a connection: a service of this library, or an {@link Endpoint} that something else runs.
 */
export interface Peer {
  /** Name of the peer; in the cluster also the name of its Service, so its address. */
  readonly name: string;
  /** Namespace of its pods. Undefined: the namespace of the chart that uses it. */
  readonly namespace?: string;
  /** Labels that select its pods. Undefined: it runs outside the cluster, or the whole namespace is meant. */
  readonly podLabels?: Readonly<Record<string, string>>;
  /** Address ranges of a peer outside the cluster. */
  readonly cidrs?: readonly string[];
  /** The ports it listens on, by name. The first is the one that is meant where none is named. */
  readonly ports: Readonly<Record<string, number>>;
}

/** Something that runs pods in the chart's namespace, and knows what they connect to. */
export interface NetworkedWorkload {
  /** The pods, a peer for each set that has labels of its own. */
  readonly pods: readonly Peer[];
  /** The connections that the pods open, and those that they need others to open to them. */
  readonly connections: readonly Connection[];
}

/** Properties of {@link Endpoint.inCluster}. */
export interface InClusterEndpointProps {
  /** Labels that select its pods. @default - every pod of the namespace */
  readonly labels?: Readonly<Record<string, string>>;
  /** Namespace of its pods. @default - the namespace of the chart that uses it */
  readonly namespace?: string;
  /** The port it listens on. @default - none: it only connects to others */
  readonly port?: number;
  /** Further ports by name, such as one that serves metrics. @default - none */
  readonly ports?: Readonly<Record<string, number>>;
}

/** Properties of {@link Endpoint.external}. */
export interface ExternalEndpointProps {
  /** The port it listens on. */
  readonly port: number;
  /** Further ports by name. @default - none */
  readonly ports?: Readonly<Record<string, number>>;
  /** Address ranges it answers from. NetworkPolicy knows addresses only, no host names. @default ['0.0.0.0/0'] */
  readonly cidrs?: readonly string[];
}

/** A peer that this chart does not make: a store, an operator, another team's service, a system outside the cluster. */
export class Endpoint implements Peer {
  /**
   * Pods of this cluster, reachable by the Service called `name`.
   *
   * @throws InvalidInputError on a name, label, port or namespace that Kubernetes refuses, or where labels and namespace are both missing
   */
  static inCluster(name: string, props: InClusterEndpointProps): Endpoint {
    const where = `Endpoint "${name}"`;
    requireDnsLabel(where, name);
    if (props.namespace !== undefined) {
      requireDnsLabel(where, props.namespace);
    }
    const ports = requirePorts(where, { ...(props.port === undefined ? {} : { default: props.port }), ...props.ports });
    const labels = props.labels === undefined ? undefined : requireLabels(where, props.labels);
    if (labels !== undefined && Object.keys(labels).length === 0) {
      throw new InvalidInputError(
        where,
        'labels is empty, which selects every pod',
        'Name a label of its pods, or leave labels out',
      );
    }
    if (labels === undefined && props.namespace === undefined) {
      throw new InvalidInputError(
        where,
        'it has neither labels nor a namespace',
        'Say which pods it is: set labels, namespace or both',
      );
    }
    return new Endpoint(name, ports, props.namespace, labels, undefined);
  }

  /**
   * A system outside the cluster, reachable by its host name or address.
   *
   * @throws InvalidInputError on a host, port or address range that is not one
   */
  static external(host: string, props: ExternalEndpointProps): Endpoint {
    const where = `Endpoint "${host}"`;
    requireDnsSubdomain(where, host);
    const ports = requirePorts(where, { default: props.port, ...props.ports });
    const cidrs = props.cidrs ?? ['0.0.0.0/0'];
    if (cidrs.length === 0) {
      throw new InvalidInputError(where, 'cidrs is empty', 'Name at least one address range, such as "10.1.0.0/16"');
    }
    cidrs.forEach((cidr) => {
      requireCidr(where, cidr);
    });
    return new Endpoint(host, ports, undefined, undefined, cidrs);
  }

  /** Name of its Service, or its host name outside the cluster. */
  readonly name: string;
  /** The ports it listens on, by name; the one of the prop `port` is called `default`. */
  readonly ports: Readonly<Record<string, number>>;
  /** Namespace of its pods. Undefined: the namespace of the chart that uses it, or outside the cluster. */
  readonly namespace?: string;
  /** Labels that select its pods. Undefined: every pod of its namespace, or outside the cluster. */
  readonly podLabels?: Readonly<Record<string, string>>;
  /** Address ranges outside the cluster. */
  readonly cidrs?: readonly string[];

  private constructor(
    name: string,
    ports: Readonly<Record<string, number>>,
    namespace: string | undefined,
    podLabels: Readonly<Record<string, string>> | undefined,
    cidrs: readonly string[] | undefined,
  ) {
    this.name = name;
    this.ports = ports;
    if (namespace !== undefined) this.namespace = namespace;
    if (podLabels !== undefined) this.podLabels = podLabels;
    if (cidrs !== undefined) this.cidrs = cidrs;
  }
}

/** An arrow: `from` opens TCP connections to `port` of `to`. */
export interface Connection {
  /** Who opens them. */
  readonly from: Peer;
  /** Who answers. */
  readonly to: Peer;
  /** A port `to` listens on. */
  readonly port: number;
}

/**
 * Declares an arrow.
 *
 * @param port the name of one of the ports of `to` @default - its first port
 * @throws InvalidInputError where `to` has no such port
 */
export function connection(from: Peer, to: Peer, port?: string): Connection {
  const names = Object.keys(to.ports);
  const name = port ?? names[0] ?? '';
  const number = Object.hasOwn(to.ports, name) ? to.ports[name] : undefined;
  if (number === undefined) {
    throw new InvalidInputError(
      `connection from "${from.name}" to "${to.name}"`,
      port === undefined ? `"${to.name}" listens on no port` : `"${to.name}" has no port "${port}"`,
      names.length === 0 ? `Declare a port on "${to.name}"` : `Use one of its ports: ${names.join(', ')}`,
    );
  }
  return { from, to, port: number };
}

/** An arrow to every port of `to`, for a peer such as the Kubernetes API that answers on another port behind its Service. */
export function connectionsToAll(from: Peer, to: Peer): Connection[] {
  return Object.keys(to.ports).map((port) => connection(from, to, port));
}

/**
 * The port of a peer that is meant where none is named: its first.
 *
 * @throws InvalidInputError where it has none
 */
export function firstPort(where: string, { name, ports }: Peer): number {
  const [port] = Object.values(ports);
  if (port === undefined) {
    throw new InvalidInputError(where, `"${name}" listens on no port`, `Declare a port on "${name}"`);
  }
  return port;
}

/** The host name that a client in `clientNamespace` dials: a bare name inside the namespace, a qualified one from elsewhere. */
export function hostName(peer: Peer, clientNamespace: string | undefined): string {
  const near = peer.cidrs !== undefined || peer.namespace === undefined || peer.namespace === clientNamespace;
  return near ? peer.name : `${peer.name}.${peer.namespace}.svc`;
}

/** The host name that any pod of the cluster can dial, whatever its namespace. */
export function qualifiedHostName(peer: Peer, chartNamespace: string | undefined): string {
  const namespace = peer.namespace ?? chartNamespace;
  return peer.cidrs !== undefined || namespace === undefined ? peer.name : `${peer.name}.${namespace}.svc`;
}

function requirePorts(where: string, ports: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  for (const [name, port] of Object.entries(ports)) {
    requirePort(where, name === 'default' ? 'port' : `port "${name}"`, port);
  }
  return ports;
}

function requireCidr(where: string, cidr: string): void {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(cidr);
  const octets = match?.slice(1, 5).map(Number) ?? [];
  const valid = match !== null && octets.every((octet) => octet <= 255) && Number(match[5]) <= 32;
  if (!valid) {
    throw new InvalidInputError(
      where,
      `"${cidr}" is not an IPv4 address range`,
      'Write it as address/prefix, such as "10.1.0.0/16"',
    );
  }
}

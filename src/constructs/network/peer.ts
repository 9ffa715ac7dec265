/* Either end of a connection: what is connected, where it runs and which ports it listens on. */
import { requireCidr } from '../../core/cidr';
import { InvalidInputError } from '../../core/errors';
import { requireDnsLabel, requireDnsSubdomain, requireLabels, requirePort } from '../../core/validation';
import { asPort, Port } from './port';

/**
 * Either end of a connection: a service of this library, or an {@link Endpoint} that something else runs.
 */
export interface Peer {
  /** Name of the peer; in the cluster also the name of its Service, so its address. */
  readonly name: string;
  /** Namespace of its pods. Undefined: the namespace of the chart that uses it. */
  readonly namespace?: string | undefined;
  /** Labels that select its pods. Undefined: it runs outside the cluster, or the whole namespace is meant. */
  readonly podLabels?: Readonly<Record<string, string>>;
  /** Address ranges of a peer outside the cluster. */
  readonly cidrs?: readonly string[];
  /** Ranges within {@link cidrs} that are not meant. */
  readonly except?: readonly string[];
  /** The ports it listens on, by name. The first is the one that is meant if none is named. */
  readonly ports: Readonly<Record<string, number | Port>>;
}

/** Properties of {@link Endpoint.inCluster}. */
export interface InClusterEndpointProps {
  /** Labels that select its pods. @default - every pod of the namespace */
  readonly labels?: Readonly<Record<string, string>>;
  /** Namespace of its pods. @default - the namespace of the chart that uses it */
  readonly namespace?: string;
  /** The port it listens on; a plain number is a TCP port. @default - none: it only connects to others */
  readonly port?: number | Port;
  /** Further ports by name, such as one that serves metrics. @default - none */
  readonly ports?: Readonly<Record<string, number | Port>>;
}

/** Properties of {@link Endpoint.external}. */
export interface ExternalEndpointProps {
  /** The port it listens on; a plain number is a TCP port. */
  readonly port: number | Port;
  /** Further ports by name. @default - none */
  readonly ports?: Readonly<Record<string, number | Port>>;
  /**
   * Address ranges it answers from, IPv4 or IPv6: NetworkPolicy knows addresses only, no host names. The default is every IPv4
   * address; in a cluster that has IPv6 too write `['0.0.0.0/0', '::/0']`. The policies leave out a link's own addresses,
   * `169.254.0.0/16` and `fe80::/10`: a cloud gives its node's credentials there. @default ['0.0.0.0/0']
   */
  readonly cidrs?: readonly string[];
}

/** A peer that this chart does not make: a store, an operator, another team's service, a system outside the cluster. */
export class Endpoint implements Peer {
  /**
   * Pods of this cluster, reachable by the Service called `name`.
   *
   * @throws InvalidInputError on a name, label, port or namespace that Kubernetes refuses, or if labels and namespace are both missing
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
   * @throws InvalidInputError if the host, the port or an address range is not valid
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
  readonly ports: Readonly<Record<string, number | Port>>;
  /** Namespace of its pods. Undefined: the namespace of the chart that uses it, or outside the cluster. */
  readonly namespace?: string;
  /** Labels that select its pods. Undefined: every pod of its namespace, or outside the cluster. */
  readonly podLabels?: Readonly<Record<string, string>>;
  /** Address ranges outside the cluster. */
  readonly cidrs?: readonly string[];

  private constructor(
    name: string,
    ports: Readonly<Record<string, number | Port>>,
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

/**
 * A port of a peer.
 *
 * @param where the beginning of the error's message
 * @param port the port's name @default - the first port
 * @throws InvalidInputError if the peer has no such port
 */
export function portOf(where: string, { name, ports }: Peer, port?: string): Port {
  const names = Object.keys(ports);
  const wanted = port ?? names[0] ?? '';
  const found = Object.hasOwn(ports, wanted) ? ports[wanted] : undefined;
  if (found === undefined) {
    throw new InvalidInputError(
      where,
      port === undefined ? `"${name}" listens on no port` : `"${name}" has no port "${port}"`,
      names.length === 0 ? `Declare a port on "${name}"` : `Use one of its ports: ${names.join(', ')}`,
    );
  }
  return asPort(found);
}

/**
 * The number of the first port of a peer, which is the one that is meant if none is named.
 *
 * @throws InvalidInputError if it has none
 */
export function firstPort(where: string, peer: Peer): number {
  return portOf(where, peer).number;
}

/** The peer with its namespace written out: that of the chart if it has none. */
export function inNamespace(peer: Peer, chartNamespace: string | undefined): Peer {
  const { name, namespace, podLabels, ports } = peer;
  const known = namespace !== undefined || podLabels === undefined || chartNamespace === undefined;
  return known ? peer : { name, namespace: chartNamespace, podLabels, ports };
}

/** Whether a peer, whose namespace is written out, runs in `namespace`. */
export function isIn(peer: Peer, namespace: string | undefined): boolean {
  return peer.cidrs === undefined && peer.namespace === namespace;
}

/** What tells a peer from others: its name, its namespace, and whether it is outside the cluster. */
export function peerKey({ name, namespace, cidrs }: Peer): string {
  return JSON.stringify([namespace, name, cidrs !== undefined]);
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

function requirePorts(
  where: string,
  ports: Readonly<Record<string, number | Port>>,
): Readonly<Record<string, number | Port>> {
  for (const [name, port] of Object.entries(ports)) {
    if (typeof port === 'number') requirePort(where, name === 'default' ? 'port' : `port "${name}"`, port);
  }
  return ports;
}

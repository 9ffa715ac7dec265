/* A port that a peer listens on: its number, its protocol and, for a web server, the scheme of its URLs. */
import { InvalidInputError } from '../../core/errors';
import { requirePort } from '../../core/validation';

/** The transport protocols that NetworkPolicy knows. */
export type Protocol = 'TCP' | 'UDP' | 'SCTP';

/** The scheme of a URL. */
export type Scheme = 'http' | 'https';

/**
 * A port of a {@link Peer}. A plain number is the same as `Port.tcp` of it.
 *
 * @example
 * const ports = { api: Port.https(8443), dns: Port.udp(53), metrics: 9090 };
 */
export class Port {
  /** A TCP port of which no more is known. A URL of it begins with `https` if the number is 443, and with `http` otherwise. */
  static tcp(number: number): Port {
    return new Port(number, 'TCP');
  }

  /** A UDP port. */
  static udp(number: number): Port {
    return new Port(number, 'UDP');
  }

  /** An SCTP port. The cluster's network plugin has to support SCTP. */
  static sctp(number: number): Port {
    return new Port(number, 'SCTP');
  }

  /** A TCP port that speaks HTTP. */
  static http(number: number): Port {
    return new Port(number, 'TCP', 'http');
  }

  /** A TCP port that speaks HTTPS. */
  static https(number: number): Port {
    return new Port(number, 'TCP', 'https');
  }

  /** The number of the port. */
  readonly number: number;
  /** Its transport protocol. */
  readonly protocol: Protocol;
  /** The scheme of its URLs. Undefined: not declared. */
  readonly scheme?: Scheme;

  private constructor(number: number, protocol: Protocol, scheme?: Scheme) {
    this.number = requirePort(`Port.${scheme ?? protocol.toLowerCase()}`, 'number', number);
    this.protocol = protocol;
    if (scheme !== undefined) this.scheme = scheme;
  }
}

/** The port that a peer declares, where a plain number is a TCP port. */
export function asPort(port: number | Port): Port {
  return typeof port === 'number' ? Port.tcp(port) : port;
}

/** A port as people write it: `9092`, or `53/UDP` if it is not TCP. */
export function shownPort(number: number, protocol: Protocol): string {
  return protocol === 'TCP' ? `${number}` : `${number}/${protocol}`;
}

/** The scheme of a port's URLs: the declared one, or else `https` on 443 and `http` elsewhere. */
export function schemeOf({ number, scheme }: Port): Scheme {
  return scheme ?? (number === 443 ? 'https' : 'http');
}

/**
 * The URL of a web server: without the port if the scheme implies it.
 *
 * @throws InvalidInputError if it is not a TCP port
 */
export function urlOf(host: string, port: Port): string {
  if (port.protocol !== 'TCP') {
    throw new InvalidInputError(
      `URL of "${host}"`,
      `port ${shownPort(port.number, port.protocol)} is not a TCP port`,
      'Name a TCP port of the peer',
    );
  }
  const scheme = schemeOf(port);
  const implied = scheme === 'https' ? 443 : 80;
  return port.number === implied ? `${scheme}://${host}` : `${scheme}://${host}:${port.number}`;
}

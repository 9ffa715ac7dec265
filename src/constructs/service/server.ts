/* What a pod's server is: where it listens, how it is asked whether it runs, and for its metrics. */

import { InvalidInputError } from '../../core/errors';
import { requirePort } from '../../core/validation';
import { HealthCheck, ServerPort } from '../network/health-check';

/** A server as the kubelet and Prometheus see it. */
export interface Server {
  /** Name, as people call it. */
  readonly name: string;
  /** Whether it takes its settings from Spring Boot's environment variables, and has Micrometer's metrics of HTTP and of the JVM. */
  readonly isSpringBoot: boolean;
  /** The ports that it listens on by itself; the same one twice if metrics are served beside the application. */
  readonly ports: Readonly<Record<ServerPort, number>>;
  /** What the three probes of its pods ask. */
  readonly probes: Readonly<Record<'startup' | 'liveness' | 'readiness', HealthCheck>>;
  /** Path of the metrics, on the port `management`. */
  readonly metricsPath: string;
  /** Environment variables that it needs on a read-only root file system. */
  readonly env: Readonly<Record<string, string>>;
}

const group = (name: string): HealthCheck => ({ port: 'management', path: `/actuator/health/${name}` });

/** Spring Boot with its actuator on a port of its own. */
export const springBoot: Server = {
  name: 'Spring Boot',
  isSpringBoot: true,
  ports: { http: 8080, management: 8081 },
  // Not liveness at the start: a pod that never reached its stores, as with a wrong password, must not count as started.
  probes: { startup: group('startup'), liveness: group('liveness'), readiness: group('readiness') },
  metricsPath: '/actuator/prometheus',
  env: {},
};

/**
 * The ports of a server in a pod: its own, or those that the props say its image has been given.
 *
 * @throws InvalidInputError if a port is out of its range, both are the same and must not be, or they differ and must not
 */
export function portsOf(
  where: string,
  server: Server,
  { httpPort, managementPort }: { readonly httpPort?: number; readonly managementPort?: number },
): Readonly<Record<ServerPort, number>> {
  const http = httpPort ?? server.ports.http;
  const management = managementPort ?? (hasOnePort(server.ports) ? http : server.ports.management);
  requirePort(where, 'httpPort', http);
  requirePort(where, 'managementPort', management);
  if (http === management && !hasOnePort(server.ports)) {
    throw new InvalidInputError(where, `httpPort and managementPort are both ${http}`, 'Give each a port of its own');
  }
  if (http !== management && hasOnePort(server.ports)) {
    throw new InvalidInputError(
      where,
      `managementPort is ${management}, and ${server.name} serves its metrics on httpPort, ${http}`,
      'Leave managementPort out',
    );
  }
  return { http, management };
}

/** Whether metrics are served beside the application, on one port. */
export function hasOnePort({ http, management }: Readonly<Record<ServerPort, number>>): boolean {
  return http === management;
}

/** The ports to declare: Kubernetes takes a number once only. */
export function listening(ports: Readonly<Record<ServerPort, number>>): Readonly<Record<string, number>> {
  return hasOnePort(ports) ? { http: ports.http } : ports;
}

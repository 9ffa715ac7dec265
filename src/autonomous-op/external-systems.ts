import { Endpoint, Peer } from '../constructs/network/peer';
import { Settings } from './environments';
import { namespace } from './names';

/* What runs outside the cluster, or is not ours: addresses, and what it wants to be told. */

/** S3 or MinIO. */
export function objectStoreOf({ host, port, cidrs }: Settings['objectStore']): Peer {
  return Endpoint.external(host, { port, cidrs });
}

/** Keycloak. */
export function keycloakOf({ host, cidrs }: Settings['keycloak']): Peer {
  return Endpoint.external(host, { port: 443, cidrs });
}

/** The Kubernetes API: clients dial 443, and policies are checked behind that, where it is 6443 on most clusters. */
export function apiServerOf({ apiServerCidrs }: Pick<Settings, 'apiServerCidrs'>): Peer {
  return Endpoint.external('kubernetes.default.svc', { port: 443, ports: { secure: 6443 }, cidrs: apiServerCidrs });
}

/** The annotations by which a Datadog agent of the cluster finds the metrics of a service's pods. */
export function datadogAnnotations(
  service: string,
  { ports, metricsPath }: { readonly ports: { readonly management: number }; readonly metricsPath: string },
): Record<string, string> {
  const instance = {
    openmetrics_endpoint: `http://%%host%%:${ports.management}${metricsPath}`,
    namespace,
    metrics: ['.*'],
  };
  return { [`ad.datadoghq.com/${service}.checks`]: JSON.stringify({ openmetrics: { instances: [instance] } }) };
}

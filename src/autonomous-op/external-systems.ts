import { Endpoint, Peer } from '../constructs/network/peer';
import { Settings } from './environments';

/** S3 or MinIO. */
export function objectStoreOf({ objectStore: { host, port, cidrs } }: Settings): Peer {
  return Endpoint.external(host, { port, cidrs });
}

/** Keycloak. */
export function keycloakOf({ keycloak: { host, cidrs } }: Settings): Peer {
  return Endpoint.external(host, { port: 443, cidrs });
}

/** The Kubernetes API: clients dial 443, and policies are checked behind that, where it is 6443 on most clusters. */
export function apiServerOf({ apiServerCidrs }: Settings): Peer {
  return Endpoint.external('kubernetes.default.svc', { port: 443, ports: { secure: 6443 }, cidrs: apiServerCidrs });
}

/** The annotations by which a Datadog agent of the cluster finds the metrics of a service's pods. */
export function datadogAnnotations(service: string, managementPort: number): Record<string, string> {
  const instance = {
    openmetrics_endpoint: `http://%%host%%:${managementPort}/actuator/prometheus`,
    namespace: 'autonomous-op',
    metrics: ['.*'],
  };
  return { [`ad.datadoghq.com/${service}.checks`]: JSON.stringify({ openmetrics: { instances: [instance] } }) };
}

import { Endpoint } from '../constructs/network/peer';
import { ServiceKey } from './services';

/** What a connection can begin or end at, besides the services. */
export const otherPeers = ['ingress', 'kafka', 'postgres', 'redis', 'jaeger', 's3', 'keycloak'] as const;

/** What a connection can begin or end at. */
export type PeerKey = ServiceKey | (typeof otherPeers)[number];

/** Who connects to whom. */
export type DeclaredConnection = readonly [from: PeerKey, to: PeerKey];

/** The connections that the document's diagram has as arrows. */
export const documentConnections: readonly DeclaredConnection[] = [
  ['ingress', 'gateway'],

  ['gateway', 'fms'],
  ['gateway', 'tms'],
  ['gateway', 'scm'],
  ['gateway', 'autonomousOp'],

  ['autonomousOp', 'kafka'],
  ['autonomousOp', 'postgres'],
  ['autonomousOp', 'redis'],
  ['autonomousOp', 'mlService'],

  ['fms', 'kafka'],
  ['fms', 'postgres'],

  ['tms', 'kafka'],
  ['tms', 'postgres'],

  ['scm', 'kafka'],
  ['scm', 'postgres'],

  // The traces of the archive, which is what connects Kafka to S3.
  ['kafka', 'jaeger'],
  ['fms', 'jaeger'],
  ['tms', 'jaeger'],
  ['scm', 'jaeger'],
  ['autonomousOp', 'jaeger'],

  ['postgres', 's3'],
  ['kafka', 's3'],
];

/** Connections that the document asks for outside its diagram, and those that came after it. */
export const furtherConnections: readonly DeclaredConnection[] = [
  // The Deployment of ml-service names both addresses.
  ['mlService', 'kafka'],
  ['mlService', 'redis'],
  // A trace begins at the gateway and ends at the model: without these two, each would lack its ends.
  ['gateway', 'jaeger'],
  ['mlService', 'jaeger'],
  // The box "Authentication" has no arrow: the gateway checks the tokens that Keycloak issues.
  ['gateway', 'keycloak'],
];

/** Every connection; nothing else opens a port for a service. */
export const connections: readonly DeclaredConnection[] = [...documentConnections, ...furtherConnections];

/** What a peer connects to, in the order of declaration. */
export function targetsOf(from: PeerKey, declared: readonly DeclaredConnection[]): PeerKey[] {
  return declared.filter(([each]) => each === from).map(([, to]) => to);
}

/** Addresses that the document's manifests use; the pods behind them are the stores' and operators' own. */
export const peers = {
  kafka: Endpoint.inCluster('kafka', { labels: { app: 'kafka' }, port: 9092 }),
  postgres: Endpoint.inCluster('postgres', { labels: { app: 'postgres' }, port: 5432 }),
  redis: Endpoint.inCluster('redis', { labels: { app: 'redis' }, port: 6379 }),
  elasticsearch: Endpoint.inCluster('elasticsearch', { labels: { app: 'elasticsearch' }, port: 9200 }),
  prometheus: Endpoint.inCluster('prometheus', { labels: { app: 'prometheus' }, port: 9090 }),
  keda: Endpoint.inCluster('keda-operator', { namespace: 'keda', labels: { app: 'keda-operator' } }),
  nginx: Endpoint.inCluster('ingress-nginx', {
    namespace: 'ingress-nginx',
    labels: { 'app.kubernetes.io/name': 'ingress-nginx' },
  }),
  datadogAgent: Endpoint.inCluster('datadog-agent', { namespace: 'datadog', labels: { app: 'datadog-agent' } }),
} as const;

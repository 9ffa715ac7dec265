import { Endpoint } from '../constructs/peer';
import { ServiceKey } from './services';

/** What the services connect to, and what connects to them. */
export const peers = {
  ingress: Endpoint.inCluster('ingress-nginx', {
    namespace: 'ingress-nginx',
    labels: { 'app.kubernetes.io/name': 'ingress-nginx' },
  }),
  kafka: Endpoint.inCluster('kafka', { labels: { app: 'kafka' }, port: 9092 }),
  postgres: Endpoint.inCluster('postgres', { labels: { app: 'postgres' }, port: 5432 }),
  redis: Endpoint.inCluster('redis', { labels: { app: 'redis' }, port: 6379 }),
  elasticsearch: Endpoint.inCluster('elasticsearch', { labels: { app: 'elasticsearch' }, port: 9200 }),
  prometheus: Endpoint.inCluster('prometheus', { labels: { app: 'prometheus' }, port: 9090 }),
  loki: Endpoint.inCluster('loki', { labels: { app: 'loki' }, port: 3100 }),
  keda: Endpoint.inCluster('keda-operator', { namespace: 'keda', labels: { app: 'keda-operator' } }),
} as const;

/** The arrows of the document's diagram between its services; the second name is reached on its port `http`. */
export const calls: readonly (readonly [ServiceKey, ServiceKey])[] = [
  ['gateway', 'fms'],
  ['gateway', 'tms'],
  ['gateway', 'scm'],
  ['gateway', 'autonomousOp'],
  ['autonomousOp', 'mlService'],
];

/** What a service uses beside other services. */
export type Dependency = 'kafka' | 'postgres' | 'redis' | 'jaeger';

/** The arrows of the document's diagram from its services to the stores and to Jaeger. */
export const dependencies: Readonly<Record<ServiceKey, readonly Dependency[]>> = {
  gateway: [],
  autonomousOp: ['postgres', 'kafka', 'redis', 'jaeger'],
  fms: ['postgres', 'kafka', 'jaeger'],
  tms: ['postgres', 'kafka', 'jaeger'],
  scm: ['postgres', 'kafka', 'jaeger'],
  // No arrow, but the document's Deployment of ml-service names both addresses.
  mlService: ['kafka', 'redis'],
};

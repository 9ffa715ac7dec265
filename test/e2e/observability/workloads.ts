/* Which pods there are: those of production's manifests, and the exporters that a cluster has. */

import { logNamespace } from '../../../src/autonomous-op/names';
import { at, listAt, numberAt, textAt } from '../../../src/manifests/value';
import { workloads } from './emitted';
import { Container } from './pod';

/** Pods that are alike. */
export interface Workload {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** How many there are in a quiet hour. */
  readonly pods: number;
  readonly containers: readonly Container[];
  /** The port that serves metrics, in the first container. */
  readonly port?: { readonly name: string; readonly number: number } | undefined;
  /** How the pods are called, from their number on. */
  readonly podName: (index: number) => string;
  /** How the claims of their volumes are called. */
  readonly claim?: ((pod: string) => string) | undefined;
}

/** The nodes of the cluster. */
export const nodes = ['node-a', 'node-b', 'node-c'] as const;

/** What the manifests leave to an operator: the names of the first container and of its port, of the pods and of their claims. */
interface Operated {
  readonly container: string;
  readonly port?: Workload['port'];
  readonly pod: (index: number) => string;
  readonly claim?: (pod: string) => string;
}

const strimzi = { name: 'tcp-prometheus', number: 9404 };
const redis = { container: 'redis-exporter', port: { name: 'redis-exporter', number: 9121 } };

const operated: Readonly<Record<string, Operated>> = {
  'kafka brokers': { container: 'kafka', port: strimzi, pod: numbered('kafka-kafka'), claim: before('data') },
  'kafka zookeeper': { container: 'zookeeper', port: strimzi, pod: numbered('kafka-zookeeper'), claim: before('data') },
  'kafka exporter': { container: 'kafka-kafka-exporter', port: strimzi, pod: hashed('kafka-kafka-exporter') },
  'kafka entity-operator': { container: 'topic-operator', pod: hashed('kafka-entity-operator') },
  'kafka-s3-sink': { container: 'kafka-s3-sink-connect', port: strimzi, pod: numbered('kafka-s3-sink-connect') },
  'postgres-cluster': {
    container: 'postgres',
    port: { name: 'metrics', number: 9187 },
    pod: (index) => `postgres-cluster-${index + 1}`,
    claim: (pod) => pod,
  },
  'postgres pooler': { container: 'pgbouncer', port: { name: 'metrics', number: 9127 }, pod: hashed('postgres') },
  'redis leaders': { ...redis, pod: numbered('redis-leader'), claim: before('redis-leader') },
  'redis followers': { ...redis, pod: numbered('redis-follower'), claim: before('redis-follower') },
  elasticsearch: {
    container: 'elasticsearch',
    pod: numbered('elasticsearch-es-default'),
    claim: before('elasticsearch-data'),
  },
  prometheus: {
    container: 'prometheus',
    port: { name: 'web', number: 9090 },
    pod: numbered('prometheus-prometheus'),
    claim: before('prometheus-prometheus-db'),
  },
  alertmanager: {
    container: 'alertmanager',
    port: { name: 'web', number: 9093 },
    pod: numbered('alertmanager-alertmanager'),
    claim: before('alertmanager-alertmanager-db'),
  },
  'autonomous-op-jaeger collector': { container: 'jaeger-collector', pod: hashed('autonomous-op-jaeger-collector') },
  'autonomous-op-jaeger query': { container: 'jaeger-query', pod: hashed('autonomous-op-jaeger-query') },
};

function numbered(name: string): (index: number) => string {
  return (index) => `${name}-${index}`;
}

function hashed(name: string): (index: number) => string {
  return (index) => `${name}-7d9f5b6c4-${String(index).padStart(5, 'x')}`;
}

function before(prefix: string): (pod: string) => string {
  return (pod) => `${prefix}-${pod}`;
}

/** Ports of the manifests' own templates that serve metrics, by their names. */
const metricsPorts = ['management', 'metrics', 'http'];

function emitted(): Workload[] {
  return workloads
    .filter(({ kind }) => kind !== 'CronJob')
    .map(({ name, namespace, labels, pods, template, containers: sizes }) => {
      const [first] = listAt(template, 'spec', 'containers');
      const known = operated[name];
      const ports = listAt(first, 'ports').map((port) => ({
        name: textAt(port, 'name') ?? '',
        number: numberAt(port, 'containerPort') ?? 0,
      }));
      const container = known?.container ?? textAt(first, 'name') ?? name;
      return {
        name,
        namespace,
        labels: Object.fromEntries(labels),
        pods: pods === 'every node' ? nodes.length : pods.min,
        containers: sizes.map((size, index) => ({ ...size, name: index === 0 ? container : `${container}-${index}` })),
        port: known ? known.port : metricsPorts.flatMap((each) => ports.find((port) => port.name === each) ?? [])[0],
        podName: known?.pod ?? (isSet(template) ? numbered(name) : hashed(name)),
        claim: known?.claim ?? (name === 'loki' ? before('data') : undefined),
      };
    });

  function isSet(template: Parameters<typeof at>[0]): boolean {
    return at(template, 'spec', 'volumeClaimTemplates') !== undefined;
  }
}

/** An exporter of the cluster, where its own manifests install it. */
function clusters(
  name: string,
  namespace: string,
  labels: Readonly<Record<string, string>>,
  port: { name: string; number: number },
  pods = 1,
): Workload {
  const containers = [{ name, limits: {}, requests: {} }];
  return { name, namespace, labels, pods, containers, port, podName: hashed(name) };
}

/** What a cluster has of its own. */
const cluster: readonly Workload[] = [
  clusters(
    'kube-state-metrics',
    'kube-system',
    { 'app.kubernetes.io/name': 'kube-state-metrics' },
    { name: 'http-metrics', number: 8080 },
  ),
  clusters('keda-operator', 'keda', { app: 'keda-operator' }, { name: 'http', number: 8080 }),
  clusters(
    'nvidia-dcgm-exporter',
    'gpu-operator',
    { app: 'nvidia-dcgm-exporter' },
    { name: 'metrics', number: 9400 },
    nodes.length,
  ),
  clusters(
    'cert-manager-controller',
    'cert-manager',
    {
      'app.kubernetes.io/name': 'cert-manager',
      'app.kubernetes.io/component': 'controller',
      app: 'cert-manager',
    },
    { name: 'http-metrics', number: 9402 },
  ),
  // Not pods: the endpoints of the Service that the Prometheus operator keeps are the nodes.
  clusters('kubelet', 'kube-system', { 'k8s-app': 'kubelet' }, { name: 'https-metrics', number: 10250 }, nodes.length),
];

/** Every workload, in a fixed order. */
export const allWorkloads: readonly Workload[] = [...emitted(), ...cluster];

/** The namespaces of production. */
export const ownNamespaces: readonly string[] = ['autonomous-op', logNamespace];

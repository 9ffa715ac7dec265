/* What the objects of the Strimzi operator have in common. */

import { k8s } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { stringify } from 'yaml';
import { Endpoint, Peer } from '../network/peer';
import { MetricsEndpoint } from '../workload/metrics-endpoint';
import { restrictedContainer, restrictedPod } from '../workload/pod-security';

/** Strimzi's port for Prometheus, on every pod that exports metrics. */
export const STRIMZI_METRICS_PORT = 9404;

/** Strimzi's cluster operator where its installation files put it. */
export function strimziOperator(): Peer {
  return Endpoint.inCluster('strimzi-cluster-operator', {
    namespace: 'strimzi',
    labels: { name: 'strimzi-cluster-operator' },
  });
}

/** Strimzi's pods of one kind: brokers, ZooKeeper, the exporter, or the workers of Kafka Connect. Their port is called `metrics`. */
export function strimziMetrics(pods: Peer): MetricsEndpoint {
  return {
    name: pods.name,
    pods,
    port: 'metrics',
    // Strimzi's name of port 9404, on every pod that has metrics.
    containerPort: 'tcp-prometheus',
    labels: ['app', 'strimzi.io/kind', 'strimzi.io/cluster'],
  };
}

/** A pod template of Strimzi that complies with Pod Security `restricted`. */
export function strimziPod(labels: Readonly<Record<string, string>>) {
  const { runAsNonRoot, seccompProfile } = restrictedPod().securityContext;
  return {
    metadata: { labels: { ...labels } },
    // Strimzi's images run as user 1001 of group 0, which their files and the volumes belong to.
    securityContext: { runAsNonRoot, runAsUser: 1001, fsGroup: 0, seccompProfile },
  };
}

/** The template of a container in such a pod; its start script writes into the image's folders, so the root stays writable. */
export function strimziContainer() {
  const { allowPrivilegeEscalation, capabilities } = restrictedContainer().securityContext;
  return { securityContext: { allowPrivilegeEscalation, capabilities } };
}

/** A rule of the JMX exporter: an MBean's attribute that matches becomes a metric. */
export interface JmxRule {
  readonly pattern: string;
  readonly name: string;
  readonly type: 'COUNTER' | 'GAUGE';
  readonly labels?: Readonly<Record<string, string>>;
}

/** Makes a ConfigMap of the JMX exporter's rules, a key for each kind of process, and returns its name. */
export function createMetricsRules(
  scope: Construct,
  name: string,
  rules: Readonly<Record<string, readonly JmxRule[]>>,
): string {
  const file = (list: readonly JmxRule[]) => stringify({ lowercaseOutputName: true, rules: list }, { lineWidth: 0 });
  new k8s.KubeConfigMap(scope, 'metrics', {
    metadata: { name },
    data: Object.fromEntries(Object.entries(rules).map(([key, list]) => [key, file(list)])),
  });
  return name;
}

/** Where Strimzi finds the rules of a kind of process. */
export function metricsConfig<T>(type: T, name: string, key: string) {
  return { type, valueFrom: { configMapKeyRef: { name, key } } };
}

/* The state of the cluster's objects, as kube-state-metrics tells it. */

import { Endpoint, Peer } from '../network/peer';
import { MetricsEndpoint } from '../workload/metrics-endpoint';

/** Properties of {@link kubeStateMetrics}. */
export interface KubeStateMetricsProps {
  /** The pods. Its first port serves metrics. @default - as its own manifests install it, in the namespace kube-system */
  readonly pods?: Peer;
  /** Name of the port in the pod: `http` in the Helm chart. @default 'http-metrics' */
  readonly containerPort?: string;
  /** Namespaces whose series are kept, beside those of nodes and volumes. @default - the namespace of the monitor */
  readonly namespaces?: readonly string[];
}

/**
 * The kube-state-metrics that the cluster has; it is not installed here, since it needs to read the whole cluster.
 *
 * @example
 * prometheus.scrape(kubeStateMetrics({ namespaces: ['shop'] }));
 */
export function kubeStateMetrics(props: KubeStateMetricsProps = {}): MetricsEndpoint {
  return {
    name: 'kube-state-metrics',
    pods:
      props.pods ??
      Endpoint.inCluster('kube-state-metrics', {
        namespace: 'kube-system',
        labels: { 'app.kubernetes.io/name': 'kube-state-metrics' },
        ports: { metrics: 8080 },
      }),
    containerPort: props.containerPort ?? 'http-metrics',
    honorLabels: true,
    labels: [],
    jobLabel: 'app.kubernetes.io/name',
    keepNamespaces: props.namespaces ?? 'own',
  };
}

/* The kubelets' series: cAdvisor's of containers, and how full volumes are. */

import { Construct } from 'constructs';
import {
  ServiceMonitor,
  ServiceMonitorSpecEndpoints,
  ServiceMonitorSpecEndpointsMetricRelabelingsAction,
  ServiceMonitorSpecEndpointsScheme,
} from '../../../imports/monitoring.coreos.com';
import { anyOf, Scraper } from './monitors';

/** Properties of {@link PrometheusServer.scrapeKubelets}. */
export interface KubeletMetricsProps {
  /** Addresses of the nodes. NetworkPolicy knows a node by its address only. */
  readonly nodeCidrs: readonly string[];
  /** Namespaces whose series are kept. @default - the namespace of Prometheus */
  readonly namespaces?: readonly string[];
  /** Whether the kubelets' certificates are of the cluster's authority; many clusters' kubelets sign their own. @default false */
  readonly verifyCertificates?: boolean;
}

/** Their job: the value of the Service's label `k8s-app`. */
export const KUBELET_JOB = 'kubelet';

/**
 * The monitor of the kubelets. They are found by the Service `kube-system/kubelet`, which the Prometheus operator keeps if it is
 * started with `--kubelet-service`, as its bundle does.
 */
export function createKubeletMonitor(
  scope: Construct,
  prometheus: Scraper,
  namespaces: readonly string[],
  verifyCertificates: boolean,
): void {
  const kept = anyOf(`${prometheus.node.path}: scrape of the kubelets`, namespaces);
  const endpoint = (path: string, metrics: string) => kubeletEndpoint(path, `${kept};${metrics}`, verifyCertificates);
  new ServiceMonitor(scope, 'monitor', {
    metadata: { name: 'kubelet-monitor', labels: { ...prometheus.monitorLabels } },
    spec: {
      namespaceSelector: { matchNames: ['kube-system'] },
      selector: { matchLabels: { 'k8s-app': KUBELET_JOB } },
      jobLabel: 'k8s-app',
      endpoints: [
        endpoint('/metrics', 'kubelet_volume_stats_.+'),
        // cAdvisor's samples have times of their own, for which Prometheus would go on with a pod for five minutes after its end:
        // in a roll-out both the old and the new pods would count.
        { ...endpoint('/metrics/cadvisor', 'container_.+'), honorTimestamps: false },
      ],
    },
  });
}

function kubeletEndpoint(path: string, kept: string, verifyCertificates: boolean): ServiceMonitorSpecEndpoints {
  const account = '/var/run/secrets/kubernetes.io/serviceaccount';
  const action = ServiceMonitorSpecEndpointsMetricRelabelingsAction.KEEP;
  return {
    port: 'https-metrics',
    scheme: ServiceMonitorSpecEndpointsScheme.HTTPS,
    path,
    interval: '30s',
    honorLabels: true,
    bearerTokenFile: `${account}/token`,
    tlsConfig: verifyCertificates ? { caFile: `${account}/ca.crt` } : { insecureSkipVerify: true },
    metricRelabelings: [{ sourceLabels: ['namespace', '__name__'], regex: kept, action }],
  };
}

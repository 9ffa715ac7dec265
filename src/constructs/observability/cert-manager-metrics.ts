/* How long the certificates are valid. */

import { MetricsEndpoint } from '../workload/metrics-endpoint';
import { Endpoint, Peer } from '../network/peer';

/**
 * cert-manager's controller, by default where its manifests install it. Its series tell the namespace of the certificate.
 *
 * @example
 * prometheus.scrape(certManagerMetrics());
 */
export function certManagerMetrics(
  pods: Peer = Endpoint.inCluster('cert-manager', {
    namespace: 'cert-manager',
    labels: { 'app.kubernetes.io/name': 'cert-manager', 'app.kubernetes.io/component': 'controller' },
    ports: { metrics: 9402 },
  }),
): MetricsEndpoint {
  // It tells of the whole cluster's certificates.
  return { name: 'cert-manager', pods, containerPort: 'http-metrics', honorLabels: true, keepNamespaces: 'own' };
}

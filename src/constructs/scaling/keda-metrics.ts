/* What KEDA tells about its scalers. */

import { Endpoint, Peer } from '../network/peer';
import { MetricsEndpoint } from '../workload/metrics-endpoint';

/**
 * KEDA's operator, by default where its release installs it. Its series tell the namespace of the ScaledObject.
 *
 * @example
 * prometheus.scrape(kedaMetrics());
 */
export function kedaMetrics(
  pods: Peer = Endpoint.inCluster('keda-operator', {
    namespace: 'keda',
    labels: { app: 'keda-operator' },
    ports: { metrics: 8080 },
  }),
): MetricsEndpoint {
  // It tells of the whole cluster's ScaledObjects.
  return { name: 'keda', pods, containerPort: 'http', honorLabels: true, keepNamespaces: 'own' };
}

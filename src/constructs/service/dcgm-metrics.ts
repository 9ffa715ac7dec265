/* What the GPUs of the nodes do. */

import { Endpoint, Peer } from '../network/peer';
import { MetricsEndpoint } from '../workload/metrics-endpoint';

/**
 * NVIDIA's exporter on the GPU nodes, by default where the GPU operator installs it. Its series tell the pod that has the GPU.
 *
 * @example
 * prometheus.scrape(dcgmMetrics());
 */
export function dcgmMetrics(
  pods: Peer = Endpoint.inCluster('nvidia-dcgm-exporter', {
    namespace: 'gpu-operator',
    labels: { app: 'nvidia-dcgm-exporter' },
    ports: { metrics: 9400 },
  }),
): MetricsEndpoint {
  return { name: 'dcgm', pods, containerPort: 'metrics', honorLabels: true };
}

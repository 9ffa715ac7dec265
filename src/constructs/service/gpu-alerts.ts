/* Alerts on the GPUs. */

import { Duration } from 'cdk8s';
import { Alert } from '../observability/alert-rules';

const gpu = 'resource="nvidia_com_gpu"';

/** Whether the cluster has GPUs left; needs kubeStateMetrics. */
export function gpuAlerts(): Alert[] {
  return [
    {
      // A request without a node is of a pod that waits; a pod that has ended is listed with its request, and has no GPU.
      name: 'GpuPoolFull',
      expr:
        `sum(max by (namespace, pod, container) (kube_pod_container_resource_requests{${gpu}, node!=""})` +
        ` unless on (namespace, pod) kube_pod_status_phase{phase=~"Succeeded|Failed"} == 1)` +
        ` / sum(max by (node) (kube_node_status_allocatable{${gpu}})) * 100 >= 100`,
      for: Duration.minutes(15),
      severity: 'warning',
      summary: 'Every GPU is taken',
      description:
        '{{ $value | printf "%.0f" }}% of the GPUs are taken: a further pod, or a lost node\'s, would wait for one',
    },
  ];
}

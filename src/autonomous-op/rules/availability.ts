import { Duration } from 'cdk8s';
import { Alert } from '../../constructs/observability/alert-rules';
import { logNamespace, namespace } from '../names';
import { serviceKeys, services } from '../services';

/** cert-manager renews 30 days before the end; after two weeks of trying in vain, somebody should look. */
const certificateDays = 14;

const names = serviceKeys.map((key) => services[key].name);
const inNamespaces = `namespace=~"${namespace}|${logNamespace}"`;
const gpu = 'resource="nvidia_com_gpu"';

/** A service of which no target is left has no series that could be 0: hence `absent` for each. */
const servicesDown = [
  `sum by (app, namespace) (up{namespace="${namespace}", app=~"${names.join('|')}"}) == 0`,
  ...names.map((name) => `absent(up{namespace="${namespace}", app="${name}"})`),
].join(' or ');

/** Whether everything runs, and whether anybody would hear of it if not. */
export const availabilityAlerts: readonly Alert[] = [
  {
    name: 'ServiceDown',
    expr: servicesDown,
    for: Duration.minutes(2),
    severity: 'critical',
    summary: 'A service is down',
    description: 'No pod of {{ $labels.app }} has answered Prometheus for 2 minutes',
  },
  {
    // A Job's pod that is done is not ready either, and shall not be.
    name: 'PodNotReady',
    expr:
      `kube_pod_status_ready{${inNamespaces}, condition="true"} == 0` +
      ` unless on (namespace, pod) kube_pod_status_phase{${inNamespaces}, phase="Succeeded"} == 1`,
    for: Duration.minutes(15),
    severity: 'warning',
    summary: 'A pod is not ready',
    description: '{{ $labels.namespace }}/{{ $labels.pod }} has not been ready for 15 minutes',
  },
  {
    // A request without a node is of a pod that waits.
    name: 'GpuPoolFull',
    expr:
      `sum(kube_pod_container_resource_requests{${gpu}, node!=""})` +
      ` / sum(kube_node_status_allocatable{${gpu}}) * 100 >= 100`,
    for: Duration.minutes(15),
    severity: 'warning',
    summary: 'Every GPU is taken',
    description:
      '{{ $value | printf "%.0f" }}% of the GPUs are taken: a further pod, or a lost node\'s, would wait for one',
  },
  {
    name: 'CertificateExpiring',
    expr:
      'min by (name) (certmanager_certificate_expiration_timestamp_seconds) - time()' + ` < ${certificateDays} * 86400`,
    for: Duration.minutes(60),
    severity: 'warning',
    summary: 'A certificate expires soon',
    description: `{{ $labels.name }} expires in {{ $value | humanizeDuration }} (< ${certificateDays}d)`,
  },
  {
    name: 'Watchdog',
    expr: 'vector(1)',
    for: Duration.seconds(0),
    severity: 'none',
    summary: 'Alerting works',
    description: 'This alert always fires. Where it stops, Prometheus or Alertmanager no longer tell anybody anything',
  },
];

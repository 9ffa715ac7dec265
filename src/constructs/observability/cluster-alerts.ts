import { Duration } from 'cdk8s';
import { Alert } from './alert-rules';

/* Alerts on what every cluster has, whatever runs in it: pods, volumes, certificates, and the alerting itself. */

/** Properties of {@link volumeAlerts}. */
export interface VolumeAlertsProps {
  /** Namespace of the volume claims. */
  readonly namespace: string;
  /** Percent of a volume beyond which there is work to do. @default 80 */
  readonly filling?: number;
  /** Percent of a volume beyond which its store is about to stop. @default 95 */
  readonly full?: number;
}

/** Whether volumes are about to be full; needs the kubelets' metrics. */
export function volumeAlerts({ namespace, filling = 80, full = 95 }: VolumeAlertsProps): Alert[] {
  const bytes = (what: string) => `kubelet_volume_stats_${what}_bytes{namespace="${namespace}"}`;
  const used = `${bytes('used')} / ${bytes('capacity')} * 100`;
  const description = (limit: number) =>
    `{{ $labels.persistentvolumeclaim }} is {{ $value | printf "%.0f" }}% full (> ${limit}%)`;
  return [
    {
      name: 'VolumeFillingUp',
      expr: `${used} > ${filling}`,
      for: Duration.minutes(15),
      severity: 'warning',
      summary: 'A volume is filling up',
      description: description(filling),
    },
    {
      name: 'VolumeNearlyFull',
      expr: `${used} > ${full}`,
      for: Duration.minutes(5),
      severity: 'critical',
      summary: 'A volume is nearly full',
      description: description(full),
    },
  ];
}

/** Properties of {@link podAlerts}. */
export interface PodAlertsProps {
  /** Namespaces of the pods. */
  readonly namespaces: readonly string[];
}

/** Whether pods are ready; needs kubeStateMetrics. */
export function podAlerts({ namespaces }: PodAlertsProps): Alert[] {
  const inNamespaces = `namespace=~"${namespaces.join('|')}"`;
  return [
    {
      // A Job's pod that is done is not ready either, and should not be.
      name: 'PodNotReady',
      expr:
        `kube_pod_status_ready{${inNamespaces}, condition="true"} == 0` +
        ` unless on (namespace, pod) kube_pod_status_phase{${inNamespaces}, phase="Succeeded"} == 1`,
      for: Duration.minutes(15),
      severity: 'warning',
      summary: 'A pod is not ready',
      description: '{{ $labels.namespace }}/{{ $labels.pod }} has not been ready for 15 minutes',
    },
  ];
}

/** Properties of {@link certificateAlerts}. */
export interface CertificateAlertsProps {
  /** Days before its end when a certificate should be another. @default 14 (cert-manager renews 30 days before the end, and has then tried in vain for two weeks) */
  readonly days?: number;
}

/** Whether certificates are renewed; needs certManagerMetrics. */
export function certificateAlerts({ days = 14 }: CertificateAlertsProps = {}): Alert[] {
  return [
    {
      name: 'CertificateExpiring',
      expr: `min by (name) (certmanager_certificate_expiration_timestamp_seconds) - time() < ${days} * 86400`,
      for: Duration.minutes(60),
      severity: 'warning',
      summary: 'A certificate expires soon',
      description: `{{ $labels.name }} expires in {{ $value | humanizeDuration }} (< ${days}d)`,
    },
  ];
}

/** An alert that always fires: whoever stops hearing it knows that alerting no longer works. */
export function watchdogAlert(): Alert {
  return {
    name: 'Watchdog',
    expr: 'vector(1)',
    for: Duration.seconds(0),
    severity: 'none',
    summary: 'Alerting works',
    description: 'This alert always fires. Where it stops, Prometheus or Alertmanager no longer tell anybody anything',
  };
}

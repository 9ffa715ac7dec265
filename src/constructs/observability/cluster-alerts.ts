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
  const stats = (what: string) =>
    `max by (namespace, persistentvolumeclaim) (kubelet_volume_stats_${what}{namespace="${namespace}"})`;
  const used = `${stats('used_bytes')} / ${stats('capacity_bytes')} * 100`;
  // Some file systems have as many as they need, and say 0.
  const inodes = `(1 - ${stats('inodes_free')} / (${stats('inodes')} > 0)) * 100`;
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
      inhibitedBy: { alerts: ['VolumeNearlyFull'], equal: ['namespace', 'persistentvolumeclaim'] },
    },
    {
      name: 'VolumeNearlyFull',
      expr: `${used} > ${full}`,
      for: Duration.minutes(5),
      severity: 'critical',
      summary: 'A volume is nearly full',
      description: description(full),
    },
    {
      name: 'VolumeInodesNearlyUsedUp',
      expr: `${inodes} > ${full}`,
      for: Duration.minutes(5),
      severity: 'critical',
      summary: 'A volume can hold hardly any more files',
      description: `{{ $labels.persistentvolumeclaim }} has used {{ $value | printf "%.0f" }}% of its inodes (> ${full}%)`,
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
      // A Job's pod that is done is not ready either, and should not be; one that was evicted stays, and another has its place.
      name: 'PodNotReady',
      expr:
        `min by (namespace, pod) (kube_pod_status_ready{${inNamespaces}, condition="true"}) == 0` +
        ` unless on (namespace, pod) kube_pod_status_phase{${inNamespaces}, phase=~"Succeeded|Failed"} == 1`,
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

/** Whether certificates are issued and renewed; needs certManagerMetrics. */
export function certificateAlerts({ days = 14 }: CertificateAlertsProps = {}): Alert[] {
  return [
    {
      name: 'CertificateExpiring',
      // It is 0 until there is one.
      expr: `min by (name) (certmanager_certificate_expiration_timestamp_seconds > 0) - time() < ${days} * 86400`,
      for: Duration.minutes(60),
      severity: 'warning',
      summary: 'A certificate expires soon',
      description: `{{ $labels.name }} expires in {{ $value | humanizeDuration }} (< ${days}d)`,
    },
    {
      name: 'CertificateNotReady',
      expr: 'max by (name) (certmanager_certificate_ready_status{condition!="True"}) == 1',
      for: Duration.minutes(30),
      severity: 'warning',
      summary: 'There is no valid certificate',
      description: '{{ $labels.name }} has not been ready for 30 minutes: it was not issued, or has expired',
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

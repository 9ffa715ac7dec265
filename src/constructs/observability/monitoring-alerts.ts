/* Alerts on the alerting: rules that fail, and alerts and logs that get lost. */

import { Duration } from 'cdk8s';
import { Alert } from './alert-rules';

/** Properties of {@link monitoringAlerts}. */
export interface MonitoringAlertsProps {
  /** Namespace of Prometheus and Alertmanager. */
  readonly namespace: string;
}

/** Whether Prometheus evaluates its rules, and Alertmanager tells of alerts. What of it still works carries the news. */
export function monitoringAlerts({ namespace }: MonitoringAlertsProps): Alert[] {
  const inNamespace = `namespace="${namespace}"`;
  const increase = (counter: string, by: string, window: string) =>
    `sum by (${by}) (increase(${counter}{${inNamespace}}[${window}]))`;
  const rose = (counter: string, by: string) => `${increase(counter, by, '5m')} > 0`;
  return [
    {
      name: 'RuleEvaluationFailing',
      expr: rose('prometheus_rule_evaluation_failures_total', 'rule_group'),
      for: Duration.minutes(5),
      severity: 'critical',
      summary: 'Rules can not be evaluated',
      description: 'Rules of {{ $labels.rule_group }} fail for 5 minutes: their alerts are silent',
    },
    {
      name: 'NotificationsDropped',
      expr: rose('prometheus_notifications_dropped_total', 'pod'),
      for: Duration.minutes(5),
      severity: 'critical',
      summary: 'Alerts do not reach Alertmanager',
      description: '{{ $labels.pod }} has dropped {{ $value | printf "%.0f" }} notifications in 5 minutes',
    },
    {
      name: 'NotificationsFailing',
      // What is refused is sent again after groupInterval, 5 minutes: a shorter window would forget one before the next.
      expr: `${increase('alertmanager_notifications_failed_total', 'integration', '15m')} >= 2`,
      for: Duration.minutes(5),
      severity: 'critical',
      summary: 'Alertmanager can not tell anybody',
      description:
        '{{ $value | printf "%.0f" }} notifications by {{ $labels.integration }} have failed in 15 minutes: somebody is not told',
    },
    {
      name: 'ReloadFailing',
      expr: [
        `prometheus_config_last_reload_successful{${inNamespace}} == 0`,
        `alertmanager_config_last_reload_successful{${inNamespace}} == 0`,
      ].join(' or '),
      for: Duration.minutes(10),
      severity: 'warning',
      summary: 'A configuration is refused',
      description: '{{ $labels.pod }} refuses its new configuration, and goes on with the one before',
    },
  ];
}

/** Properties of {@link logAlerts}. */
export interface LogAlertsProps {
  /** Namespace of Promtail. */
  readonly namespace: string;
}

/** Whether log lines get lost between Promtail and Loki. */
export function logAlerts({ namespace }: LogAlertsProps): Alert[] {
  return [
    {
      name: 'LogsDropped',
      expr: `sum by (reason) (increase(promtail_dropped_entries_total{namespace="${namespace}"}[15m])) > 0`,
      for: Duration.minutes(15),
      severity: 'warning',
      summary: 'Log lines are lost',
      description: 'Promtail has dropped {{ $value | printf "%.0f" }} lines in 15 minutes ({{ $labels.reason }})',
    },
  ];
}

import { metric, MetricNames } from './metric';

const prometheusCounter = metric('Prometheus', 'counter');
const prometheusGauge = metric('Prometheus', 'gauge');
const alertmanagerCounter = metric('Alertmanager', 'counter');
const alertmanagerGauge = metric('Alertmanager', 'gauge');
const promtailCounter = metric('Promtail', 'counter');

/** What Prometheus exposes of itself and adds to a scrape, and what Alertmanager and Promtail expose. */
export const prometheusMetricNames: MetricNames = {
  up: prometheusGauge(),
  ALERTS: prometheusGauge('alertname', 'alertstate', 'severity'),
  prometheus_config_last_reload_successful: prometheusGauge(),
  prometheus_rule_evaluation_failures_total: prometheusCounter('rule_group'),
  prometheus_notifications_dropped_total: prometheusCounter(),

  alertmanager_notifications_failed_total: alertmanagerCounter('integration', 'reason'),
  alertmanager_config_last_reload_successful: alertmanagerGauge(),

  promtail_dropped_entries_total: promtailCounter('host', 'reason', 'tenant'),
};

import { metric, MetricNames } from './metric';

const prometheusCounter = metric('Prometheus', 'counter');
const prometheusGauge = metric('Prometheus', 'gauge');

/** What Prometheus exposes of itself, and what it adds to a scrape. */
export const prometheusMetricNames: MetricNames = {
  up: prometheusGauge(),
  scrape_duration_seconds: prometheusGauge(),
  scrape_samples_scraped: prometheusGauge(),
  ALERTS: prometheusGauge('alertname', 'alertstate', 'severity'),
  ALERTS_FOR_STATE: prometheusGauge('alertname', 'severity'),
  prometheus_build_info: prometheusGauge('version'),
  prometheus_config_last_reload_successful: prometheusGauge(),
  prometheus_rule_evaluation_failures_total: prometheusCounter('rule_group'),
  prometheus_notifications_dropped_total: prometheusCounter('alertmanager'),
  prometheus_notifications_alertmanagers_discovered: prometheusGauge(),
  prometheus_tsdb_head_series: prometheusGauge(),
  prometheus_tsdb_head_samples_appended_total: prometheusCounter('type'),
  prometheus_tsdb_storage_blocks_bytes: prometheusGauge(),
};

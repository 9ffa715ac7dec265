/* Alerts on what Prometheus scrapes: without it every other alert is silent. */

import { Duration } from 'cdk8s';
import { Alert } from './alert-rules';
import { ScrapedTarget } from './monitors';

/** Properties of {@link scrapeAlerts}. */
export interface ScrapeAlertsProps {
  /** What is scraped: `targets` of a PrometheusServer or of an ExistingPrometheus, as far as no alert of its own watches it. */
  readonly targets: readonly ScrapedTarget[];
}

/** Whether what Prometheus scrapes answers, stores sooner than exporters. A set of pods counts as long as one of them answers. */
export function scrapeAlerts({ targets }: ScrapeAlertsProps): Alert[] {
  const jobs = (vital: boolean) => [
    ...new Set(targets.filter((target) => target.vital === vital).map(({ job }) => job)),
  ];
  const storeDown: Alert = {
    name: 'StoreDown',
    expr: away(jobs(true)),
    for: Duration.minutes(2),
    severity: 'critical',
    summary: 'A store is down',
    description: 'No pod of {{ $labels.job }} has answered Prometheus for 2 minutes',
  };
  const exporterDown: Alert = {
    name: 'ExporterDown',
    expr: away(jobs(false)),
    for: Duration.minutes(15),
    severity: 'warning',
    summary: 'Something is no longer measured',
    description: '{{ $labels.job }} has not answered Prometheus for 15 minutes: alerts on its metrics are silent',
  };
  return [storeDown, exporterDown].filter(({ expr }) => expr !== '');
}

/** That no target of a job answers. A job of which no target is left has no series that could be 0: hence `absent` for each. */
function away(jobs: readonly string[]): string {
  if (jobs.length === 0) return '';
  const all = `max by (job) (up{job=~"${jobs.join('|')}"}) == 0`;
  return [all, ...jobs.map((job) => `absent(up{job="${job}"})`)].join(' or ');
}

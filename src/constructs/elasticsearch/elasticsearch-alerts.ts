/* Alerts on Elasticsearch. */

import { Duration } from 'cdk8s';
import { Alert, Severity } from '../observability/alert-rules';

/** Properties of {@link elasticsearchAlerts}. */
export interface ElasticsearchAlertsProps {
  /** Namespace of the exporter. */
  readonly namespace: string;
  /** How urgent it is: `warning` if nothing but traces is in it. @default 'critical' */
  readonly severity?: Severity;
}

/** Whether every shard has its primary; needs an ElasticsearchExporter. */
export function elasticsearchAlerts({ namespace, severity = 'critical' }: ElasticsearchAlertsProps): Alert[] {
  return [
    {
      name: 'ElasticsearchRed',
      expr: `max by (cluster) (elasticsearch_cluster_health_status{namespace="${namespace}", color="red"}) == 1`,
      for: Duration.minutes(5),
      severity,
      summary: 'Elasticsearch is red',
      description:
        '{{ $labels.cluster }} has had a shard without its primary for 5 minutes: what is in it can not be read',
    },
  ];
}

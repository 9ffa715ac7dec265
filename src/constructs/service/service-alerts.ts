/* Alerts on services. */

import { Duration } from 'cdk8s';
import { Alert } from '../observability/alert-rules';

/** Properties of {@link serviceAlerts}. */
export interface ServiceAlertsProps {
  /** Namespace of the services. */
  readonly namespace: string;
  /** Names of the services. */
  readonly services: readonly string[];
}

/** Whether services run. */
export function serviceAlerts({ namespace, services }: ServiceAlertsProps): Alert[] {
  return [
    {
      name: 'ServiceDown',
      // A service of which no target is left has no series that could be 0: hence `absent` for each.
      expr: [
        `sum by (app, namespace) (up{namespace="${namespace}", app=~"${services.join('|')}"}) == 0`,
        ...services.map((name) => `absent(up{namespace="${namespace}", app="${name}"})`),
      ].join(' or '),
      for: Duration.minutes(2),
      severity: 'critical',
      summary: 'A service is down',
      description: 'No pod of {{ $labels.app }} has answered Prometheus for 2 minutes',
    },
  ];
}

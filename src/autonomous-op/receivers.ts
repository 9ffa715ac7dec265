import { AlertRoutingProps } from '../constructs/observability/alert-routing';
import { InvalidInputError } from '../core/errors';

/** Who is told, by urgency. */
type Told = Pick<AlertRoutingProps, 'critical' | 'warning' | 'watchdog'>;

/**
 * Who is told of alerts. Nobody yet: they show in Alertmanager. To wake somebody, name the receivers by urgency:
 *
 *     critical: [Receiver.pagerDuty({ routingKey: secretKey('alerting', 'pagerduty') })],
 *     warning: [Receiver.slack({ webhookUrl: secretKey('alerting', 'slack'), channel: '#autonomous-op' })],
 */
export const receivers: Told = {};

/** @throws InvalidInputError if an outage would wake nobody */
export function requireReceivers({ critical = [] }: Told = receivers): void {
  if (critical.length === 0) {
    throw new InvalidInputError(
      'src/autonomous-op/receivers.ts',
      'nobody is told of a critical alert',
      'Name a receiver for critical, as docs/operating.md shows, or leave strict mode',
    );
  }
}

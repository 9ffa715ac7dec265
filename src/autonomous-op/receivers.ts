import { AlertRoutingProps } from '../constructs/observability/alert-routing';

/**
 * Who is told of alerts. Nobody yet: they show in Alertmanager. To wake somebody, name the receivers by urgency:
 *
 *     critical: [Receiver.pagerDuty({ routingKey: secretKey('alerting', 'pagerduty') })],
 *     warning: [Receiver.slack({ webhookUrl: secretKey('alerting', 'slack'), channel: '#autonomous-op' })],
 */
export const receivers: Pick<AlertRoutingProps, 'critical' | 'warning' | 'watchdog'> = {};

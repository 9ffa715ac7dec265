/* Receivers of every kind, and a routing in which every property differs from its default. */

import { Duration } from 'cdk8s';
import { Endpoint } from '../../../src/constructs/network/peer';
import { AlertRoutingProps, Receiver } from '../../../src/constructs/observability/alert-routing';
import { secretKey } from '../../../src/core/secrets';

const key = (name: string) => secretKey('alerting', name);
export const onCall = Receiver.pagerDuty({ routingKey: key('pagerduty') });
export const channel = Receiver.slack({ webhookUrl: key('slack'), channel: '#alerts' });
export const deadMan = Receiver.webhook(
  secretKey('dead-man', 'url'),
  Endpoint.external('deadman.example.com', { port: 443 }),
);
export const mail = Receiver.email({
  to: 'oncall@example.com',
  from: 'alertmanager@example.com',
  server: Endpoint.external('smtp.example.com', { port: 587 }),
  username: 'alertmanager',
  password: key('smtp'),
});

export const routing: Required<AlertRoutingProps> = {
  critical: [onCall, channel],
  warning: [channel, mail],
  watchdog: [deadMan],
  groupBy: ['alertname'],
  groupWait: Duration.seconds(60),
  groupInterval: Duration.minutes(10),
  criticalRepeat: Duration.hours(2),
  warningRepeat: Duration.hours(24),
  watchdogRepeat: Duration.minutes(2),
};

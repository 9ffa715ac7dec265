/* Who is told in the tests, in the place of src/autonomous-op/receivers.ts, which names nobody yet. */

import { Endpoint } from '../../../src/constructs/network/peer';
import { AlertRoutingProps, Receiver } from '../../../src/constructs/observability/alert-routing';
import { secretKey } from '../../../src/core/secrets';

const server = Endpoint.external('receivers.example.com', { port: 443 });
const told = (key: string) => [Receiver.webhook(secretKey('alerting', key), server)];

export const receivers: Pick<AlertRoutingProps, 'critical' | 'warning' | 'watchdog'> = {
  critical: told('critical'),
  warning: told('warning'),
  watchdog: told('watchdog'),
};

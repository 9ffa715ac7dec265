import { AlertmanagerServer, AutonomousOpService, NetworkPolicyBundle, Receiver, secretKey } from 'autonomous-op-cdk8s';
import { App, Chart } from 'cdk8s';

/** Critical alerts wake somebody, the others wait in a channel. */
export function alertmanagerServer(app: App): Chart {
  const chart = new Chart(app, 'returns', { namespace: 'returns' });
  const returns = new AutonomousOpService(chart, 'returns', { image: 'acme/returns:1.2.0' });

  const alertmanager = new AlertmanagerServer(chart, 'alertmanager', {
    critical: [Receiver.pagerDuty({ routingKey: secretKey('returns-alerting', 'pagerduty') })],
    warning: [Receiver.slack({ webhookUrl: secretKey('returns-alerting', 'slack'), channel: '#returns' })],
  });

  new NetworkPolicyBundle(chart, 'network', { workloads: [returns, alertmanager] });

  return chart;
}

import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { Duration } from 'cdk8s';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { Alert } from '../../../src/constructs/observability/alert-rules';
import { volumeAlerts } from '../../../src/constructs/observability/cluster-alerts';
import { Endpoint } from '../../../src/constructs/network/peer';
import {
  alertmanagerConfig,
  AlertRoutingProps,
  Receiver,
  receiversOf,
} from '../../../src/constructs/observability/alert-routing';
import { secretKey } from '../../../src/core/secrets';
import { channel, deadMan, mail, onCall, routing } from './receivers';
import { temporaryFolder } from '../../temporary-folder';

const configOf = (props: AlertRoutingProps, alerts: readonly Alert[] = []): unknown =>
  parse(alertmanagerConfig('alertmanager', props, alerts));

test('nobody is told, and no alert holds another back', () => {
  expect(configOf({})).toEqual({
    route: {
      receiver: 'null',
      group_by: ['alertname', 'namespace', 'app'],
      group_wait: '30s',
      group_interval: '300s',
      repeat_interval: '43200s',
      routes: [
        { matchers: ['alertname="Watchdog"'], receiver: 'null', group_interval: '60s', repeat_interval: '50s' },
        { matchers: ['severity="none"'], receiver: 'null' },
        { matchers: ['severity="critical"'], receiver: 'null', group_wait: '10s', repeat_interval: '3600s' },
      ],
    },
    inhibit_rules: [],
    receivers: [{ name: 'null' }],
  });
});

test('an alert is held back by those that it names, with the same labels', () => {
  const [filling, full] = volumeAlerts({ namespace: 'shop' });
  const inhibitedBy = { alerts: ['VolumeNearlyFull', 'VolumeGone'], equal: ['persistentvolumeclaim'] };
  const alerts = [filling, full].flatMap((alert) => (alert === undefined ? [] : [alert]));
  expect(configOf({}, [...alerts, ...alerts.map((alert) => ({ ...alert, name: 'Other', inhibitedBy }))])).toMatchObject(
    {
      inhibit_rules: [
        {
          source_matchers: ['alertname=~"VolumeNearlyFull"'],
          target_matchers: ['alertname="VolumeFillingUp"'],
          equal: ['namespace', 'persistentvolumeclaim'],
        },
        {
          source_matchers: ['alertname=~"VolumeNearlyFull|VolumeGone"'],
          target_matchers: ['alertname="Other"'],
          equal: ['persistentvolumeclaim'],
        },
        expect.anything(),
      ],
    },
  );
});

test('every receiver is told what its route is for, as soon and as often as it says', () => {
  const files = '/etc/alertmanager/secrets/alerting';
  const slack = { api_url_file: `${files}/slack`, channel: '#alerts', send_resolved: true };
  expect(configOf(routing)).toMatchObject({
    route: {
      receiver: 'warning',
      group_by: ['alertname'],
      group_wait: '60s',
      group_interval: '600s',
      repeat_interval: '86400s',
      routes: [
        { receiver: 'watchdog', group_interval: '120s', repeat_interval: '110s' },
        { receiver: 'null' },
        { receiver: 'critical', group_wait: '20s', repeat_interval: '7200s' },
      ],
    },
    receivers: [
      { name: 'null' },
      { name: 'critical', pagerduty_configs: [{ routing_key_file: `${files}/pagerduty` }], slack_configs: [slack] },
      {
        name: 'warning',
        slack_configs: [slack],
        email_configs: [
          {
            to: 'oncall@example.com',
            from: 'alertmanager@example.com',
            smarthost: 'smtp.example.com:587',
            require_tls: true,
            auth_username: 'alertmanager',
            auth_password_file: `${files}/smtp`,
          },
        ],
      },
      { name: 'watchdog', webhook_configs: [{ url_file: '/etc/alertmanager/secrets/dead-man/url' }] },
    ],
  });
});

test('a receiver of two routes is mounted and reached once', () => {
  expect(receiversOf(routing)).toEqual([onCall, channel, mail, deadMan]);
});

test.each<[string, AlertRoutingProps, string]>([
  ['an empty grouping', { groupBy: [] }, 'groupBy is empty'],
  ['a grouping by what is not a label', { groupBy: ['alert name'] }, 'groupBy has "alert name"'],
  ['a time of 0 seconds', { criticalRepeat: Duration.seconds(0) }, 'criticalRepeat is 0 seconds'],
])('%s is refused', (_, props, message) => {
  expect(() => configOf(props)).toThrow(message);
});

test('a receiver needs all that it is told by', () => {
  const server = Endpoint.external('smtp.example.com', { port: 25 });
  const addresses = { to: 'a@example.com', from: 'b@example.com', server };
  expect(() => Receiver.email({ ...addresses, username: 'me' })).toThrow('only one of username and password');
  expect(() => Receiver.email({ ...addresses, to: ' ' })).toThrow('to is empty');
  expect(() => Receiver.slack({ webhookUrl: secretKey('alerting', 'slack'), channel: '' })).toThrow('channel is empty');
});

/** The release of amtool; undefined if it is not installed. */
function amtool(): [major: number, minor: number] | undefined {
  const { error, stdout, stderr } = spawnSync('amtool', ['--version'], { encoding: 'utf8' });
  const release = /version (\d+)\.(\d+)/.exec(`${stdout}${stderr}`);
  return error === undefined && release !== null ? [Number(release[1]), Number(release[2])] : undefined;
}

const release = amtool();

describe.skipIf(release === undefined)('amtool (skipped if it is not installed)', () => {
  const inFolder = temporaryFolder();

  test.each<[string, AlertRoutingProps]>([
    ['no receiver', {}],
    ['every kind of receiver', routing],
    ['mail without a password', { warning: [Receiver.email({ to: 'a@b.c', from: 'd@e.f', server: mail.server })] }],
  ])('takes the configuration with %s', (_, props) => {
    const [major, minor] = release ?? [0, 0];
    // Before 0.26 a webhook had a plain URL only; the rest is checked all the same.
    const old = major === 0 && minor < 26;
    const text = alertmanagerConfig('alertmanager', props);
    writeFileSync(inFolder('config.yaml'), old ? text.replace(/ url_file: .*/g, ' url: https://example.com') : text);
    expect(execFileSync('amtool', ['check-config', inFolder('config.yaml')], { encoding: 'utf8' })).toContain(
      'SUCCESS',
    );
  });
});

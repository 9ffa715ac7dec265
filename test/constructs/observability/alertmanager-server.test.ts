import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duration, Size } from 'cdk8s';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { Receiver } from '../../../src/constructs/observability/alert-routing';
import { AlertmanagerServer, AlertmanagerServerProps } from '../../../src/constructs/observability/alertmanager-server';
import { Endpoint } from '../../../src/constructs/network/peer';
import { shownPort } from '../../../src/constructs/network/port';
import { size } from '../../../src/core/quantities';
import { secretKey } from '../../../src/core/secrets';
import { anyObject, newChart, objectOf, objectsOf } from '../../synthesize';

function alertmanager(props: AlertmanagerServerProps = {}) {
  const chart = newChart();
  const construct = new AlertmanagerServer(chart, 'alertmanager', props);
  const one = (kind: string) => objectOf(chart, kind, anyObject);
  const text = () => Buffer.from(one('Secret').data?.['alertmanager.yaml'] ?? '', 'base64').toString();
  return { chart, construct, one, text, config: (): unknown => parse(text()) };
}

const key = (name: string) => secretKey('alerting', name);
const onCall = Receiver.pagerDuty({ routingKey: key('pagerduty') });
const channel = Receiver.slack({ webhookUrl: key('slack'), channel: '#alerts' });
const deadMan = Receiver.webhook(secretKey('dead-man', 'url'), Endpoint.external('deadman.example.com', { port: 443 }));
const mail = Receiver.email({
  to: 'oncall@example.com',
  from: 'alertmanager@example.com',
  server: Endpoint.external('smtp.example.com', { port: 587 }),
  username: 'alertmanager',
  password: key('smtp'),
});

const all: Required<AlertmanagerServerProps> = {
  name: 'alerts',
  version: '0.27.0',
  image: 'acme/alertmanager:0.27.0',
  replicas: 3,
  size: size('100m', '200m', '64Mi', '128Mi'),
  storageSize: Size.gibibytes(2),
  storageClass: 'fast',
  zoneSpread: 'ScheduleAnyway',
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

describe('by default', () => {
  test('one small restricted pod keeps its state, and needs no token', () => {
    const { chart, one, construct } = alertmanager();
    const restricted = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
    expect(one('Alertmanager')).toMatchObject({
      metadata: { name: 'alertmanager', namespace: 'shop' },
      spec: {
        version: 'v0.26.0',
        image: 'quay.io/prometheus/alertmanager:v0.26.0',
        replicas: 1,
        configSecret: 'alertmanager-config',
        secrets: [],
        automountServiceAccountToken: false,
        resources: { requests: { cpu: '50m', memory: '128Mi' }, limits: { cpu: '200m', memory: '256Mi' } },
        storage: { volumeClaimTemplate: { spec: { resources: { requests: { storage: '1Gi' } } } } },
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [
          { name: 'alertmanager', securityContext: restricted },
          { name: 'config-reloader', securityContext: restricted },
        ],
      },
    });
    expect(one('Service').spec).toMatchObject({
      selector: { app: 'alertmanager', alertmanager: 'alertmanager' },
      ports: [{ name: 'web', port: 9093 }],
    });
    expect(construct.connections).toEqual([]);
    expect(objectsOf(chart, 'PodDisruptionBudget', anyObject)).toEqual([]);
  });

  test('nobody is told, and a critical alert holds its warning back', () => {
    expect(alertmanager().config()).toEqual({
      route: {
        receiver: 'null',
        group_by: ['alertname', 'namespace', 'app'],
        group_wait: '30s',
        group_interval: '300s',
        repeat_interval: '43200s',
        routes: [
          { matchers: ['alertname="Watchdog"'], receiver: 'null', group_interval: '60s', repeat_interval: '60s' },
          { matchers: ['severity="none"'], receiver: 'null' },
          { matchers: ['severity="critical"'], receiver: 'null', group_wait: '10s', repeat_interval: '3600s' },
        ],
      },
      inhibit_rules: [
        {
          source_matchers: ['severity="critical"'],
          target_matchers: ['severity="warning"'],
          equal: ['alertname', 'namespace', 'app', 'service'],
        },
      ],
      receivers: [{ name: 'null' }],
    });
  });
});

test('every prop has its effect', () => {
  const { one, config, construct } = alertmanager(all);
  expect(one('Alertmanager')).toMatchObject({
    metadata: { name: 'alerts' },
    spec: {
      version: 'v0.27.0',
      image: 'acme/alertmanager:0.27.0',
      replicas: 3,
      secrets: ['alerting', 'dead-man'],
      resources: { requests: { cpu: '100m', memory: '64Mi' } },
      storage: {
        volumeClaimTemplate: { spec: { storageClassName: 'fast', resources: { requests: { storage: '2Gi' } } } },
      },
      topologySpreadConstraints: [{ whenUnsatisfiable: 'ScheduleAnyway' }, {}],
    },
  });
  expect(one('PodDisruptionBudget').metadata.name).toBe('alerts-pdb');
  expect(construct.connections.map(({ to, port, protocol }) => `${to.name}:${shownPort(port, protocol)}`)).toEqual([
    'events.pagerduty.com:443',
    'hooks.slack.com:443',
    'smtp.example.com:587',
    'deadman.example.com:443',
    'alerts:9094',
    'alerts:9094/UDP',
  ]);
  const files = '/etc/alertmanager/secrets/alerting';
  const slack = { api_url_file: `${files}/slack`, channel: '#alerts', send_resolved: true };
  expect(config()).toMatchObject({
    route: {
      receiver: 'warning',
      group_by: ['alertname'],
      group_wait: '60s',
      group_interval: '600s',
      repeat_interval: '86400s',
      routes: [
        { receiver: 'watchdog', group_interval: '120s', repeat_interval: '120s' },
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

test.each<[string, AlertmanagerServerProps, string]>([
  ['a version that reads no credentials from files', { version: '0.25.0' }, 'version is "0.25.0"'],
  ['an image without a version', { image: 'prom/alertmanager:latest' }, 'names no version'],
  ['no pod', { replicas: 0 }, 'replicas is 0'],
  ['an empty grouping', { groupBy: [] }, 'groupBy is empty'],
  ['a label that is none', { groupBy: ['alert name'] }, 'groupBy has "alert name"'],
  ['a time of nothing', { criticalRepeat: Duration.seconds(0) }, 'criticalRepeat is 0 seconds'],
])('it refuses %s', (_, props, message) => {
  expect(() => alertmanager(props)).toThrow(message);
});

test('a receiver needs all that it is told by', () => {
  const server = Endpoint.external('smtp.example.com', { port: 25 });
  const addresses = { to: 'a@example.com', from: 'b@example.com', server };
  expect(() => Receiver.email({ ...addresses, username: 'me' })).toThrow('only one of username and password');
  expect(() => Receiver.email({ ...addresses, to: ' ' })).toThrow('to is empty');
  expect(() => Receiver.slack({ webhookUrl: key('slack'), channel: '' })).toThrow('channel is empty');
});

/** The release of amtool; nothing where it is not installed. */
function amtool(): [major: number, minor: number] | undefined {
  const { error, stdout, stderr } = spawnSync('amtool', ['--version'], { encoding: 'utf8' });
  const release = /version (\d+)\.(\d+)/.exec(`${stdout}${stderr}`);
  return error === undefined && release !== null ? [Number(release[1]), Number(release[2])] : undefined;
}

const release = amtool();

describe.skipIf(release === undefined)('amtool (skipped where it is not installed)', () => {
  test.each<[string, AlertmanagerServerProps]>([
    ['no receiver', {}],
    ['every kind of receiver', all],
    ['mail without a password', { warning: [Receiver.email({ to: 'a@b.c', from: 'd@e.f', server: mail.server })] }],
  ])('takes the configuration with %s', (_, props) => {
    const folder = mkdtempSync(join(tmpdir(), 'alertmanager-'));
    try {
      const file = join(folder, 'alertmanager.yaml');
      const [major, minor] = release ?? [0, 0];
      // Before 0.26 a webhook had a plain URL only; the rest is checked all the same.
      const old = major === 0 && minor < 26;
      const text = alertmanager(props).text();
      writeFileSync(file, old ? text.replace(/ url_file: .*/g, ' url: https://example.com') : text);
      expect(execFileSync('amtool', ['check-config', file], { encoding: 'utf8' })).toContain('SUCCESS');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

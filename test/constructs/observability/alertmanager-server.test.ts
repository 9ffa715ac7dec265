import { Size } from 'cdk8s';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { AlertmanagerServer, AlertmanagerServerProps } from '../../../src/constructs/observability/alertmanager-server';
import { shownPort } from '../../../src/constructs/network/port';
import { size } from '../../../src/core/quantities';
import { routing } from './receivers';
import { anyObject, newChart, objectOf, objectsOf } from '../../synthesize';

function alertmanager(props: AlertmanagerServerProps = {}) {
  const chart = newChart();
  const construct = new AlertmanagerServer(chart, 'alertmanager', props);
  const one = (kind: string) => objectOf(chart, kind, anyObject);
  const text = () => Buffer.from(one('Secret').data?.['alertmanager.yaml'] ?? '', 'base64').toString();
  return { chart, construct, one, text, config: (): unknown => parse(text()) };
}

const all: Required<AlertmanagerServerProps> = {
  name: 'alerts',
  version: '0.27.0',
  image: 'acme/alertmanager:0.27.0',
  replicas: 3,
  externalUrl: 'https://shop.example.com/alerts',
  size: size('100m', '200m', '64Mi', '128Mi'),
  storageSize: Size.gibibytes(2),
  storageClass: 'fast',
  zoneSpread: 'ScheduleAnyway',
  ...routing,
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
});

test('every prop has its effect', () => {
  const { one, config, construct } = alertmanager(all);
  expect(one('Alertmanager')).toMatchObject({
    metadata: { name: 'alerts' },
    spec: {
      version: 'v0.27.0',
      image: 'acme/alertmanager:0.27.0',
      replicas: 3,
      externalUrl: 'https://shop.example.com/alerts',
      routePrefix: '/',
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
  expect(config()).toMatchObject({ route: { receiver: 'warning', group_by: ['alertname'] } });
});

test.each<[string, AlertmanagerServerProps, string]>([
  ['a version that reads no credentials from files', { version: '0.25.0' }, 'version is "0.25.0"'],
  ['an image without a version', { image: 'prom/alertmanager:latest' }, 'names no version'],
  ['no pod', { replicas: 0 }, 'replicas is 0'],
  ['a URL without its protocol', { externalUrl: 'alerts.example.com' }, 'externalUrl is "alerts.example.com"'],
])('it refuses %s', (_, props, message) => {
  expect(() => alertmanager(props)).toThrow(message);
});

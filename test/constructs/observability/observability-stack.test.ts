import { Duration, Size } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { Alert } from '../../../src/constructs/observability/alert-rules';
import { Receiver } from '../../../src/constructs/observability/alert-routing';
import { TraceStorage } from '../../../src/constructs/observability/jaeger-tracing';
import { LogStorage } from '../../../src/constructs/observability/loki-server';
import { ObservabilityStack, ObservabilityStackProps } from '../../../src/constructs/observability/observability-stack';
import { Endpoint } from '../../../src/constructs/network/peer';
import { InvalidInputError } from '../../../src/core/errors';
import { size } from '../../../src/core/quantities';
import { secretKey } from '../../../src/core/secrets';
import { anyObject, newChart, objectOf, objectsOf } from '../../synthesize';

const elasticsearch = Endpoint.inCluster('elasticsearch', { labels: { app: 'elasticsearch' }, port: 9200 });

const down: Alert = {
  name: 'Down',
  expr: 'up == 0',
  for: Duration.minutes(5),
  severity: 'critical',
  summary: 'It is down',
  description: 'It has not answered for 5 minutes',
};

function stack(props?: ObservabilityStackProps): ObservabilityStack {
  const made = new ObservabilityStack(newChart(), 'shop', props);
  made.addAlerts('rules', [down]);
  return made;
}

const apiServer = Endpoint.external('kubernetes.default.svc', { port: 443 });
const pager = Receiver.pagerDuty({ routingKey: secretKey('alerting', 'pagerduty') });
const hook = Receiver.webhook(secretKey('alerting', 'hook'), Endpoint.external('hook.example.com', { port: 443 }));
const grafanaUser = secretKey('grafana', 'user');
const grafanaPassword = secretKey('grafana', 'password');

const other = size('250m', '500m', '512Mi', '1Gi');

const allProps: Required<ObservabilityStackProps> = {
  name: 'other',
  monitorLabels: { prometheus: 'main' },
  vocabulary: new Map([['up', undefined]]),
  apiServer,
  metricsRetention: Duration.days(3),
  metricsStorage: Size.gibibytes(7),
  prometheusUrl: 'https://metrics.example.com',
  alertmanagerUrl: 'https://alerts.example.com',
  prometheusSize: other,
  alertmanagerSize: other,
  critical: [pager],
  warning: [hook],
  watchdog: [hook],
  groupBy: ['alertname'],
  groupWait: Duration.seconds(3),
  groupInterval: Duration.seconds(4),
  criticalRepeat: Duration.minutes(5),
  warningRepeat: Duration.minutes(6),
  watchdogRepeat: Duration.minutes(7),
  logStorage: LogStorage.volume(Size.gibibytes(9)),
  logRetention: Duration.days(4),
  logNamespace: 'logs',
  grafanaUser,
  grafanaPassword,
  grafanaSize: other,
  traceStorage: TraceStorage.elasticsearch(elasticsearch, 'es-secret', 'traces'),
  traceRetention: Duration.days(2),
  samplingRatio: 1,
  jaegerReplicas: 4,
  jaegerSize: other,
  storageClass: 'fast',
};

/** Whether the one object of a kind asks for the other size. */
function asksForOther(of: ObservabilityStack, kind: string): boolean {
  const [object, ...others] = objectsOf(of, kind, anyObject).map((each) => JSON.stringify(each));
  return others.length === 0 && (object?.includes('"requests":{"cpu":"250m","memory":"512Mi"}') ?? false);
}

const jaegerSpec = z.looseObject({
  strategy: z.string(),
  storage: z.looseObject({ esIndexCleaner: z.object({ numberOfDays: z.number() }).loose().optional() }),
  sampling: z.object({ options: z.object({ default_strategy: z.object({ param: z.number() }) }) }),
  allInOne: z.looseObject({ resources: z.unknown() }).optional(),
  collector: z.looseObject({ replicas: z.number(), resources: z.unknown() }).optional(),
  query: z.looseObject({ replicas: z.number(), resources: z.unknown() }).optional(),
});

const prometheusSpec = z.looseObject({ retention: z.string().optional() }).default({});

const linked = z.looseObject({ externalUrl: z.string().optional() });
const externalUrlOf = (of: ObservabilityStack, kind: string) =>
  objectsOf(of, kind, anyObject).map(({ spec }) => linked.parse(spec).externalUrl)[0];
const jaegerOf = (of: ObservabilityStack) => jaegerSpec.parse(objectOf(of, 'Jaeger', anyObject).spec);
const rulesOf = (of: ObservabilityStack) => objectOf(of, 'PrometheusRule', anyObject);
const namesOf = (of: ObservabilityStack, kind: string) =>
  objectsOf(of, kind, anyObject).map(({ metadata: { name, namespace } }) => `${namespace ?? ''}/${name}`);
const prometheusOf = (of: ObservabilityStack) => objectsOf(of, 'Prometheus', anyObject)[0]?.spec;
const claimsOf = (of: ObservabilityStack) => JSON.stringify(objectsOf(of, 'StatefulSet', anyObject));
const routingOf = (of: ObservabilityStack) => {
  const config = objectsOf(of, 'Secret', anyObject).find(({ metadata }) => metadata.name === 'alertmanager-config');
  return Buffer.from(config?.data?.['alertmanager.yaml'] ?? '', 'base64').toString();
};

type Effect = readonly [read: (stack: ObservabilityStack) => unknown, byDefault: unknown, whenSet: unknown];

const effects: Record<keyof ObservabilityStackProps, Effect> = {
  name: [
    (s) => [rulesOf(s).metadata.name, objectOf(s, 'Jaeger', anyObject).metadata.name, s.traceCollector.name],
    ['shop-alerts', 'shop-jaeger', 'shop-jaeger-collector'],
    ['other-alerts', 'other-jaeger', 'other-jaeger-collector'],
  ],
  monitorLabels: [(s) => rulesOf(s).metadata.labels, { release: 'prometheus' }, { prometheus: 'main' }],
  vocabulary: [
    (s) => {
      try {
        s.addAlerts('strange', [{ ...down, name: 'Strange', expr: 'unheard_of > 1' }]);
        return 'taken';
      } catch {
        return 'refused';
      }
    },
    'taken',
    'refused',
  ],
  apiServer: [
    (s) => [namesOf(s, 'Prometheus'), namesOf(s, 'Alertmanager'), s.prometheus?.ports.web],
    [[], [], undefined],
    [['shop/prometheus'], ['shop/alertmanager'], 9090],
  ],
  metricsRetention: [(s) => prometheusSpec.parse(prometheusOf(s)).retention, undefined, '259200s'],
  metricsStorage: [(s) => JSON.stringify(prometheusOf(s) ?? '').includes('"storage":"7Gi"'), false, true],
  critical: [
    (s) => routingOf(s).includes('routing_key_file: /etc/alertmanager/secrets/alerting/pagerduty'),
    false,
    true,
  ],
  warning: [(s) => routingOf(s).includes('name: warning'), false, true],
  watchdog: [(s) => routingOf(s).includes('name: watchdog'), false, true],
  groupBy: [(s) => /group_by:\n\s+- alertname\n\s+\w+_/.test(routingOf(s)), false, true],
  groupWait: [(s) => routingOf(s).includes('group_wait: 3s'), false, true],
  groupInterval: [(s) => routingOf(s).includes('group_interval: 4s'), false, true],
  criticalRepeat: [(s) => routingOf(s).includes('repeat_interval: 300s'), false, true],
  warningRepeat: [(s) => routingOf(s).includes('repeat_interval: 360s'), false, true],
  watchdogRepeat: [(s) => routingOf(s).includes('group_interval: 420s'), false, true],
  logStorage: [
    (s) => [namesOf(s, 'StatefulSet'), namesOf(s, 'DaemonSet'), claimsOf(s).includes('9Gi')],
    [[], [], false],
    [['shop/loki'], ['logs/promtail'], true],
  ],
  logRetention: [
    (s) => JSON.stringify(objectsOf(s, 'ConfigMap', anyObject)).includes('retention_period: 96h'),
    false,
    true,
  ],
  logNamespace: [
    (s) => namesOf(s, 'ConfigMap').filter((name) => name.endsWith('promtail-config')),
    [],
    ['logs/promtail-config'],
  ],
  grafanaUser: [
    (s) =>
      JSON.stringify(objectsOf(s, 'Deployment', anyObject)).includes('"secretKeyRef":{"key":"user","name":"grafana"}'),
    false,
    true,
  ],
  grafanaPassword: [(s) => [namesOf(s, 'Deployment'), s.grafana?.name], [[], undefined], [['shop/grafana'], 'grafana']],
  prometheusUrl: [(s) => externalUrlOf(s, 'Prometheus'), undefined, 'https://metrics.example.com'],
  alertmanagerUrl: [(s) => externalUrlOf(s, 'Alertmanager'), undefined, 'https://alerts.example.com'],
  prometheusSize: [(s) => asksForOther(s, 'Prometheus'), false, true],
  alertmanagerSize: [(s) => asksForOther(s, 'Alertmanager'), false, true],
  grafanaSize: [(s) => asksForOther(s, 'Deployment'), false, true],
  traceStorage: [
    (s) => [
      jaegerOf(s).strategy,
      s.connections.filter(({ to }) => to === elasticsearch).map(({ from, to }) => [from.name, to.name]),
    ],
    ['allinone', []],
    [
      'production',
      [
        ['other-jaeger-collector', 'elasticsearch'],
        ['other-jaeger-query', 'elasticsearch'],
        ['other-jaeger-es-index-cleaner', 'elasticsearch'],
      ],
    ],
  ],
  traceRetention: [(s) => jaegerOf(s).storage.esIndexCleaner?.numberOfDays, undefined, 2],
  samplingRatio: [(s) => [s.samplingRatio, jaegerOf(s).sampling.options.default_strategy.param], [0.1, 0.1], [1, 1]],
  jaegerReplicas: [
    (s) => [jaegerOf(s).collector?.replicas, jaegerOf(s).query?.replicas],
    [undefined, undefined],
    [4, 4],
  ],
  jaegerSize: [
    (s) => jaegerOf(s).allInOne?.resources ?? jaegerOf(s).collector?.resources,
    { requests: { cpu: '500m', memory: '1Gi' }, limits: { cpu: '1', memory: '2Gi' } },
    { requests: { cpu: '250m', memory: '512Mi' }, limits: { cpu: '500m', memory: '1Gi' } },
  ],
  storageClass: [(s) => claimsOf(s).includes('"storageClassName":"fast"'), false, true],
};

describe('every prop', () => {
  const plain = stack();
  const custom = stack(allProps);

  it.each(Object.entries(effects))('%s has its default and its effect', (_, [read, byDefault, whenSet]) => {
    expect(read(plain)).toEqual(byDefault);
    expect(read(custom)).toEqual(whenSet);
  });

  it('whose default shows only beside another: two Jaeger replicas, and logs in a namespace of the name', () => {
    const { traceStorage, logStorage } = allProps;
    const beside = stack({ traceStorage, logStorage, apiServer });
    expect([jaegerOf(beside).collector?.replicas, jaegerOf(beside).query?.replicas]).toEqual([2, 2]);
    expect(namesOf(beside, 'DaemonSet')).toEqual(['shop-logging/promtail']);
    expect(prometheusOf(beside)).toMatchObject({ retention: '1296000s' });
  });
});

describe('the parts of a stack know each other', () => {
  const whole = stack({ apiServer, logStorage: LogStorage.volume(Size.gibibytes(1)), grafanaUser, grafanaPassword });

  it('Prometheus tells Alertmanager, Grafana asks all three, Promtail sends to Loki', () => {
    const arrows = whole.connections.map(({ from, to, port }) => `${from.name} -> ${to.name}:${port}`);
    expect(arrows).toEqual(
      expect.arrayContaining([
        'prometheus -> alertmanager:9093',
        'grafana -> prometheus:9090',
        'grafana -> loki:3100',
        'grafana -> shop-jaeger-query:16686',
        'promtail -> loki:3100',
      ]),
    );
  });

  it('all of them are pods that a policy can select', () => {
    expect(whole.pods.map(({ name }) => name)).toEqual([
      'shop-jaeger-collector',
      'shop-jaeger-query',
      'alertmanager',
      'prometheus',
      'loki',
      'grafana',
    ]);
  });
});

describe('a stack', () => {
  it('makes no rules before there is an alert', () => {
    const quiet = new ObservabilityStack(newChart(), 'shop');
    expect(objectsOf(quiet, 'PrometheusRule', anyObject)).toEqual([]);
  });

  it('has one PrometheusRule for all groups of alerts', () => {
    const two = stack();
    two.addAlerts('more', [{ ...down, name: 'Slow' }]);
    expect(rulesOf(two).spec).toMatchObject({ groups: [{ name: 'rules' }, { name: 'more' }] });
  });

  it('has its Alertmanager hold back an alert, whenever it was added', () => {
    const two = stack({ apiServer });
    expect(routingOf(two)).toContain('inhibit_rules: []');
    two.addAlerts('more', [{ ...down, name: 'Slow', inhibitedBy: { alerts: ['Down'], equal: ['app'] } }]);
    expect(parse(routingOf(two))).toMatchObject({
      inhibit_rules: [
        { source_matchers: ['alertname=~"Down"'], target_matchers: ['alertname="Slow"'], equal: ['app'] },
      ],
    });
  });

  it('refuses an alert twice, wherever it was added', () => {
    const two = stack();
    expect(() => {
      two.addAlerts('more', [down]);
    }).toThrow(
      new InvalidInputError(
        'test/shop/alerts: alert Down',
        'the name is used twice or is none',
        'Use letters and digits, each name once',
      ),
    );
  });

  const name =
    'Use at most 63 lower-case letters, digits and "-", starting with a letter and ending with a letter or a digit';

  it.each<[ObservabilityStackProps, string, string, string]>([
    [{ name: '' }, 'test/shop', '"" is not a valid name', name],
    [
      { monitorLabels: { a: '-' } },
      'test/shop',
      '"-" is not a valid value for label "a"',
      'Use at most 63 letters, digits, "-", "_" and ".", starting and ending with a letter or a digit',
    ],
    [{ samplingRatio: 2 }, 'test/shop/jaeger', 'samplingRatio is 2', 'Set samplingRatio to a number from 0 to 1'],
    [{ jaegerReplicas: 0 }, 'test/shop/jaeger', 'replicas is 0', 'Set replicas to a whole number of at least 1'],
    [
      { jaegerSize: size('1', '1', '2Gi', '1Gi') },
      'test/shop/jaeger',
      'memoryRequest (2Gi) is greater than memoryLimit (1Gi)',
      'Lower the one or raise the other',
    ],
    [
      { logStorage: LogStorage.volume(Size.gibibytes(1)) },
      'test/shop',
      'logStorage is set, and apiServer is not',
      'Set apiServer too',
    ],
    [
      { grafanaUser },
      'test/shop',
      'grafanaUser is set, and apiServer and grafanaPassword are not',
      'Set apiServer and grafanaPassword too',
    ],
    [
      { grafanaPassword, apiServer },
      'test/shop',
      'grafanaPassword is set, and grafanaUser is not',
      'Set grafanaUser too',
    ],
  ])('is refused with wrong props: case %#', (props, where, problem, remedy) => {
    expect(() => stack(props)).toThrow(new InvalidInputError(where, problem, remedy));
  });
});

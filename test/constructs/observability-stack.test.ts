import { Duration } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Alert } from '../../src/constructs/alert-rules';
import { TraceStorage } from '../../src/constructs/jaeger-tracing';
import { ObservabilityStack, ObservabilityStackProps } from '../../src/constructs/observability-stack';
import { Endpoint } from '../../src/constructs/peer';
import { InvalidInputError } from '../../src/core/errors';
import { size } from '../../src/core/quantities';
import { anyObject, newChart, objectOf, objectsOf } from '../synthesize';

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

const allProps: Required<ObservabilityStackProps> = {
  name: 'other',
  ruleLabels: { prometheus: 'main' },
  traceStorage: TraceStorage.elasticsearch(elasticsearch, 'es-secret', 'traces'),
  samplingRatio: 1,
  jaegerReplicas: 4,
  jaegerSize: size('250m', '500m', '512Mi', '1Gi'),
  loki: Endpoint.inCluster('loki', { labels: { app: 'loki' }, port: 3100 }),
  logNamespace: 'logs',
};

const jaegerSpec = z.looseObject({
  strategy: z.string(),
  sampling: z.object({ options: z.object({ default_strategy: z.object({ param: z.number() }) }) }),
  allInOne: z.looseObject({ resources: z.unknown() }).optional(),
  collector: z.looseObject({ replicas: z.number(), resources: z.unknown() }).optional(),
  query: z.looseObject({ replicas: z.number(), resources: z.unknown() }).optional(),
});

const jaegerOf = (of: ObservabilityStack) => jaegerSpec.parse(objectOf(of, 'Jaeger', anyObject).spec);
const rulesOf = (of: ObservabilityStack) => objectOf(of, 'PrometheusRule', anyObject);
const promtailOf = (of: ObservabilityStack) => objectsOf(of, 'ConfigMap', anyObject).map(({ metadata }) => metadata);

type Effect = readonly [read: (stack: ObservabilityStack) => unknown, byDefault: unknown, whenSet: unknown];

const effects: Record<keyof ObservabilityStackProps, Effect> = {
  name: [
    (s) => [rulesOf(s).metadata.name, objectOf(s, 'Jaeger', anyObject).metadata.name, s.traceCollector.name],
    ['shop-alerts', 'shop-jaeger', 'shop-jaeger-collector'],
    ['other-alerts', 'other-jaeger', 'other-jaeger-collector'],
  ],
  ruleLabels: [(s) => rulesOf(s).metadata.labels, { release: 'prometheus' }, { prometheus: 'main' }],
  traceStorage: [
    (s) => [jaegerOf(s).strategy, s.connections.map(({ from, to }) => [from.name, to.name])],
    ['allinone', []],
    [
      'production',
      [
        ['other-jaeger-collector', 'elasticsearch'],
        ['other-jaeger-query', 'elasticsearch'],
      ],
    ],
  ],
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
  loki: [(s) => promtailOf(s).length, 0, 1],
  logNamespace: [(s) => promtailOf(s), [], [{ name: 'promtail-config', namespace: 'logs' }]],
};

describe('every prop', () => {
  const plain = stack();
  const custom = stack(allProps);

  it.each(Object.entries(effects))('%s has its default and its effect', (_, [read, byDefault, whenSet]) => {
    expect(read(plain)).toEqual(byDefault);
    expect(read(custom)).toEqual(whenSet);
  });

  it('whose default shows only beside another: two Jaeger replicas, and logs in a namespace of the name', () => {
    const { traceStorage, loki } = allProps;
    const beside = stack({ traceStorage, loki });
    expect([jaegerOf(beside).collector?.replicas, jaegerOf(beside).query?.replicas]).toEqual([2, 2]);
    expect(promtailOf(beside)).toEqual([{ name: 'promtail-config', namespace: 'shop-logging' }]);
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
      { ruleLabels: { a: '-' } },
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
    [{ loki: elasticsearch, logNamespace: '-' }, 'test/shop/promtail', '"-" is not a valid name', name],
  ])('is refused with wrong props: case %#', (props, where, problem, remedy) => {
    expect(() => stack(props)).toThrow(new InvalidInputError(where, problem, remedy));
  });
});

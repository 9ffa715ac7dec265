import { Duration } from 'cdk8s';
import { describe, expect, test } from 'vitest';
import {
  Alert,
  autoscalingAlerts,
  certificateAlerts,
  elasticsearchAlerts,
  gpuAlerts,
  kafkaAlerts,
  kafkaBrokerAlerts,
  logAlerts,
  monitoringAlerts,
  podAlerts,
  postgresAlerts,
  postgresBackupAlerts,
  postgresServerAlerts,
  redisAlerts,
  Rule,
  scrapeAlerts,
  serviceAlerts,
  sloRules,
  vocabulary,
  volumeAlerts,
  watchdogAlert,
} from '../../../src/index';
import { requireKnownMetrics } from '../../../src/core/promql';
import { codeIn, tableOf } from '../../docs/pages';

const namespace = 'shop';
const targets = [
  { job: 'shop/redis-monitor', vital: true },
  { job: 'kube-state-metrics', vital: false },
];

/** The rules of each function: as it comes, and with every limit set to another; then what the expressions must show of it. */
const functions = {
  serviceAlerts: [serviceAlerts({ namespace, services: ['a', 'b'] })],
  sloRules: [
    sloRules({ namespace, services: ['a'] }),
    sloRules({
      namespace,
      services: ['a'],
      availability: 0.95,
      promptness: 0.9,
      latency: Duration.millis(250),
      leastBad: 3,
    }),
    ['(1 - 0.95)', '(1 - 0.9)', 'le="0.25"', '>= 3)'],
  ],
  gpuAlerts: [gpuAlerts()],
  autoscalingAlerts: [autoscalingAlerts({ namespace })],
  elasticsearchAlerts: [elasticsearchAlerts({ namespace })],
  kafkaBrokerAlerts: [kafkaBrokerAlerts({ namespace })],
  kafkaAlerts: [
    kafkaAlerts({ consumerGroup: 'shop', topics: ['a', 'b'] }),
    kafkaAlerts({ consumerGroup: 'shop', topics: ['a', 'b'], partitions: 71 }),
    ['> 71'],
  ],
  postgresAlerts: [
    postgresAlerts({ namespace }),
    postgresAlerts({ namespace, poolSize: 33, connections: 72 }),
    ['/ 33 * 100 > 72'],
  ],
  postgresServerAlerts: [
    postgresServerAlerts({ namespace }),
    postgresServerAlerts({ namespace, replicas: 4, lag: Duration.seconds(20) }),
    ['< 4', '> 20'],
  ],
  postgresBackupAlerts: [
    postgresBackupAlerts({ namespace }),
    postgresBackupAlerts({ namespace, oldest: Duration.days(2) }),
    ['> 48 * 3600'],
  ],
  redisAlerts: [redisAlerts({ namespace }), redisAlerts({ namespace, memory: 73 }), ['> 73']],
  podAlerts: [podAlerts({ namespaces: ['shop', 'shop-logging'] })],
  volumeAlerts: [volumeAlerts({ namespace }), volumeAlerts({ namespace, filling: 61, full: 62 }), ['> 61', '> 62']],
  certificateAlerts: [certificateAlerts(), certificateAlerts({ days: 7 }), ['< 7 * 86400']],
  scrapeAlerts: [scrapeAlerts({ targets })],
  monitoringAlerts: [monitoringAlerts({ namespace })],
  logAlerts: [logAlerts({ namespace: 'shop-logging' })],
  watchdogAlert: [[watchdogAlert()]],
} as const;

describe.each(Object.entries(functions))('%s', (name, [rules]) => {
  test('uses metrics and labels of the vocabulary only', () => {
    const own = rules.flatMap((rule) => ('record' in rule ? [rule.record] : []));
    const recorded = new Map(own.map((record) => [record, undefined]));
    for (const { expr } of rules) expect(requireKnownMetrics(name, expr, recorded, vocabulary)).toBe(expr);
  });

  test('is in the table of docs with its alerts', () => {
    const rows = tableOf('docs/constructs/observability/observability-stack.md', 'Function');
    const listed = rows.filter(([cell = '']) => codeIn(cell)[0] === name).flatMap(([, alerts = '']) => codeIn(alerts));
    const alerts: Alert[] = rules.filter((rule) => 'for' in rule);
    expect(listed).toEqual(alerts.map((alert) => alert.name));
  });
});

const adjustable = Object.entries(functions).flatMap(([name, [usual, changed, shown]]) =>
  changed === undefined || shown === undefined
    ? []
    : shown.map((limit) => [name, limit, written(usual), written(changed)] as const),
);

test.each(adjustable)('a prop of %s gives the limit %s, which is not its default', (_, limit, usual, changed) => {
  expect(usual).not.toContain(limit);
  expect(changed).toContain(limit);
});

test('without replicas nothing is said of them', () => {
  expect(postgresServerAlerts({ namespace, replicas: 0 }).map(({ name }) => name)).toEqual(['PostgresDown']);
});

test('Elasticsearch is as urgent as is said', () => {
  expect(elasticsearchAlerts({ namespace })).toMatchObject([{ severity: 'critical' }]);
  expect(elasticsearchAlerts({ namespace, severity: 'warning' })).toMatchObject([{ severity: 'warning' }]);
});

test('there is no alert on what is not scraped', () => {
  const names = (vital: boolean) =>
    scrapeAlerts({ targets: targets.filter((one) => one.vital === vital) }).map((each) => each.name);
  expect([names(true), names(false), scrapeAlerts({ targets: [] })]).toEqual([['StoreDown'], ['ExporterDown'], []]);
});

function written(rules: readonly Rule[]): string {
  return rules.map(({ expr }) => expr).join('\n');
}

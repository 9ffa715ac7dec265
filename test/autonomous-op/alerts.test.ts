import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { storeThresholds } from '../../src/autonomous-op/alerts';
import { overload } from '../../src/autonomous-op/document-alerts';
import { settingsOf } from '../../src/autonomous-op/environments';
import { serviceNames } from '../../src/autonomous-op/services';
import { gpuUtilization, thresholds, topics, triggersOf } from '../../src/autonomous-op/scaling';
import { requireKnownMetrics } from '../../src/core/promql';
import { vocabulary } from '../../src/constructs/vocabulary';
import { listAt, production, textAt, valueAt } from './production';
import { alerts, groups, ruleFile } from './alerts/rule-file';

const RUNBOOKS = join(__dirname, '../../docs/runbooks');

const expressionOf = (name: string) => alerts.find((alert) => alert.name === name)?.expr ?? '';
const pages = readdirSync(RUNBOOKS).filter((file) => file !== 'README.md');

test('every rule is in the PrometheusRule: its expression parses, and uses the vocabulary only', () => {
  const written = ruleFile().groups.map(({ name, rules }) => [name, rules.length]);
  expect(written).toEqual(Object.entries(groups).map(([name, rules]) => [name, rules.length]));
});

test('every trigger of KEDA uses the vocabulary only', () => {
  const queries = production
    .ofKind('ScaledObject')
    .flatMap((object) => listAt(object, 'spec triggers'))
    .filter((trigger) => valueAt(trigger, 'type') === 'prometheus')
    .map((trigger) => textAt(trigger, 'metadata query'));
  expect(queries.map((query) => requireKnownMetrics('trigger', query, vocabulary))).toHaveLength(3);
});

test('a recorded ratio is used by an alert', () => {
  const recorded = Object.values(groups)
    .flat()
    .flatMap((rule) => ('record' in rule ? [rule.record] : []));
  expect(recorded).toHaveLength(22);
  expect(recorded.filter((name) => !alerts.some(({ expr }) => expr.includes(name)))).toEqual([]);
});

describe('thresholds', () => {
  test('the lag that alerts is the lag that scales', () => {
    const trigger = triggersOf('autonomousOp', settingsOf('production')).find(({ metric }) =>
      metric.includes(topics.vehicleTelemetry.name),
    );
    expect(trigger?.threshold).toBe(thresholds.vehicleTelemetryLag);
    expect(expressionOf('KafkaLagTooHigh')).toMatch(new RegExp(`> ${thresholds.vehicleTelemetryLag}$`));
  });

  test('the GPUs that alert are those that scale, and they scale first', () => {
    expect(expressionOf('GPUUtilizationTooHigh').split(gpuUtilization)).toHaveLength(3);
    expect(thresholds.gpuUtilization).toBeLessThan(overload.gpu);
  });

  test('of the stores are the document\'s "Infrastructure" triggers', () => {
    expect(storeThresholds).toEqual({ kafkaPartitions: 80, postgresConnections: 90, redisMemory: 85 });
  });

  test("the pool's size is PgBouncer's", () => {
    const size = textAt(production.get('Pooler', 'postgres'), 'spec pgbouncer parameters default_pool_size');
    const rule = valueAt(
      production.get('PrometheusRule', 'autonomous-op-alerts'),
      'spec groups autonomous-op.stores rules PostgresConnectionPoolNearlyFull expr',
    );
    expect(rule).toContain(` / ${size} * 100 > `);
  });
});

describe('production', () => {
  const emitted = (name: string) =>
    valueAt(
      production.get('PrometheusRule', 'autonomous-op-alerts'),
      `spec groups autonomous-op.monitoring rules ${name}`,
    );
  const jobsIn = (name: string) =>
    [...textAt(emitted(name), 'expr').matchAll(/absent\(up\{job="([^"]+)"\}\)/g)].map(([, job]) => job);

  test('is told if a store no longer answers', () => {
    expect(jobsIn('StoreDown')).toEqual(
      ['kafka', 'postgres-instances', 'postgres-pooler', 'redis'].map((name) => `autonomous-op/${name}-monitor`),
    );
  });

  test('is told if anything else that is scraped no longer answers: each monitor has its job', () => {
    const monitors = ['ServiceMonitor', 'PodMonitor'].flatMap((kind) => production.ofKind(kind));
    // Those that are found by a label of the pods or a Service are called after it.
    const renamed: Readonly<Record<string, string>> = {
      'kube-state-metrics': 'kube-state-metrics',
      kubelet: 'kubelet',
    };
    const jobs = monitors.map(({ kind, metadata }) => {
      const name = metadata.name.replace(/-monitor$/, '');
      return renamed[name] ?? (kind === 'ServiceMonitor' ? name : `autonomous-op/${metadata.name}`);
    });
    const told = [...serviceNames, ...jobsIn('StoreDown'), ...jobsIn('ExporterDown')];
    expect(told.sort()).toEqual(jobs.sort());
  });

  test('has an Alertmanager that holds back what an alert says of less', () => {
    const config = textAt(production.get('Secret', 'alertmanager-config'), 'data alertmanager.yaml');
    const held = alerts.flatMap(({ name, inhibitedBy }) =>
      inhibitedBy === undefined ? [] : [{ name, ...inhibitedBy }],
    );
    expect(held).not.toEqual([]);
    expect(parse(Buffer.from(config, 'base64').toString())).toMatchObject({
      inhibit_rules: held.map(({ name, equal }) => ({ target_matchers: [`alertname="${name}"`], equal })),
    });
  });
});

describe('every alert', () => {
  test('has its page, and no page is left over', () => {
    expect(pages.sort()).toEqual(alerts.map(({ name }) => `${name}.md`).sort());
  });

  test.each(alerts)('$name leads to its page', ({ name, runbook }) => {
    expect(runbook).toMatch(new RegExp(`/docs/runbooks/${name}\\.md$`));
    const page = readFileSync(join(RUNBOOKS, `${name}.md`), 'utf8');
    expect(page.startsWith(`# ${name}\n`)).toBe(true);
    expect(page.match(/^## .*$/gm)).toEqual([
      '## What it means',
      '## Who is affected',
      '## What to look at',
      '## What to do',
    ]);
  });

  test.each(alerts.filter(({ name }) => name !== 'Watchdog'))('$name names the value or the limit', (alert) => {
    expect(`${alert.summary} ${alert.description}`).toMatch(/\{\{|>/);
  });
});

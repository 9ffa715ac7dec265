import { ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parser } from '@prometheus-io/lezer-promql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { serviceKeys, services } from '../../../src/autonomous-op/services';
import { ruleFile, RuleFile } from '../../autonomous-op/alerts/rule-file';
import { Exporter, freePort } from './exporter';

/**
 * Time runs so many times as fast: every duration of every rule (`for`, windows) is divided by it, and nothing else is changed.
 * Prometheus scrapes and evaluates as much more often as it can.
 */
const SPEED = 120;

const installed = spawnSync('prometheus', ['--version']).status === 0;
if (!installed) {
  console.warn('Prometheus is not installed (Debian: apt-get install prometheus): the rules are not tried out');
}

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1e3,
  m: 6e4,
  h: 3.6e6,
  d: 8.64e7,
  w: 6.048e8,
  y: 3.1536e10,
};

function fasterDuration(duration: string): string {
  const parts = [...duration.matchAll(/(\d+)([a-z]+)/g)];
  const milliseconds = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ''] ?? NaN), 0);
  return `${milliseconds / SPEED}ms`;
}

/** The expression with each of its durations shortened; a duration is what Prometheus' grammar says is one. */
function fasterExpression(expression: string): string {
  let faster = expression;
  const durations: { from: number; to: number }[] = [];
  parser.parse(expression).iterate({
    enter({ name, from, to }) {
      if (name === 'NumberDurationLiteralInDurationContext') durations.push({ from, to });
    },
  });
  for (const { from, to } of durations.reverse()) {
    faster = faster.slice(0, from) + fasterDuration(faster.slice(from, to)) + faster.slice(to);
  }
  return faster;
}

function fasterRules({ groups }: RuleFile): RuleFile {
  const faster = (rule: RuleFile['groups'][number]['rules'][number]) => ({
    ...rule,
    expr: fasterExpression(rule.expr),
    ...('alert' in rule ? { for: fasterDuration(rule.for) } : {}),
  });
  return { groups: groups.map(({ name, rules }) => ({ name, rules: rules.map(faster) })) };
}

function configuration(exporter: string) {
  const targets = serviceKeys.map((key) => ({
    targets: [exporter],
    labels: {
      app: services[key].name,
      namespace: 'autonomous-op',
      __metrics_path__: `/services/${services[key].name}`,
    },
  }));
  return {
    global: { scrape_interval: '500ms', scrape_timeout: '500ms', evaluation_interval: '500ms' },
    rule_files: ['rules.yaml'],
    scrape_configs: [
      { job_name: 'services', static_configs: targets },
      { job_name: 'cluster', metrics_path: '/cluster', honor_labels: true, static_configs: [{ targets: [exporter] }] },
    ],
  };
}

const alertsAnswer = z.object({
  data: z.object({
    alerts: z.array(z.object({ state: z.string(), labels: z.record(z.string(), z.string()) })),
  }),
});

const rulesAnswer = z.object({
  data: z.object({ groups: z.array(z.object({ rules: z.array(z.object({ name: z.string(), health: z.string() })) })) }),
});

describe.skipIf(!installed)('a real Prometheus, with time sped up', () => {
  const exporter = new Exporter();
  let folder = '';
  let url = '';
  let prometheus: ChildProcess | undefined;
  let output = '';

  async function get<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    return schema.parse(await (await fetch(`${url}${path}`)).json());
  }

  /** The state of each alert that isn't inactive: pending or firing. */
  async function states(): Promise<Record<string, string>> {
    const { data } = await get('/api/v1/alerts', alertsAnswer);
    return Object.fromEntries(data.alerts.map(({ labels, state }) => [labels['alertname'] ?? '', state]));
  }

  /** Notes every state that the alerts have, one after the other, until it is so. */
  async function watch(
    seen: Record<string, string[]>,
    until: (now: Readonly<Record<string, string>>) => boolean,
  ): Promise<void> {
    for (let now = await states(); ; now = await states()) {
      for (const [name, history] of Object.entries(seen)) {
        const state = now[name] ?? 'inactive';
        if (history.at(-1) !== state) history.push(state);
      }
      if (until(now)) return;
      await sleep(200);
    }
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'autonomous-op-prometheus-'));
    writeFileSync(join(folder, 'rules.yaml'), stringify(fasterRules(ruleFile())));
    writeFileSync(join(folder, 'prometheus.yaml'), stringify(configuration(await exporter.listen())));
    const address = `127.0.0.1:${await freePort()}`;
    url = `http://${address}`;
    prometheus = spawn('prometheus', [
      `--config.file=${join(folder, 'prometheus.yaml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
    ]);
    prometheus.stderr?.on('data', (chunk) => {
      output += String(chunk);
    });
    const deadline = Date.now() + 20_000;
    while (!(await fetch(`${url}/-/ready`).catch(() => undefined))?.ok) {
      if (Date.now() > deadline) throw new Error(`Prometheus does not begin:\n${output}`);
      await sleep(100);
    }
  });

  afterAll(async () => {
    if (prometheus !== undefined) {
      const ended = once(prometheus, 'exit');
      prometheus.kill('SIGKILL');
      await ended;
    }
    exporter.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('evaluates every rule without an error, and while all is well only the watchdog fires', async () => {
    const expected = ruleFile().groups.flatMap(({ rules }) =>
      rules.map((rule) => ('alert' in rule ? rule.alert : rule.record)),
    );
    await expect
      .poll(
        async () => {
          const { data } = await get('/api/v1/rules', rulesAnswer);
          return data.groups
            .flatMap(({ rules }) => rules.filter(({ health }) => health === 'ok').map(({ name }) => name))
            .sort();
        },
        { timeout: 10_000 },
      )
      .toEqual([...expected].sort());
    await expect.poll(states, { timeout: 10_000 }).toEqual({ Watchdog: 'firing' });
  });

  test('an overload goes pending, then firing, and resolves when it is over', async () => {
    const seen = { HighCpuUsage: [], KafkaLagTooHigh: [], ErrorBudgetBurningFast: [] };
    const names = Object.keys(seen);
    Object.assign(exporter.load, { cpus: 1.9, lag: 5000, failing: 0.1 });
    await watch(seen, (now) => names.every((name) => now[name] === 'firing'));
    Object.assign(exporter.load, { cpus: 0.5, lag: 10, failing: 0 });
    await watch(seen, (now) => names.every((name) => now[name] === undefined));
    const course = ['pending', 'firing', 'inactive'];
    expect(
      Object.fromEntries(
        // The first state may still be that before the overload.
        Object.entries<string[]>(seen).map(([name, history]) => [
          name,
          history.slice(history[0] === 'inactive' ? 1 : 0),
        ]),
      ),
    ).toEqual({ HighCpuUsage: course, KafkaLagTooHigh: course, ErrorBudgetBurningFast: course });
  });

  test('a service that no longer answers is down', async () => {
    const seen = { ServiceDown: [] };
    exporter.load.down.add('tms');
    await watch(seen, ({ ServiceDown }) => ServiceDown === 'firing');
    exporter.load.down.clear();
    await watch(seen, ({ ServiceDown }) => ServiceDown === undefined);
    expect(seen.ServiceDown.slice(-3)).toEqual(['pending', 'firing', 'inactive']);
  });
});

/* A real Prometheus and a real Alertmanager, which watch a world. */

import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { defined } from '../../../src/core/defined';
import { alertmanagerConfiguration, fasterRules, prometheusConfiguration } from './configuration';
import { freePort } from '../../ports';
import { Program, until } from '../programs/program';
import { Network } from './network';
import { Pod } from './pod';
import { faster } from './time';
import type { World } from './world';

/** Whether both programs are installed. */
export const installed = ['prometheus', 'prometheus-alertmanager', 'promtool'].every(
  (program) => spawnSync(program, ['--version']).status === 0,
);

/** Metrics of before the scenario, in the format OpenMetrics. */
type History = string;

/** The two programs. */
export class Programs {
  private readonly folder = mkdtempSync(join(tmpdir(), 'autonomous-op-scenario-'));
  private readonly started = new Map<string, Program>();
  private prometheus = '';

  constructor(
    private readonly network: Network,
    /** Every pod that there will be: Prometheus looks for new targets every five seconds, which is too seldom here. */
    private readonly pods: readonly Pod[],
    private readonly world: World,
    /** Expressions of rules that are somebody else's. */
    private readonly others: readonly string[],
  ) {}

  /** Starts them, and waits until Prometheus has scraped what answers and knows its Alertmanager. */
  async start(history: History): Promise<void> {
    const alertmanager = `127.0.0.1:${await freePort()}`;
    const prometheus = `127.0.0.1:${await freePort()}`;
    const network = await this.network.listen();
    this.prometheus = `http://${prometheus}`;
    this.network.real.set('prometheus', this.prometheus);
    this.network.real.set('alertmanager', `http://${alertmanager}`);
    await this.backfill(history);
    this.startAlertmanager(alertmanager, network);
    this.startPrometheus(prometheus, network);
    const program = this.started.get('prometheus');
    const watches = () => this.watches().catch(() => false);
    await until('Prometheus scrapes, and has found Alertmanager', watches, defined({ program }));
  }

  /** Has Prometheus read a configuration anew; whether it took it. */
  async reload(configuration: unknown): Promise<boolean> {
    this.write('prometheus.json', configuration);
    return (await fetch(`${this.prometheus}/-/reload`, { method: 'POST' })).ok;
  }

  /**
   * The longest time in milliseconds between two scrapes of a target that succeeded, in the last so many seconds: what is lost in a
   * scenario does not come back, so it was the machine.
   */
  async longestPause(seconds: number): Promise<number> {
    if (this.started.get('prometheus')?.running !== true) return 0;
    const { data } = await this.get(`query?query=up[${Math.ceil(seconds)}s]`, matrix);
    return Math.max(...data.result.map(({ metric, values }) => longestGap(values, metric.job === 'machine')));
  }

  /** What Prometheus answers. */
  async get<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    return schema.parse(await (await fetch(`${this.prometheus}/api/v1/${path}`)).json());
  }

  /** Ends one of them, as a crash does. */
  async kill(name: string): Promise<void> {
    await this.started.get(name)?.kill();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.started.values()].map((program) => program.kill()));
    this.network.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private startAlertmanager(address: string, network: string): void {
    this.write('alertmanager.json', alertmanagerConfiguration(network));
    this.run('prometheus-alertmanager', [
      `--config.file=${join(this.folder, 'alertmanager.json')}`,
      `--storage.path=${join(this.folder, 'alertmanager')}`,
      `--web.listen-address=${address}`,
      '--cluster.listen-address=',
    ]);
  }

  private startPrometheus(address: string, network: string): void {
    this.write('rules.json', fasterRules(this.others));
    this.write('prometheus.json', prometheusConfiguration(this.pods, network, join(this.folder, 'rules.json')));
    this.run('prometheus', [
      `--config.file=${join(this.folder, 'prometheus.json')}`,
      `--storage.tsdb.path=${join(this.folder, 'data')}`,
      `--web.listen-address=${address}`,
      '--web.enable-lifecycle',
      // What of time is not in the configuration, but in the defaults of the program.
      `--query.lookback-delta=${faster('5m')}`,
      `--rules.alert.resend-delay=${faster('1m')}`,
    ]);
  }

  private async backfill(history: History): Promise<void> {
    const file = join(this.folder, 'history.txt');
    writeFileSync(file, history);
    const options = ['tsdb', 'create-blocks-from', 'openmetrics', file, join(this.folder, 'data')];
    await promisify(execFile)('promtool', options);
  }

  private async watches(): Promise<boolean> {
    const found = await this.get('alertmanagers', foundAlertmanagers);
    const running = this.world.pods.filter(({ runs, spec }) => runs && spec.port !== undefined);
    const answering = await this.number('sum(max_over_time(up[10s]))');
    // Until it finds Alertmanager, after five seconds of the machine's, it drops what it has to tell. NotificationsDropped looks at
    // five minutes; two more, and it is over.
    const dropped = await this.number(`sum(increase(prometheus_notifications_dropped_total[${faster('7m')}]))`);
    return found.data.activeAlertmanagers.length === 1 && answering >= running.length && dropped === 0;
  }

  /** The number that a query gives now; NaN if it gives none. */
  private async number(query: string): Promise<number> {
    const { data } = await this.get(`query?query=${encodeURIComponent(query)}`, sum);
    return Number(data.result[0]?.value[1]);
  }

  private write(name: string, content: unknown): void {
    // JSON is YAML too, and is written faster.
    writeFileSync(join(this.folder, name), JSON.stringify(content));
  }

  private run(name: string, options: readonly string[]): void {
    const env = { PATH: process.env['PATH'] ?? '', GOGC: '400' };
    this.started.set(name, new Program({ command: [name, ...options], env, log: join(this.folder, `${name}.log`) }));
  }
}

const foundAlertmanagers = z.object({ data: z.object({ activeAlertmanagers: z.array(z.unknown()) }) });

const sum = z.object({ data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }) });

const values = z.array(z.tuple([z.number(), z.string()]));

const matrix = z.object({
  data: z.object({ result: z.array(z.object({ metric: z.object({ job: z.string() }), values })) }),
});

/** In milliseconds; of what always answers until now. */
function longestGap(up: z.output<typeof values>, untilNow: boolean): number {
  const times = up.filter(([, value]) => value === '1').map(([time]) => time * 1000);
  const next = [...times.slice(1), untilNow ? Date.now() : (times.at(-1) ?? 0)];
  return Math.max(0, ...times.map((time, index) => (next[index] ?? time) - time));
}

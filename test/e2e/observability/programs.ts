/* A real Prometheus and a real Alertmanager, which watch a world. */

import { ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { alertmanagerConfiguration, fasterRules, prometheusConfiguration } from './configuration';
import { freePort, Network } from './network';
import { Pod } from './pod';
import { faster } from './time';
import type { World } from './world';

/** Whether both programs are installed. */
export const installed = ['prometheus', 'prometheus-alertmanager', 'promtool'].every(
  (program) => spawnSync(program, ['--version']).status === 0,
);

/** Milliseconds that a program may take to begin. */
const BEGINNING = 60_000;

/** Metrics of before the scenario, in the format OpenMetrics. */
type History = string;

/** The two programs. */
export class Programs {
  private readonly folder = mkdtempSync(join(tmpdir(), 'autonomous-op-scenario-'));
  private readonly running = new Map<string, ChildProcess>();
  private readonly output: string[] = [];
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
    await this.until('Prometheus scrapes, and has found Alertmanager', () => this.watches());
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
    if (this.hasEnded('prometheus')) return 0;
    const { data } = await this.get(`query?query=up[${Math.ceil(seconds)}s]`, matrix);
    return Math.max(...data.result.map(({ metric, values }) => longestGap(values, metric.job === 'machine')));
  }

  /** What Prometheus answers. */
  async get<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    return schema.parse(await (await fetch(`${this.prometheus}/api/v1/${path}`)).json());
  }

  /** Ends one of them, as a crash does. */
  async kill(program: string): Promise<void> {
    if (this.hasEnded(program)) return;
    const process = this.process(program);
    const ended = once(process, 'exit');
    process.kill('SIGKILL');
    await ended;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.running.keys()].map((program) => this.kill(program)));
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
    this.run('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', file, join(this.folder, 'data')]);
    const [status] = z
      .tuple([z.number().nullable()])
      .rest(z.unknown())
      .parse(await once(this.process('promtool'), 'exit'));
    if (status !== 0) throw new Error(`the history is not taken:\n${this.output.join('')}`);
  }

  private async watches(): Promise<boolean> {
    const found = await this.get('alertmanagers', foundAlertmanagers);
    const { data } = await this.get('query?query=sum(max_over_time(up[10s]))', sum);
    const running = this.world.pods.filter(({ runs, spec }) => runs && spec.port !== undefined);
    return found.data.activeAlertmanagers.length === 1 && Number(data.result[0]?.value[1]) >= running.length;
  }

  private write(name: string, content: unknown): void {
    // JSON is YAML too, and is written faster.
    writeFileSync(join(this.folder, name), JSON.stringify(content));
  }

  private run(program: string, options: readonly string[]): void {
    const process = spawn(program, options, { env: { ...globalThis.process.env, GOGC: '400' } });
    for (const stream of [process.stdout, process.stderr]) {
      stream.on('data', (chunk) => this.output.push(String(chunk)));
    }
    this.running.set(program, process);
  }

  private hasEnded(program: string): boolean {
    const process = this.running.get(program);
    return process === undefined || process.exitCode !== null || process.signalCode !== null;
  }

  private process(program: string): ChildProcess {
    const process = this.running.get(program);
    if (process === undefined) throw new Error(`${program} was not started`);
    return process;
  }

  private async until(what: string, is: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + BEGINNING;
    while (!(await is().catch(() => false))) {
      if (Date.now() > deadline) throw new Error(`it is not so that ${what}:\n${this.output.join('').slice(-3000)}`);
      await sleep(200);
    }
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

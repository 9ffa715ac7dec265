/* A Prometheus that has recorded a load. It scrapes nobody: what it has, up to now and beyond, is written before it starts. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Program, until } from '../programs/program';
import { output } from '../programs/command';

/** What the queries of the triggers find. */
export interface Load {
  /** Requests to autonomous-op, a second. */
  readonly requests: number;
  /** Inferences of ml-service, a second. */
  readonly inferences: number;
}

/** Percent that a GPU is used, of which ml-service has one: too few to matter. */
const GPU_USE = 40;

const STEP = 15;

/** Longer ago than any query of a trigger looks back, in seconds. */
const PAST = 360;
/** Longer than the tests take. */
const FUTURE = 3600;

/** The series of a load, in OpenMetrics: counters that grow evenly, and a gauge. */
function recording({ requests, inferences }: Load): string {
  const now = Math.round(Date.now() / 1000);
  const times = Array.from({ length: (PAST + FUTURE) / STEP }, (_, index) => index * STEP);
  const series: Record<string, (seconds: number) => number> = {
    'http_server_requests_seconds_count{app="autonomous-op"}': (seconds) => requests * seconds,
    'inference_requests_seconds_count{app="ml-service"}': (seconds) => inferences * seconds,
    'DCGM_FI_DEV_GPU_UTIL{namespace="autonomous-op",container="ml-service",pod="ml-service-0"}': () => GPU_USE,
  };
  const lines = Object.entries(series).flatMap(([name, value]) =>
    times.map((seconds) => `${name} ${value(seconds)} ${now - PAST + seconds}`),
  );
  return [...lines, '# EOF', ''].join('\n');
}

/** The port that the triggers ask. */
const PORT = 9090;

/** A Prometheus at an address of the loopback interface. */
export class RecordedPrometheus {
  private program: Program | undefined;
  private loads = 0;

  constructor(
    private readonly address: string,
    private readonly folder: string,
  ) {}

  /** From now on it has recorded this load, all the time. */
  async have(load: Load): Promise<void> {
    const folder = join(this.folder, `prometheus-${++this.loads}`);
    mkdirSync(folder, { recursive: true });
    const at = (name: string) => join(folder, name);
    writeFileSync(at('recorded.txt'), recording(load));
    writeFileSync(at('prometheus.yaml'), '{}');
    await output(['promtool', 'tsdb', 'create-blocks-from', 'openmetrics', at('recorded.txt'), at('data')]);
    await this.end();
    const flags = [`--config.file=${at('prometheus.yaml')}`, `--storage.tsdb.path=${at('data')}`];
    const program = new Program({
      command: ['/usr/bin/prometheus', ...flags, `--web.listen-address=${this.address}:${PORT}`],
      log: at('log'),
    });
    this.program = program;
    await until('Prometheus has started', () => program.output.includes('Server is ready'), { program, every: 50 });
  }

  async end(): Promise<void> {
    await this.program?.kill();
  }
}

import { Command, Option } from 'commander';
import type { TopLevelSpec } from 'vega-lite';
import { dayChart } from '../capacity/day-chart';
import { dayReport } from '../capacity/day-report';
import { drawSvg } from '../capacity/drawing';
import { loadChart } from '../capacity/load-chart';
import { parseLoad, readLoadFile } from '../capacity/load-file';
import { page } from '../capacity/page';
import { play } from '../capacity/playback';
import { loadsOf, Report } from '../capacity/report';
import { Load, ScaledService, scaledServices } from '../capacity/scaled-service';
import { REQUESTS } from '../capacity/steady';
import { steadyReport } from '../capacity/steady-report';
import { InvalidInputError, messageOf } from '../core/errors';
import { writeFileAtomically } from '../synth/write-file';
import { deploymentOf, environmentOption, outputOption } from './options';
import { columns, paint, Terminal } from './terminal';

/** How people call the metrics of the Prometheus triggers. */
const names: Readonly<Record<string, Load>> = {
  http_requests_per_second: { name: 'http', unit: REQUESTS },
  inference_requests_per_second: { name: 'inference', unit: REQUESTS },
  gpu_utilization: { name: 'gpu', unit: ' %' },
};

interface PlanOptions {
  readonly environment: string;
  readonly output: string;
  readonly http?: string;
  readonly inference?: string;
  readonly gpu?: string;
  readonly lag: readonly string[];
  readonly use: readonly string[];
  readonly load?: string;
  readonly startup?: string;
  readonly svg?: string;
  readonly html?: string;
}

/** What a plan says, and the chart of it. */
interface Plan {
  readonly report: Report;
  readonly chart: TopLevelSpec;
}

/** `aop plan`: capacity and cost. */
export function planCommand(terminal: Terminal): Command {
  return new Command('plan')
    .description(
      'How many pods a load asks for, which trigger decides, what it asks of the cluster, and what the GPUs cost.',
    )
    .option('--http <n>', 'HTTP requests per second')
    .option('--inference <n>', 'inference requests per second')
    .option('--gpu <percent>', 'GPU utilisation, added up over all pods: 240 for four at 60')
    .addOption(repeated('--lag <topic=n>', 'messages that the consumers of a topic are behind'))
    .addOption(repeated('--use <service.cpu=n>', 'CPUs, or with .memory GiB, that all pods of a service use together'))
    .option('--load <file>', 'plays a CSV file of loads through the autoscalers; an option beside it is a load all day')
    .option('--startup <seconds>', 'with --load: time until the container of a new pod runs (default: 0)')
    .option('--svg <file>', 'draws the curves into a file')
    .option('--html <file>', 'writes a page with the table, the curves and what they rest on')
    .addOption(environmentOption())
    .addOption(outputOption('table', 'json'))
    .action(async (options: PlanOptions) => {
      const services = scaledServices(deploymentOf(options.environment), names);
      const { report, chart } = planOf(services, options);
      await draw(report, chart, options);
      terminal.out(written(report, options, terminal));
      if (report.problems.length > 0) terminal.exitCode = 1;
    });
}

function repeated(flags: string, description: string): Option {
  return new Option(flags, `${description}; repeatable`)
    .default([], 'none')
    .argParser((value: string, previous: readonly string[]) => [...previous, value]);
}

function planOf(services: readonly ScaledService[], options: PlanOptions): Plan {
  const loads = loadsGiven(services, options);
  if (options.load === undefined) {
    if (options.startup !== undefined) {
      throw new InvalidInputError('--startup', 'a load that does not change starts no pod', 'Use it with --load');
    }
    return { report: steadyReport(services, loads), chart: loadChart(services, loads) };
  }
  const known = loadsOf(services).map(({ load }) => load.name);
  const curve = readLoadFile(options.load, known, loads);
  const { startup: text = '0' } = options;
  if (!/^\d{1,5}$/.test(text)) {
    throw new InvalidInputError('--startup', `"${text}" is no time`, 'Give a whole number of seconds');
  }
  const startup = Number(text);
  const plays = services.map((service) => play(service, curve, { startup }));
  return { report: dayReport(plays, curve.seconds, new Set(curve.loads.keys())), chart: dayChart(plays, curve) };
}

/** The loads that the options give, by their names. */
function loadsGiven(services: readonly ScaledService[], options: PlanOptions): Map<string, number> {
  const { http, inference, gpu, lag, use } = options;
  const triggers = loadsOf(services);
  const topics = triggers.filter(({ load }) => load.name.startsWith('lag.')).map(({ load }) => load.name);
  const resources = triggers.filter(({ utilization }) => utilization !== undefined).map(({ load }) => load.name);
  const given = [
    ...Object.entries({ http, inference, gpu }).flatMap(([name, value]) =>
      value === undefined ? [] : [{ name, value: numberOf(`--${name}`, value) }],
    ),
    ...lag.map((each) => assigned('--lag', each, topics, 'lag.')),
    ...use.map((each) => assigned('--use', each, resources)),
  ];
  const loads = new Map<string, number>();
  for (const { name, value } of given) {
    if (loads.has(name)) throw new InvalidInputError('aop plan', `"${name}" is given twice`, 'Keep one of them');
    loads.set(name, value);
  }
  return loads;
}

/** The load that `NAME=NUMBER` gives, whose name is one of the known ones, without their prefix. */
function assigned(option: string, text: string, known: readonly string[], prefix = '') {
  const equals = text.lastIndexOf('=');
  const name = equals === -1 ? text : text.slice(0, equals);
  if (!known.includes(`${prefix}${name}`)) {
    const choices = known.map((each) => each.slice(prefix.length)).join(', ');
    throw new InvalidInputError(option, `no trigger measures "${name}"`, `Use NAME=NUMBER, NAME one of: ${choices}`);
  }
  return {
    name: `${prefix}${name}`,
    value: numberOf(`${option} ${name}`, equals === -1 ? '' : text.slice(equals + 1)),
  };
}

function numberOf(where: string, text: string): number {
  const value = parseLoad(text);
  if (value === undefined) {
    throw new InvalidInputError(where, `"${text}" is not a load`, 'Give a number of at least 0');
  }
  return value;
}

function written(report: Report, { environment, output }: PlanOptions, terminal: Terminal): string {
  const { header, rows, totals, notes, problems, data } = report;
  if (output === 'json') return `${JSON.stringify({ environment, ...data, problems }, null, 2)}\n`;
  const strong = (cells: readonly string[]) => cells.map((cell) => paint(terminal, 'bold', cell));
  return [
    columns([strong(header), ...rows, ...totals.map(strong)]),
    ...notes.map((note) => `${note}\n`),
    ...problems.map((problem) => paint(terminal, 'red', `✗ ${problem}\n`)),
  ].join('');
}

async function draw(report: Report, chart: TopLevelSpec, { svg, html, environment }: PlanOptions): Promise<void> {
  if (svg === undefined && html === undefined) return;
  const drawn = await drawSvg(chart);
  if (svg !== undefined) writeTo('--svg', svg, drawn);
  if (html !== undefined) writeTo('--html', html, page(report, environment, drawn));
}

function writeTo(option: string, path: string, text: string): void {
  try {
    writeFileAtomically(path, text);
  } catch (error) {
    const remedy = 'Name a file in a folder that is there, and that you may write';
    throw new InvalidInputError(option, messageOf(error), remedy);
  }
}

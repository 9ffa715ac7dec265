/* `aop plan`: capacity and cost. */

import { Command } from 'commander';
import type { TopLevelSpec } from 'vega-lite';
import { dayChart } from '../capacity/day-chart';
import { dayReport } from '../capacity/day-report';
import { drawSvg } from '../capacity/drawing';
import { loadChart } from '../capacity/load-chart';
import { parseLoad, readLoadFile } from '../capacity/load-file';
import { play } from '../capacity/playback';
import { loadsOf, Report } from '../capacity/report';
import { ScaledService, scaledServices } from '../capacity/scaled-service';
import { steadyReport } from '../capacity/steady-report';
import { InvalidInputError, messageOf } from '../core/errors';
import { writeFileAtomically } from '../synth/write-file';
import { manifestsIn, manifestsOption, outputOption } from './options';
import { columns, paint, Terminal } from './terminal';

interface PlanOptions {
  readonly manifests: string;
  readonly output: string;
  readonly load?: string;
  readonly startup?: string;
  readonly gpuPrice?: string;
  readonly gpus?: string;
  readonly svg?: string;
}

/** What a plan says, and the chart of it. */
interface Plan {
  readonly report: Report;
  readonly chart: TopLevelSpec;
}

const LOADS = `
Loads, counted for all pods of a service together, as the triggers of the manifests name them:
  --http <n>           the metric http_requests_per_second of a Prometheus trigger; any other by its name
  --gpu <n>            gpu_utilization, in percent: 240 for four pods at 60
  --lag.<topic> <n>    messages that the consumers of a topic are behind
  --<service>.cpu <n>  CPUs that are in use; with .memory GiB

Exit code: 0 if the pods and GPUs are enough, 1 if they are not, 2 if it could not be told.`;

/** Makes the command. */
export function planCommand(terminal: Terminal): Command {
  return new Command('plan')
    .description(
      'How many pods a load needs, which trigger decides, what that asks of the cluster, and what the GPUs cost.',
    )
    .usage('[--<load> <n>]... [options]')
    .option('--load <file>', 'plays a CSV file of loads through the autoscalers; an option beside it is a load all day')
    .option('--startup <seconds>', 'with --load: time until the container of a new pod runs (default: 0)')
    .option('--gpu-price <dollars>', 'of one GPU for an hour (default: that of the catalogue)')
    .option('--gpus <n>', 'GPUs of all nodes together')
    .option('--svg <file>', 'draws the curves into a file')
    .addOption(manifestsOption())
    .addOption(outputOption('table', 'json'))
    .addHelpText('after', LOADS)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(async (options: PlanOptions, { args }: Command) => {
      const { gpuPrice } = options;
      const price = gpuPrice === undefined ? undefined : numberOf('--gpu-price', gpuPrice);
      const services = scaledServices(manifestsIn(options.manifests), price);
      if (services.length === 0) {
        const problem = `nothing in "${options.manifests}" scales: it has no HorizontalPodAutoscaler and no ScaledObject`;
        throw new InvalidInputError('aop plan', problem, 'Name a folder with manifests that have one');
      }
      const { report, chart } = planOf(services, options, loadsGiven(services, args));
      if (options.svg !== undefined) writeTo('--svg', options.svg, await drawSvg(chart));
      terminal.out(written(report, options, terminal));
      if (report.problems.length > 0) terminal.exitCode = 1;
    });
}

function planOf(services: readonly ScaledService[], options: PlanOptions, loads: ReadonlyMap<string, number>): Plan {
  const { load, startup, gpus } = options;
  if (load === undefined) {
    if (startup !== undefined) {
      throw new InvalidInputError('--startup', 'a load that does not change starts no pod', 'Use it with --load');
    }
    const pool = gpus === undefined ? undefined : wholeNumberOf('--gpus', gpus);
    return { report: steadyReport(services, loads, pool), chart: loadChart(services, loads) };
  }
  if (gpus !== undefined) {
    throw new InvalidInputError(
      '--gpus',
      'a day is not compared with the GPUs of the nodes',
      'Leave it out with --load',
    );
  }
  const curve = readLoadFile(load, namesOf(services), loads);
  const seconds = startup === undefined ? 0 : wholeNumberOf('--startup', startup);
  const plays = services.map((service) => play(service, curve, { startup: seconds }));
  return { report: dayReport(plays, curve.seconds, new Set(curve.loads.keys())), chart: dayChart(plays, curve) };
}

function namesOf(services: readonly ScaledService[]): string[] {
  return loadsOf(services).map(({ load }) => load.name);
}

/** The loads that the options give, by their names: `--http 7000`, or `--http=7000`. */
function loadsGiven(services: readonly ScaledService[], args: readonly string[]): Map<string, number> {
  const known = namesOf(services);
  const loads = new Map<string, number>();
  const words = args.flatMap((arg) =>
    /^--[^=]+=/.test(arg) ? [arg.replace(/=.*/, ''), arg.replace(/^[^=]+=/, '')] : [arg],
  );
  for (let index = 0; index < words.length; index += 2) {
    const [option = '', value = ''] = words.slice(index, index + 2);
    const name = option.replace(/^--/, '');
    if (!option.startsWith('--') || !known.includes(name)) {
      const remedy = `Use one of: ${known.map((each) => `--${each}`).join(', ')}`;
      throw new InvalidInputError('aop plan', `"${option}" is no option, and no trigger measures it`, remedy);
    }
    if (loads.has(name)) throw new InvalidInputError('aop plan', `"${option}" is given twice`, 'Keep one of them');
    loads.set(name, numberOf(option, value));
  }
  return loads;
}

function numberOf(where: string, text: string): number {
  const value = parseLoad(text);
  if (value === undefined) {
    throw new InvalidInputError(where, `"${text}" is not valid`, 'Give a number of at least 0');
  }
  return value;
}

function wholeNumberOf(where: string, text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidInputError(where, `"${text}" is not valid`, 'Give a whole number');
  return Number(text);
}

function written(report: Report, { output }: PlanOptions, terminal: Terminal): string {
  const { header, rows, totals, notes, problems, data } = report;
  if (output === 'json') return `${JSON.stringify({ ...data, notes, problems }, null, 2)}\n`;
  const strong = (cells: readonly string[]) => cells.map((cell) => paint(terminal, 'bold', cell));
  return [
    columns([strong(header), ...rows, ...totals.map(strong)]),
    ...notes.map((note) => `${note}\n`),
    ...problems.map((problem) => paint(terminal, 'red', `✗ ${problem}\n`)),
  ].join('');
}

function writeTo(option: string, path: string, text: string): void {
  try {
    writeFileAtomically(path, text);
  } catch (error) {
    const remedy = 'Name a file in a folder that is there, and that you may write';
    throw new InvalidInputError(option, messageOf(error), remedy);
  }
}

/* `aop doctor`: whether a cluster is ready for manifests. */

import { Command } from 'commander';
import { Cluster } from '../cluster/cluster';
import { Commands } from '../cluster/commands';
import { examine } from '../cluster/doctor';
import { Finding, Verdict } from '../cluster/finding';
import { connect } from '../cluster/kube-api';
import { needsOf } from '../cluster/needs';
import { contextOption, kubeconfigOption, manifestsIn, manifestsOption, outputOption } from './options';
import { columns, Emphasis, paint, progress, Terminal } from './terminal';

interface DoctorOptions {
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly manifests: string;
  readonly output: string;
}

export function doctorCommand(terminal: Terminal): Command {
  return new Command('doctor')
    .description('Whether a cluster is ready for the manifests of a folder, and how to fix what is not. It only reads.')
    .addOption(contextOption())
    .addOption(kubeconfigOption())
    .addOption(manifestsOption())
    .addOption(outputOption('text', 'json'))
    .addHelpText('after', '\nExit code: 0 = OK, 1 = problems found, 2 = could not check.')
    .action(async (options: DoctorOptions) => {
      const needs = needsOf(manifestsIn(options.manifests), options.manifests);
      const cluster = new Cluster(await connect(options), new Commands(options));
      const findings = await examine(cluster, needs, (done, all) => {
        progress(terminal, `${done} of ${all} checks`);
      });
      progress(terminal, '');
      if (findings.some(({ verdict }) => verdict === 'problem')) terminal.exitCode = 1;
      terminal.out(options.output === 'json' ? json(options, findings) : text(terminal, findings));
    });
}

const marks: Readonly<Record<Verdict, readonly [string, Emphasis]>> = {
  ok: ['✓', 'green'],
  problem: ['✗', 'red'],
  warning: ['!', 'yellow'],
};

/** A line for each finding, with the commands that fix it below. */
function text(terminal: Terminal, findings: readonly Finding[]): string {
  const rows = findings.map(({ verdict, subject, value }) => [`${mark(terminal, verdict)} ${subject}`, value]);
  const lines = columns(rows).split('\n');
  const fixed = findings.map(({ remedy }, index) => [lines[index] ?? '', ...remedy.map((line) => `    ${line}`)]);
  return [...fixed.flat(), summary(terminal, findings), ''].join('\n');
}

function mark(terminal: Terminal, verdict: Verdict): string {
  const [sign, emphasis] = marks[verdict];
  return paint(terminal, emphasis, sign);
}

function summary(terminal: Terminal, findings: readonly Finding[]): string {
  const count = (verdict: Verdict, plural = verdict + 's') => {
    const { length } = findings.filter((finding) => finding.verdict === verdict);
    return `${length} ${length === 1 ? verdict : plural}`;
  };
  return paint(terminal, 'bold', [count('ok', 'ok'), count('problem'), count('warning')].join(', '));
}

function json({ context, manifests }: DoctorOptions, findings: readonly Finding[]): string {
  return `${JSON.stringify({ context, manifests, findings }, null, 2)}\n`;
}

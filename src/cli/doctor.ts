import { Command } from 'commander';
import { autonomousOp } from '../autonomous-op/deployment';
import { settingsOf, withSecretsFrom } from '../autonomous-op/environments';
import { Cluster } from '../cluster/cluster';
import { Commands } from '../cluster/commands';
import { examine } from '../cluster/doctor';
import { Finding, Verdict } from '../cluster/finding';
import { connect } from '../cluster/kube-api';
import { Needs, needsOf } from '../cluster/needs';
import { contextOption, environmentOption, kubeconfigOption, outputOption } from './options';
import { columns, Emphasis, paint, progress, Terminal } from './terminal';

interface DoctorOptions {
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly environment: string;
  readonly output: string;
}

/** `aop doctor`: whether a cluster is ready. */
export function doctorCommand(terminal: Terminal): Command {
  return new Command('doctor')
    .description('Whether a cluster is ready for the manifests of an environment, and what mends it. It only reads.')
    .addOption(contextOption())
    .addOption(kubeconfigOption())
    .addOption(environmentOption())
    .addOption(outputOption('text', 'json'))
    .action(async (options: DoctorOptions) => {
      const needs = needsOfEnvironment(options.environment);
      const cluster = new Cluster(await connect(options), new Commands(options));
      const findings = await examine(cluster, needs, (done, all) => {
        progress(terminal, `${done} of ${all} checks`);
      });
      progress(terminal, '');
      if (findings.some(({ verdict }) => verdict === 'wrong')) terminal.exitCode = 1;
      terminal.out(options.output === 'json' ? json(options, findings) : text(terminal, findings));
    });
}

/** What the manifests of an environment ask; its Secrets have their names and keys here, and no value. */
function needsOfEnvironment(environment: string): Needs {
  const settings = withSecretsFrom(process.env['AOP_SECRETS'], settingsOf(environment));
  const { secrets, secretStore, kedaRelease, storageClass } = settings;
  const origin = secrets === 'external' ? { clusterSecretStore: secretStore } : { values: new Map() };
  const production = environment === 'production';
  const folder = production ? 'dist' : `dist-${environment}`;
  return needsOf(autonomousOp(settings, origin), {
    synth: production ? 'npx cdk8s synth' : `AOP_ENV=${environment} npx cdk8s synth`,
    folder,
    kedaRelease,
    ...(storageClass === undefined ? {} : { storageClass }),
  });
}

const marks: Readonly<Record<Verdict, readonly [string, Emphasis]>> = {
  ok: ['✓', 'green'],
  wrong: ['✗', 'red'],
  unknown: ['!', 'yellow'],
};

/** A line a finding, with the commands that mend it under what was seen. */
function text(terminal: Terminal, findings: readonly Finding[]): string {
  const rows = findings.map(({ verdict, subject, value }) => [`${mark(terminal, verdict)} ${subject}`, value]);
  const lines = columns(rows).split('\n');
  const mended = findings.map(({ remedy }, index) => [lines[index] ?? '', ...remedy.map((line) => `    ${line}`)]);
  return [...mended.flat(), summary(terminal, findings), ''].join('\n');
}

function mark(terminal: Terminal, verdict: Verdict): string {
  const [sign, emphasis] = marks[verdict];
  return paint(terminal, emphasis, sign);
}

function summary(terminal: Terminal, findings: readonly Finding[]): string {
  const count = (verdict: Verdict) => findings.filter((finding) => finding.verdict === verdict).length;
  return paint(terminal, 'bold', `${count('ok')} well, ${count('wrong')} wrong, ${count('unknown')} to look at`);
}

function json({ context, environment }: DoctorOptions, findings: readonly Finding[]): string {
  return `${JSON.stringify({ context, environment, findings }, null, 2)}\n`;
}

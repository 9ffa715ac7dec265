import { Command } from 'commander';
import { InvalidInputError } from '../core/errors';
import { EffectKind } from '../diff/effect';
import { changedLines, escapeControls, readable } from '../diff/lines';
import { markdownOf } from '../diff/markdown';
import { counts, jsonOf, notes, Report, ReportedObject, reportOf } from '../diff/report';
import { readFolder, readSource } from '../diff/source';
import { manifestsOption, outputOption } from './options';
import { columns, Emphasis, paint, Terminal } from './terminal';

interface DiffOptions {
  readonly head?: string;
  readonly manifests: string;
  readonly output: string;
}

/** `aop diff`: what a change does to the manifests. */
export function diffCommand(terminal: Terminal): Command {
  return new Command('diff')
    .description('What a change does to the manifests, object by object, and what that means for the cluster.')
    .argument('<base>', 'what to compare with: a git revision such as main, or a folder of manifests')
    .option('--head <side>', 'what is compared: a git revision or a folder (default: the folder as it is now)')
    .addOption(manifestsOption())
    .addOption(outputOption('text', 'markdown', 'json'))
    .addHelpText('after', '\nExit code: 0 = OK, nothing changed, 1 = differences found, 2 = could not compare.')
    .action((base: string, { head, manifests, output }: DiffOptions) => {
      const before = readSource('BASE', base, manifests);
      const after = head === undefined ? readFolder('--manifests', manifests) : readSource('--head', head, manifests);
      if (before.files.length + after.files.length === 0) {
        throw new InvalidInputError(
          '--manifests',
          `neither side has manifests in "${manifests}"`,
          'Name the folder that has them',
        );
      }
      const report = reportOf(before, after);
      terminal.out(written(report, output, terminal));
      terminal.exitCode = report.objects.length === 0 ? 0 : 1;
    });
}

function written(report: Report, output: string, terminal: Terminal): string {
  switch (output) {
    case 'json':
      return jsonOf(report);
    case 'markdown':
      return markdownOf(report);
    default:
      return textOf(report, terminal);
  }
}

const emphases: Partial<Readonly<Record<EffectKind, Emphasis>>> = {
  'deletes data': 'red',
  'replaces an immutable field': 'red',
  'opens a connection': 'red',
  'widens permissions': 'red',
  'may interrupt': 'yellow',
  'restarts pods': 'yellow',
  'needs a restart': 'yellow',
  'may need a restart': 'yellow',
  'raises the monthly cost': 'yellow',
};

function textOf(report: Report, terminal: Terminal): string {
  const effects = report.effects.map(({ kind, subject, text }) => {
    const emphasis = emphases[kind];
    return [emphasis === undefined ? kind : paint(terminal, emphasis, kind), ...[subject, text].map(escapeControls)];
  });
  const parts = [
    `${report.base} → ${report.head}: ${counts(report)}\n`,
    notes(report)
      .map((note) => `${note}\n`)
      .join(''),
    columns(effects),
    ...report.objects.map((object) => objectText(object, terminal)),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

function objectText({ label, change, fields }: ReportedObject, terminal: Terminal): string {
  const head = `${paint(terminal, 'bold', escapeControls(label))} ${change}\n`;
  const lines = fields.flatMap((field) => [
    `  ${escapeControls(field.path)}\n`,
    ...changedLines(field).flatMap(({ removed, added }) => [
      ...readable(removed).map((line) => `    ${paint(terminal, 'red', `- ${line}`)}\n`),
      ...readable(added).map((line) => `    ${paint(terminal, 'green', `+ ${line}`)}\n`),
    ]),
  ]);
  return head + lines.join('');
}

import { changedLines, escapeControls, readable } from './lines';
import { counts, notes, Report, ReportedObject } from './report';

/** By which a comment on a pull request is found again. */
export const MARKER = '<!-- aop diff -->';

/** GitHub takes 65,536 characters. */
const LONGEST_COMMENT = 60_000;
const LONGEST_TABLE = 30_000;
const LONGEST_OBJECT = 8_000;

/** The report as a comment on a pull request: the effects first, then each object to unfold. */
export function markdownOf(report: Report): string {
  const head = [
    MARKER,
    '### What this does to the manifests',
    '',
    `${literal(report.base)} → ${literal(report.head)}: ${counts(report)}.`,
    ...notes(report).map((note) => `\n${literal(note)}`),
    '',
  ].join('\n');
  const table = effectsTable(report);
  const objects = fitting(report.objects.map(section), LONGEST_COMMENT - head.length - table.length);
  const rest = report.objects.length - objects.length;
  const more =
    rest === 0
      ? ''
      : `\n${rest} more objects are not shown here: <code>npm run -s diff -- ${html(report.base)}</code> shows all.\n`;
  return `${head}${table}${objects.join('')}${more}`;
}

/** The parts that fit, whole ones only. */
function fitting(parts: readonly string[], space: number): string[] {
  let left = space;
  return parts.filter((part) => (left -= part.length) >= 0);
}

function effectsTable({ effects }: Report): string {
  if (effects.length === 0) return '';
  const rows = effects.map(
    ({ kind, subject, text }) =>
      `| ${kind} | ${literal(subject)} | ${literal(text.length > 500 ? `${text.slice(0, 500)}…` : text)} |\n`,
  );
  const kept = fitting(rows, LONGEST_TABLE);
  const more = rows.length - kept.length;
  return `\n| Effect | On | What |\n| --- | --- | --- |\n${kept.join('')}${more === 0 ? '' : `\n${more} more effects are not shown here.\n`}`;
}

function section({ label, change, fields }: ReportedObject): string {
  if (fields.length === 0) return `\n${change} <code>${html(label)}</code>\n`;
  const blocks = fields.map((field) => {
    const lines = changedLines(field).flatMap(({ removed, added }) => [
      ...readable(removed).map((line) => `- ${line}`),
      ...readable(added).map((line) => `+ ${line}`),
    ]);
    return `${[`  ${escapeControls(field.path)}`, ...lines].join('\n')}\n`;
  });
  const kept = fitting(blocks, LONGEST_OBJECT);
  const more = blocks.length - kept.length;
  const body = `${kept.join('')}${more === 0 ? '' : `  … ${more} more fields\n`}`;
  const fence = '`'.repeat(Math.max(3, ...(body.match(/`+/g) ?? []).map(({ length }) => length + 1)));
  const number = fields.length === 1 ? '1 field' : `${fields.length} fields`;
  return `\n<details><summary>${change} <code>${html(label)}</code>, ${number}</summary>\n\n${fence}diff\n${body}${fence}\n\n</details>\n`;
}

/** Text that Markdown takes for nothing else: no markup, no HTML, no cell's end, nobody who is mentioned, and no formula. */
function literal(text: string): string {
  return html(text)
    .replace(/[\\`*_[\]~|#]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replace(/(@|&#35;)(?=\w)/g, '$1\u2060')
    .replaceAll('$', '<span>$</span>');
}

function html(text: string): string {
  return escapeControls(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

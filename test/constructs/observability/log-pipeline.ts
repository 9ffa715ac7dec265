/*
 * Promtail's stages as PromtailLogging emits them, applied to lines of /var/log/pods. What each does was read in Promtail 2.9.17.
 * Its own code is no choice: clients/pkg/logentry/stages is under Apache-2.0, but imports packages that are under the AGPL.
 */

import { z } from 'zod';

const pattern = z.strictObject({ expression: z.string() });

/** A stage, as the configuration has it. */
export const stage = z.union([
  z.strictObject({
    cri: z.strictObject({ max_partial_line_size: z.int(), max_partial_line_size_truncate: z.literal(true) }),
  }),
  z.strictObject({ replace: pattern.extend({ replace: z.literal(' {{ .Value }}') }) }),
  z.strictObject({
    multiline: z.strictObject({ firstline: z.string(), max_wait_time: z.string(), max_lines: z.int() }),
  }),
  z.strictObject({ drop: pattern.extend({ drop_counter_reason: z.string() }) }),
  z.strictObject({ regex: pattern }),
  z.strictObject({
    template: z.strictObject({
      source: z.string(),
      template: z.literal('{{ if .Value }}{{ ToUpper .Value }}{{ end }}'),
    }),
  }),
  z.strictObject({ labels: z.record(z.string(), z.string()) }),
  z.strictObject({ labeldrop: z.array(z.string()) }),
]);

export type Stage = z.infer<typeof stage>;

/** What goes to Loki. */
interface Entry {
  readonly line: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What the stages have found, which does not go to Loki unless it becomes a label. */
  readonly found: Readonly<Record<string, string>>;
}

/** Go names a group with a P, which is all the difference to JavaScript that the emitted expressions have. */
const regexOf = (expression: string, flags = '') => new RegExp(expression.replaceAll('?P<', '?<'), flags);

/** The entries that lines of one container become. */
export function entriesOf(stages: readonly Stage[], lines: readonly string[]): readonly Entry[] {
  const read = lines.map((line): Entry => ({ line, labels: { filename: '/var/log/pods/0.log' }, found: {} }));
  return stages.reduce<readonly Entry[]>((entries, each) => through(each, entries), read);
}

function through(each: Stage, entries: readonly Entry[]): readonly Entry[] {
  if ('cri' in each) return whole(entries, each.cri.max_partial_line_size);
  if ('multiline' in each) return joined(entries, regexOf(each.multiline.firstline), each.multiline.max_lines);
  if ('drop' in each) return entries.filter(({ line }) => !regexOf(each.drop.expression).test(line));
  return entries.map((entry) => changed(each, entry));
}

function changed(
  each: Exclude<Stage, { cri: unknown } | { multiline: unknown } | { drop: unknown }>,
  entry: Entry,
): Entry {
  const { line, labels, found } = entry;
  if ('replace' in each) return { ...entry, line: line.replace(regexOf(each.replace.expression), ' $1') };
  if ('regex' in each) {
    const groups = regexOf(each.regex.expression).exec(line)?.groups ?? {};
    return { ...entry, found: { ...found, ...groups } };
  }
  if ('template' in each) {
    const { [each.template.source]: value, ...others } = found;
    return { ...entry, found: value ? { ...others, [each.template.source]: value.toUpperCase() } : others };
  }
  if ('labels' in each) {
    const given = Object.entries(each.labels).flatMap(([label, source]): [string, string][] =>
      found[source] === undefined ? [] : [[label, found[source]]],
    );
    return { ...entry, labels: { ...labels, ...Object.fromEntries(given) } };
  }
  const kept = Object.entries(labels).filter(([label]) => !each.labeldrop.includes(label));
  return { ...entry, labels: Object.fromEntries(kept) };
}

/** The text of a runtime's records, whose parts (flag P) wait for their last (F) and are cut off at the size. */
function whole(records: readonly Entry[], size: number): Entry[] {
  const partial: Record<string, string> = {};
  return records.flatMap((entry) => {
    const [, stream = '', flag, content = ''] = /^\S+? (stdout|stderr) (\S+?) (.*)$/s.exec(entry.line) ?? [];
    const before = partial[stream];
    const line = flag === 'P' || before !== undefined ? `${before ?? ''}${content}`.slice(0, size) : content;
    Reflect.deleteProperty(partial, stream);
    if (flag === 'P') partial[stream] = line;
    return flag === 'P' ? [] : [{ ...entry, line, labels: { ...entry.labels, stream } }];
  });
}

/** Of one stream: what comes before any first line passes as it is; after that, an entry is a first line and all to the next. */
function joined(entries: readonly Entry[], firstLine: RegExp, maxLines: number): Entry[] {
  const begin = entries.findIndex(({ line }) => firstLine.test(line));
  if (begin === -1) return [...entries];
  const blocks: { start: Entry; lines: string[] }[] = [];
  for (const entry of entries.slice(begin)) {
    const last = blocks.at(-1);
    if (last === undefined || firstLine.test(entry.line)) blocks.push({ start: entry, lines: [entry.line] });
    else if (last.lines.length === maxLines) blocks.push({ start: last.start, lines: [entry.line] });
    else last.lines.push(entry.line);
  }
  return [...entries.slice(0, begin), ...blocks.map(({ start, lines }) => ({ ...start, line: lines.join('\n') }))];
}

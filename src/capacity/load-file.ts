import { readFileSync } from 'node:fs';
import { CsvError, parse } from 'csv-parse/sync';
import { InvalidInputError, messageOf } from '../core/errors';

/** A load that changes, second by second. */
export interface LoadCurve {
  /** Seconds of the first sample: since midnight, or since 1970 where the file has dates. */
  readonly start: number;
  /** Seconds from the first sample to the last. */
  readonly seconds: number;
  /** A sample a second, the last one included, by the name of the load; NaN where it can't be measured. */
  readonly loads: ReadonlyMap<string, Float64Array>;
}

/** A longer file would need more memory than it is worth. */
const MOST_DAYS = 31;

/**
 * Reads a CSV file: a column `time` (seconds, HH:MM, HH:MM:SS or ISO 8601), and one for each load. Between two rows a load changes
 * evenly. An empty cell says that it can't be measured from there to the next row that has a value.
 *
 * @param known names of the loads that are of use
 * @param constant loads that are the same all the time
 * @throws InvalidInputError with the line, the value and what to do
 */
export function readLoadFile(
  path: string,
  known: readonly string[],
  constant: ReadonlyMap<string, number> = new Map(),
): LoadCurve {
  const [header, ...rows] = recordsOf(path);
  const names = columnsOf(path, header?.cells ?? [], known, constant);
  const timeColumn = names.indexOf('time');
  const uneven = rows.find(({ cells }) => cells.length !== names.length);
  if (uneven !== undefined) {
    const problem = `it has ${uneven.cells.length} cells, and the header ${names.length}`;
    throw new InvalidInputError(`${path}, line ${uneven.line}`, problem, 'Give it one for each column');
  }
  const times = timesOf(path, rows, timeColumn);
  if (rows.length < 2) {
    throw new InvalidInputError(path, `it has ${rows.length} rows of loads`, 'Give at least two, a start and an end');
  }
  const start = times[0] ?? 0;
  const seconds = (times.at(-1) ?? start) - start;
  if (seconds > MOST_DAYS * 86_400) {
    throw new InvalidInputError(path, `it is ${(seconds / 86_400).toFixed(1)} days long`, `Give at most ${MOST_DAYS}`);
  }
  const loads = new Map<string, Float64Array>();
  constant.forEach((value, name) => loads.set(name, new Float64Array(seconds + 1).fill(value)));
  names.forEach((name, column) => {
    if (column === timeColumn) return;
    const samples = rows.map((row, index) => ({
      at: (times[index] ?? 0) - start,
      value: loadOf(path, row, name, column),
    }));
    loads.set(name, everySecond(samples, seconds));
  });
  return { start, seconds, loads };
}

interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

function recordsOf(path: string): Row[] {
  const options = { bom: true, trim: true, skip_empty_lines: true, relax_column_count: true };
  const lines: number[] = [];
  try {
    const records = parse(textOf(path), {
      ...options,
      onRecord: (record: string[], { lines: line }) => {
        lines.push(line);
        return record;
      },
    });
    return records.map((cells, index) => ({ line: lines[index] ?? 0, cells }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new InvalidInputError(path, `it is no CSV: ${error.message.replace(/\.$/, '')}`, 'Correct that line');
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new InvalidInputError('--load', messageOf(error), 'Name a CSV file with a column time and one for each load');
  }
}

function columnsOf(
  path: string,
  header: readonly string[],
  known: readonly string[],
  constant: ReadonlyMap<string, number>,
): readonly string[] {
  const where = `${path}, line 1`;
  const usable = `Use time and any of: ${known.join(', ')}`;
  if (!header.includes('time') || header.length < 2) {
    const missing = header.includes('time') ? 'a load' : 'the time';
    throw new InvalidInputError(where, `"${header.join(',')}" has no column for ${missing}`, usable);
  }
  header.forEach((name, index) => {
    if (name !== 'time' && !known.includes(name)) {
      throw new InvalidInputError(where, `no trigger measures "${name}"`, usable);
    }
    if (header.indexOf(name) !== index) {
      throw new InvalidInputError(where, `column "${name}" is there twice`, 'Keep one of them');
    }
    if (constant.has(name)) {
      throw new InvalidInputError(where, `"${name}" is given as an option as well`, 'Keep one of them');
    }
  });
  return header;
}

/** How a time may be written, and the seconds that it means. */
const TIMES: readonly { readonly pattern: RegExp; readonly seconds: (text: string) => number }[] = [
  { pattern: /^\d+$/, seconds: Number },
  {
    pattern: /^\d+:[0-5]\d(:[0-5]\d)?$/,
    seconds: (text) => text.split(':').reduce((sum, part, index) => sum + Number(part) * 60 ** (2 - index), 0),
  },
  {
    // Without a zone JavaScript would take the zone of this machine.
    pattern: /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/,
    seconds: (text) => Math.round(Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`) / 1000),
  },
];

/** The times of the rows in seconds, all written in the same way, each after the one before. */
function timesOf(path: string, rows: readonly Row[], column: number): number[] {
  const first = rows[0]?.cells[column] ?? '';
  const form = TIMES.find(({ pattern }) => pattern.test(first));
  const times: number[] = [];
  for (const { line, cells } of rows) {
    const text = cells[column] ?? '';
    const seconds = form?.pattern.test(text) === true ? form.seconds(text) : NaN;
    const where = `${path}, line ${line}`;
    if (Number.isNaN(seconds)) {
      const like = form === undefined ? '' : `, as in the first row ("${first}")`;
      const remedy = `Write seconds, HH:MM, HH:MM:SS or ISO 8601${like}`;
      throw new InvalidInputError(where, `time "${text}" is not a time`, remedy);
    }
    if (seconds <= (times.at(-1) ?? -Infinity)) {
      throw new InvalidInputError(where, `time "${text}" is not after that of the row before`, 'Sort the rows by time');
    }
    times.push(seconds);
  }
  return times;
}

function loadOf(path: string, { line, cells }: Row, name: string, column: number): number {
  const text = cells[column] ?? '';
  const value = text === '' ? NaN : parseLoad(text);
  if (value === undefined) {
    throw new InvalidInputError(
      `${path}, line ${line}`,
      `${name} is "${text}"`,
      'Write a number of at least 0, or nothing where it was not measured',
    );
  }
  return value;
}

/** A number of at least 0, if the text is one. */
export function parseLoad(text: string): number | undefined {
  const value = /^\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
  return Number.isFinite(value) ? value : undefined;
}

/** The line through the samples, at each second. */
function everySecond(samples: readonly { readonly at: number; readonly value: number }[], seconds: number) {
  const curve = new Float64Array(seconds + 1);
  samples.forEach(({ at, value }, index) => {
    const next = samples[index + 1] ?? { at: seconds + 1, value };
    const target = Number.isNaN(next.value) ? value : next.value;
    for (let second = at; second < next.at; second++) {
      curve[second] = value + ((target - value) * (second - at)) / (next.at - at);
    }
  });
  return curve;
}

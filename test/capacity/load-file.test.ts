import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LoadCurve, readLoadFile } from '../../src/capacity/load-file';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'load-file-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function read(text: string, constant?: ReadonlyMap<string, number>): LoadCurve {
  const path = join(folder, 'day.csv');
  writeFileSync(path, text);
  return readLoadFile(path, ['http', 'lag.orders'], constant);
}

/** The text of the error, without the folder. */
function problem(text: string, constant?: ReadonlyMap<string, number>): string {
  try {
    read(text, constant);
  } catch (error) {
    return String(error).replace(`${folder}/`, '');
  }
  return 'none';
}

const samples = ({ loads }: LoadCurve, name: string) => [...(loads.get(name) ?? [])];

describe('a file of loads', () => {
  it('changes evenly between its rows', () => {
    const curve = read('time,http\n0,100\n4,300\n5,0\n');
    expect(curve).toMatchObject({ start: 0, seconds: 5 });
    expect(samples(curve, 'http')).toEqual([100, 150, 200, 250, 300, 0]);
  });

  it.each([
    ['seconds', '3600', '3603', 3600],
    ['hours and minutes', '23:59', '24:01', 86_340],
    ['hours, minutes and seconds', '06:00:01', '06:00:05', 21_601],
    ['ISO 8601 with a zone', '2026-11-24T06:00:00+01:00', '2026-11-24T05:00:03Z', 1_795_496_400],
    ['ISO 8601 without, which is UTC here', '2026-11-24 05:00:00', '2026-11-24 05:00:03', 1_795_496_400],
  ])('has times in %s', (_, from, to, start) => {
    expect(read(`time,http\n${from},1\n${to},2\n`).start).toBe(start);
  });

  it('may come from a spreadsheet: a byte order mark, CRLF, quotes, spaces, empty lines, columns in any order', () => {
    const curve = read('\uFEFF"http", time\r\n"1e2" , 0\r\n\r\n200,2\r\n\r\n');
    expect(samples(curve, 'http')).toEqual([100, 150, 200]);
  });

  it('has no value where none was measured, up to the next one', () => {
    const curve = read('time,http,lag.orders\n0,10,5\n2,,5\n4,30,5\n5,40,5\n');
    expect(samples(curve, 'http')).toEqual([10, 10, NaN, NaN, 30, 40]);
    expect(samples(curve, 'lag.orders')).toEqual([5, 5, 5, 5, 5, 5]);
  });

  it('has other loads beside it that do not change', () => {
    expect(samples(read('time,http\n0,1\n2,1\n', new Map([['lag.orders', 7]])), 'lag.orders')).toEqual([7, 7, 7]);
  });

  it.each([
    ['', 'day.csv, line 1: "" has no column for the time.\n  Use time and any of: http, lag.orders.'],
    ['http\n1\n2\n', 'day.csv, line 1: "http" has no column for the time.'],
    ['time\n1\n2\n', 'day.csv, line 1: "time" has no column for a load.'],
    [
      'time,htttp\n0,1\n1,1\n',
      'day.csv, line 1: no trigger measures "htttp".\n  Use time and any of: http, lag.orders.',
    ],
    ['time,http,http\n0,1,1\n', 'day.csv, line 1: column "http" is there twice.\n  Keep one of them.'],
    ['time,http\n0,1\n', 'day.csv: it has 1 rows of loads.\n  Give at least two, a start and an end.'],
    [
      'time,http\n0,1\n\n7,-3\n',
      'day.csv, line 4: http is "-3".\n  Write a number of at least 0, or nothing where it was not measured.',
    ],
    ['time,http\n0,1\n7,many\n', 'day.csv, line 3: http is "many".'],
    ['time,http\n0,1\n7\n', 'day.csv, line 3: it has 1 cells, and the header 2.'],
    ['time,http\n0,1\n7,1,1\n', 'day.csv, line 3: it has 3 cells, and the header 2.'],
    [
      'time,http\nnoon,1\n7,1\n',
      'day.csv, line 2: time "noon" is not a time.\n  Write seconds, HH:MM, HH:MM:SS or ISO 8601.',
    ],
    [
      'time,http\n06:00,1\n7,1\n',
      'day.csv, line 3: time "7" is not a time.\n  Write seconds, HH:MM, HH:MM:SS or ISO 8601, as in the first row ("06:00").',
    ],
    ['time,http\n2026-02-30T25:00,1\n', 'day.csv, line 2: time "2026-02-30T25:00" is not a time.'],
    [
      'time,http\n5,1\n5,1\n',
      'day.csv, line 3: time "5" is not after that of the row before.\n  Sort the rows by time.',
    ],
    ['time,http\n0,1\n9999999,1\n', 'day.csv: it is 115.7 days long.\n  Give at most 31.'],
    ['time,http\n0,"1\n7,1\n', 'day.csv: it is no CSV: Quote Not Closed'],
  ])('is refused: %j', (text, message) => {
    expect(problem(text)).toContain(`InvalidInputError: ${message}`);
  });

  it('is refused where an option gives the same load', () => {
    expect(problem('time,http\n0,1\n1,1\n', new Map([['http', 3]]))).toContain('"http" is given as an option as well');
  });

  it('is refused where it is not there', () => {
    expect(() => readLoadFile(join(folder, 'none.csv'), [])).toThrow(/^--load: ENOENT: no such file or directory/);
  });
});

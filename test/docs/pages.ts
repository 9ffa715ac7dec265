import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

// The pages of README and docs/, and what the tests read of them: code blocks, tables, headings.

export const REPOSITORY = join(__dirname, '../..');

export const read = (path: string) => readFileSync(join(REPOSITORY, path), 'utf8');

export const filesIn = (folder: string, extension: string) =>
  readdirSync(join(REPOSITORY, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(extension))
    .map((name) => `${folder}/${name}`)
    .sort();

const pages = ['README.md', 'examples/README.md', ...filesIn('docs', '.md')];

/** Each page that has something, with all it has of it: a test of the others could not fail. */
export function pagesWith<T>(find: (page: string) => readonly T[]): [page: string, found: readonly T[]][] {
  return pages.map((page): [string, readonly T[]] => [page, find(page)]).filter(([, found]) => found.length > 0);
}

interface Table {
  /** The heading it stands under. */
  readonly heading: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function blocksOf(page: string, language: string): string[] {
  const pattern = new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm');
  return [...read(page).matchAll(pattern)].map(([, code = '']) => code);
}

export function tablesOf(page: string): Table[] {
  let heading = '';
  const tables: Table[] = [];
  let rows: string[][] | undefined;
  for (const line of read(page).split('\n')) {
    if (line.startsWith('#')) heading = line;
    if (!line.startsWith('|')) {
      rows = undefined;
    } else if (rows === undefined) {
      rows = [];
      tables.push({ heading, header: cellsOf(line), rows });
    } else if (!/^[| :-]+$/.test(line)) {
      rows.push(cellsOf(line));
    }
  }
  return tables;
}

/** The rows of the table that has this first column. */
export function tableOf(page: string, firstColumn: string): Table['rows'] {
  const found = tablesOf(page).find(({ header }) => header[0] === firstColumn);
  if (found === undefined) throw new Error(`${page} has no table with the first column ${firstColumn}`);
  return found.rows;
}

function cellsOf(line: string): string[] {
  const cells = line.split(/(?<!\\)\|/).slice(1, -1);
  return cells.map((cell) => cell.trim().replaceAll('\\|', '|'));
}

/** Everything between backticks. */
export function codeIn(text: string): string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
}

/** A text without its backticks. */
export function plain(text: string): string {
  return text.replaceAll('`', '');
}

import { stripVTControlCharacters, styleText } from 'node:util';

/** How a text is emphasized: what is OK, a problem, a warning, what matters less, what stands out. */
export type Emphasis = 'green' | 'red' | 'yellow' | 'dim' | 'bold';

/** What a command writes to, and how it ends. */
export interface Terminal {
  /** Writes the result of the command. */
  readonly out: (text: string) => void;
  /** Writes a message about its work. */
  readonly err: (text: string) => void;
  /** Whether the result goes to a terminal, so that it may be coloured. */
  readonly colour: boolean;
  /** Whether messages go to a terminal, so that progress may be shown. */
  readonly interactive: boolean;
  /** 0 = OK, 1 = problems or differences found, 2 = could not check. */
  exitCode: 0 | 1 | 2;
}

/** The terminal of the process. NO_COLOR and FORCE_COLOR are heeded. */
export function processTerminal(): Terminal {
  const { NO_COLOR, FORCE_COLOR } = process.env;
  const { stdout, stderr } = process;
  return {
    out: (text) => stdout.write(text),
    err: (text) => stderr.write(text),
    colour: (NO_COLOR ?? '') === '' && ((FORCE_COLOR ?? '0') !== '0' || stdout.isTTY),
    interactive: stderr.isTTY,
    exitCode: 0,
  };
}

/** Emphasizes a text if the terminal shows it. */
export function paint({ colour }: Terminal, emphasis: Emphasis, text: string): string {
  // `colour` has been decided; the process's own stdout is not asked again.
  return colour ? styleText(emphasis, text, { validateStream: false }) : text;
}

/** Says what is being worked on, in place of what was said before, if somebody sees it. An empty text takes it away. */
export function progress({ interactive, err }: Terminal, text: string): void {
  if (interactive) err(`\r\u001b[K${text}`);
}

/** Number of columns that a text takes. */
function width(text: string): number {
  return Array.from(stripVTControlCharacters(text)).length;
}

/** Lines of cells, each column as wide as its widest cell. The last column is not padded. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, width(cell))));
  }
  const pad = (cell: string, column: number) => cell + ' '.repeat((widths[column] ?? 0) - width(cell));
  return rows.map((row) => `${row.map(pad).join('  ').trimEnd()}\n`).join('');
}

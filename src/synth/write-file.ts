// Writes a file via a temporary file and a rename: a reader, a full disk or a killed process never leaves half of it.
import { linkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Options of {@link writeFileAtomically}. */
export interface WriteOptions {
  /**
   * Permissions of the file.
   *
   * @default what the process' umask leaves of read and write for everybody
   */
  readonly mode?: number;
  /**
   * Whether it is an error (`EEXIST`) that the file is there already.
   *
   * @default false
   */
  readonly exclusive?: boolean;
}

/** Writes a file as a whole; if that fails, the file is as it was. */
export function writeFileAtomically(path: string, text: string, { mode = 0o666, exclusive }: WriteOptions = {}): void {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}`);
  try {
    writeFileSync(temporary, text, { mode });
    if (exclusive === true) linkSync(temporary, path);
    else renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}

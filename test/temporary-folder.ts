import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';

/** An empty folder for each test of the file, gone afterwards; gives the path of a file in it. */
export function temporaryFolder(): (...path: readonly string[]) => string {
  let folder = '';
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'autonomous-op-')));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return (...path) => join(folder, ...path);
}

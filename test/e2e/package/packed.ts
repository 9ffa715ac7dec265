import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the package as `npm publish` would send it. */
    tarball: string;
  }
}

/** Vitest's global setup: builds and packs before all tests. What it returns is run after them. */
export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'aop-package-tests-'));
  // What the build says goes where it can't be taken for a report of the tests.
  execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { stdio: ['ignore', 2, 'inherit'] });
  const [name = ''] = readdirSync(folder);
  project.provide('tarball', join(folder, name));
  return () => {
    rmSync(folder, { recursive: true, force: true });
  };
}

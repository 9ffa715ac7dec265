// Writes lib/, which is the package: the library, the commands, what both use, and the types of the public API.
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';
import { build, transform } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('..', import.meta.url));
const lib = join(project, 'lib');
const target = { platform: 'node', target: 'node20' };

/**
 * esbuild shares code between two programs as ES modules only, so each file becomes CommonJS after that. There is one file to share
 * as long as no program has an `import()` of a file of src/; of a package it may have any.
 */
async function writePrograms() {
  const { outputFiles } = await build({
    ...target,
    entryPoints: { index: join(project, 'src/index.ts'), aop: join(project, 'src/cli/aop.ts') },
    outdir: lib,
    chunkNames: 'shared',
    bundle: true,
    splitting: true,
    format: 'esm',
    packages: 'external',
    write: false,
  });
  for (const { path, text } of outputFiles) {
    const { code } = await transform(text, { ...target, format: 'cjs', sourcefile: basename(path) });
    writeFileSync(path, code);
  }
}

/** Writes lib/index.d.ts. Where the public API has changed it writes the report in etc/ too, or fails in CI. */
function writeTypes() {
  tsc('-b', 'tsconfig.imports.json');
  // Not `-b`, which would look at src/index.ts alone to see whether anything has changed.
  tsc('-p', 'tsconfig.build.json');
  const config = ExtractorConfig.loadFileAndPrepare(join(project, 'api-extractor.json'));
  const { succeeded } = Extractor.invoke(config, { localBuild: !process.env.CI });
  if (!succeeded) process.exitCode = 1;
}

function tsc(...args) {
  execFileSync(join(project, 'node_modules', '.bin', 'tsc'), args, { cwd: project, stdio: 'inherit' });
}

rmSync(lib, { recursive: true, force: true });
mkdirSync(lib);
await writePrograms();
writeTypes();

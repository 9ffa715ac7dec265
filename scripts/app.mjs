// The app of cdk8s.yaml: bundles src/main.ts in memory and runs it, so that a synth is quick and never stale. Source maps would
// take as long as everything else: for the lines of a stack, `npx ts-node src/main.ts`.
import { build } from 'esbuild';
import Module from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const keeper = fileURLToPath(new URL('../src/core/kept-manifests.ts', import.meta.url));

async function bundle(entry) {
  const { outputFiles } = await build({
    entryPoints: [entry],
    outfile: entry.replace(/\.ts$/, '.js'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    packages: 'external',
    write: false,
  });
  return outputFiles[0].text;
}

function run(entry, code) {
  const module = new Module(entry);
  module.filename = entry;
  module.paths = Module._nodeModulePaths(dirname(entry));
  module._compile(code, entry);
  return module.exports;
}

try {
  run(main, await bundle(main));
} catch (error) {
  if (!('errors' in error)) throw error;
  // esbuild has printed the file, the line and the mistake. The program can't put the output folder back, so this does.
  run(keeper, await bundle(keeper)).restoreManifests(process.env.CDK8S_OUTDIR ?? 'dist');
  process.exitCode = 1;
}

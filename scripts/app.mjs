// The app of cdk8s.yaml: bundles src/main.ts in memory and runs it, so that a synth is quick and never stale.
import { build } from 'esbuild';
import Module from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('../src/main.ts', import.meta.url));

async function bundle() {
  try {
    const { outputFiles } = await build({
      entryPoints: [entry],
      outfile: entry.replace(/\.ts$/, '.js'),
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node20',
      packages: 'external',
      sourcemap: 'inline',
      sourcesContent: false,
      write: false,
    });
    return outputFiles[0].text;
  } catch {
    process.exit(1); // esbuild has printed the file, the line and the error
  }
}

const code = await bundle();
process.setSourceMapsEnabled(true);
const main = new Module(entry);
main.filename = entry;
main.paths = Module._nodeModulePaths(dirname(entry));
main._compile(code, entry);

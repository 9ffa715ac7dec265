// Runs a program of src/ from its source: bundled in memory, so that it starts quickly and is never stale. Source maps would take
// as long as everything else: for the lines of a stack, `npx ts-node src/main.ts`.
import { build } from 'esbuild';
import Module from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Bundles a program and runs it. What esbuild can't read it says itself, and throws an error that has `errors`.
 *
 * @param path from the project's folder
 * @returns what the program exports
 */
export async function runSource(path) {
  const entry = fileURLToPath(new URL(`../${path}`, import.meta.url));
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
  const module = new Module(entry);
  module.filename = entry;
  module.paths = Module._nodeModulePaths(dirname(entry));
  module._compile(outputFiles[0].text, entry);
  return module.exports;
}

// Runs a program of src/ from its source, bundled with the packages it uses. Source maps would take as long as everything else: for
// the lines of a stack, `npx ts-node src/main.ts`.
import Module, { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { keepBundle, keptBundle, project } from './bundle-cache.mjs';

// A program is over in a fraction of a second: V8 would still be at optimizing it. One that runs for long is optimized all the same.
if (process.versions.v8.startsWith('11.')) setFlagsFromString('--interrupt-budget=500000');

/**
 * Runs a program. What esbuild can't read it says itself, and throws an error that has `errors`.
 *
 * @param path from the project's folder
 * @returns what the program exports
 */
export async function runSource(path) {
  const entry = join(project, path);
  const started = Date.now();
  const kept = keptBundle(path);
  const { code, inputs } = kept ?? (await bundle(path));
  const script = new Script(code, { filename: entry, cachedData: kept?.compiled });
  if (kept === undefined) {
    // At the end, when every function that the program needs has been compiled.
    process.once('exit', () => keepBundle(path, { code, compiled: script.createCachedData() }, inputs, started));
  }
  const module = new Module(entry);
  const importPackage = (name) => import(name);
  script.runInThisContext()(module.exports, createRequire(entry), module, entry, dirname(entry), importPackage);
  return module.exports;
}

/** The code of a program, as a function of what a module may use, and the files that it is made of. */
async function bundle(path) {
  const { build } = await import('esbuild');
  const { outputFiles, metafile } = await build({
    absWorkingDir: project,
    entryPoints: [path],
    outdir: '.',
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    // Loaded by the commands that need them, where they are installed.
    external: ['@kubernetes/client-node', 'vega', 'vega-lite'],
    plugins: [ownFolder],
    metafile: true,
    write: false,
  });
  // What V8 has compiled in another process does not find the way to import().
  const body = outputFiles[0].text.replaceAll(/\bimport\(/g, 'importPackage(');
  const code = `(function (exports, require, module, __filename, __dirname, importPackage) {${body}\n})`;
  return { code, inputs: Object.keys(metafile.inputs) };
}

/** cdk8s starts a script that lies beside its modules. */
const ownFolder = {
  name: 'own-folder',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]cdk8s[\\/]lib[\\/]yaml\.js$/ }, async ({ path }) => {
      const { readFile } = await import('node:fs/promises');
      const text = await readFile(path, 'utf8');
      return { contents: text.replaceAll('__dirname', JSON.stringify(dirname(path))) };
    });
  },
};

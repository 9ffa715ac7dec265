// Runs a program of src/ from its source. esbuild bundles it with its packages; the bundle is kept, with what V8 has compiled of it,
// until a file changes. docs/performance.md says what that is worth. For the lines of a stack: `npx ts-node src/main.ts`.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

const project = fileURLToPath(new URL('..', import.meta.url));
const cache = join(project, 'node_modules', '.cache', 'autonomous-op-cdk8s');
const settings = ['package.json', 'tsconfig.json', 'node_modules/.package-lock.json', 'scripts/run-source.mjs'];

// A program is over in a fraction of a second: the V8 of Node.js 20 would still be optimizing it.
if (process.versions.v8.startsWith('11.')) setFlagsFromString('--interrupt-budget=500000');

/**
 * Runs a program. What esbuild can't read it prints itself, and throws an error that has `errors`.
 *
 * @param path from the project's folder
 * @returns what the program exports
 */
export async function runSource(path) {
  const file = join(cache, path.replaceAll('/', '.'));
  const version = versionOfSources();
  const kept = read(file, version);
  const code = kept?.code ?? (await bundle(path));
  const { exports, compile } = run(join(project, path), code, kept?.compiled);
  if (kept === undefined) {
    // At the end, when every function that the program needs has been compiled.
    process.once('exit', () => {
      if (versionOfSources() === version) keep(file, version, code, compile());
    });
  }
  return exports;
}

async function bundle(path) {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    absWorkingDir: project,
    entryPoints: [path],
    bundle: true,
    platform: 'node',
    target: 'node20',
    // Loaded by the commands that need them, if they are installed.
    external: ['@kubernetes/client-node', 'vega', 'vega-lite'],
    // Only cdk8s asks for its folder, to start a script of its own.
    define: { __dirname: JSON.stringify(join(project, 'node_modules/cdk8s/lib')) },
    write: false,
  });
  return outputFiles[0].text;
}

function run(filename, code, compiled) {
  const module = new Module(filename);
  const require = createRequire(filename);
  if (code.includes('import(')) {
    // Node.js 20 can't import() from code that V8 has compiled in another process.
    module.paths = require.resolve.paths('a-package');
    module._compile(code, filename);
    return { exports: module.exports, compile: () => Buffer.alloc(0) };
  }
  const script = new Script(`(function (exports, require, module) {${code}\n})`, { filename, cachedData: compiled });
  script.runInThisContext()(module.exports, require, module);
  return { exports: module.exports, compile: () => script.createCachedData() };
}

/** Differs when a file of the program, an installed package or Node.js has changed; undefined if that can't be told. */
function versionOfSources() {
  try {
    const sources = ['src', 'imports'].flatMap((folder) =>
      readdirSync(join(project, folder), { recursive: true }).map((name) => join(folder, name)),
    );
    const files = [...settings, ...sources.sort()].map((name) => {
      const { size, ctimeMs } = statSync(join(project, name));
      return `${name} ${size} ${ctimeMs}`;
    });
    return [project, process.version, process.arch, ...files].join('\n');
  } catch {
    return undefined;
  }
}

/** A kept bundle of this version; nothing if it is missing, or damaged in a single byte. */
function read(file, version) {
  try {
    const bytes = readFileSync(file);
    const end = bytes.indexOf('\n');
    const [seal, codeLength] = bytes.toString('latin1', 0, end).split(' ');
    const body = bytes.subarray(end + 1);
    if (seal !== sealOf(version, body)) return undefined;
    // esbuild writes ASCII only; read as Latin-1, it takes half of the memory.
    return { code: body.toString('latin1', 0, Number(codeLength)), compiled: body.subarray(Number(codeLength)) };
  } catch {
    return undefined;
  }
}

/** Keeps a bundle. If that is not possible, the next run makes it again. */
function keep(file, version, code, compiled) {
  const temporary = `${file}.${process.pid}`;
  try {
    const body = Buffer.concat([Buffer.from(code, 'latin1'), compiled]);
    mkdirSync(cache, { recursive: true });
    writeFileSync(temporary, Buffer.concat([Buffer.from(`${sealOf(version, body)} ${code.length}\n`), body]));
    renameSync(temporary, file);
  } catch {
    if (existsSync(temporary)) rmSync(temporary);
  }
}

function sealOf(version, body) {
  return createHash('sha256').update(version).update(body).digest('hex');
}

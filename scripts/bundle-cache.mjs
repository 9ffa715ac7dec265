// Keeps the bundle of a program, with what V8 has compiled of it, for as long as nothing changes that it is made of.
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const project = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');

const CACHE = join(project, 'node_modules', '.cache', 'autonomous-op-cdk8s.bundles');

const chunk = Buffer.allocUnsafeSlow(2 ** 20);

/** What decides how a bundle is made, beside its inputs and what lies in their folders. */
const SETTINGS = [
  'package.json',
  'tsconfig.json',
  'node_modules/.package-lock.json',
  'node_modules/esbuild/package.json',
  'scripts/source.mjs',
  'scripts/bundle-cache.mjs',
];

/**
 * The bundle of a program as it was kept: its code, and what V8 has compiled of it. Nothing where there is none, where a single
 * byte of it is not as it was written, or where something has changed since that it depends on.
 */
export function keptBundle(path) {
  try {
    const bytes = readFileSync(fileOf(path));
    const headerEnd = bytes.indexOf('\n');
    const { files, folders, hash, codeLength, bodyHash } = JSON.parse(bytes.toString('utf8', 0, headerEnd));
    const body = bytes.subarray(headerEnd + 1);
    if (hash !== hashOf(files, folders) || bodyHash !== createHash('sha256').update(body).digest('hex')) {
      return undefined;
    }
    // esbuild writes ASCII only; read as Latin-1, it takes half of the memory.
    return { code: body.toString('latin1', 0, codeLength), compiled: body.subarray(codeLength) };
  } catch {
    return undefined;
  }
}

/**
 * Keeps a bundle that was made since `started` of the `inputs`. Where that is not possible, or would not be safe, the next run makes
 * it again.
 */
export function keepBundle(path, { code, compiled }, inputs, started) {
  const file = fileOf(path);
  const temporary = `${file}.${process.pid}`;
  try {
    const folders = foldersOf(inputs);
    const files = [...SETTINGS, ...inputs, ...folders.flatMap(settingsIn)];
    const hash = hashOf(files, folders);
    // What has changed while the bundle was made may be in it or not. The clock of a file system may be a little behind.
    if (files.some((name) => statSync(join(project, name)).ctimeMs > started - 100)) {
      return;
    }
    const body = Buffer.concat([Buffer.from(code, 'latin1'), compiled]);
    const bodyHash = createHash('sha256').update(body).digest('hex');
    const header = JSON.stringify({ files, folders, hash, codeLength: code.length, bodyHash });
    mkdirSync(CACHE, { recursive: true });
    writeFileSync(temporary, Buffer.concat([Buffer.from(`${header}\n`), body]));
    renameSync(temporary, file);
  } catch {
    if (existsSync(temporary)) rmSync(temporary);
  }
}

function fileOf(path) {
  return join(CACHE, path.replaceAll('/', '.'));
}

/** The folders that the inputs are in, up to src/, imports/ or their package, from the project's. */
function foldersOf(inputs) {
  const folders = new Set();
  for (const input of inputs) {
    let folder = dirname(join(project, input));
    while (basename(folder) !== 'node_modules' && !`${project}${sep}`.startsWith(folder)) {
      folders.add(relative(project, folder));
      folder = dirname(folder);
    }
  }
  return [...folders];
}

/** What says of a folder how its files are found and read. */
function settingsIn(folder) {
  const names = readdirSync(join(project, folder)).filter((name) => /^(package|tsconfig)\.json$/.test(name));
  return names.map((name) => join(folder, name));
}

/** A hash of the content of files, as a time of change can lie, and of the names in folders, where a new file can take the place of another. */
function hashOf(files, folders) {
  const hash = createHash('sha256');
  const { version, platform, arch, execArgv, env } = process;
  hash.update(`${JSON.stringify([project, version, platform, arch, execArgv, env.NODE_OPTIONS])}\n`);
  files.forEach((file) => {
    addFile(hash, file);
  });
  for (const folder of folders) {
    hash.update(`${folder}: ${readdirSync(`${project}${sep}${folder}`).sort().join('/')}\n`);
  }
  return hash.digest('hex');
}

/** Through one piece of memory: to give each of the 12 MB a place of its own takes longer than the hash. */
function addFile(hash, path) {
  const file = openSync(`${project}${sep}${path}`);
  let length = 0;
  for (let read = 1; read > 0; length += read) {
    read = readSync(file, chunk);
    hash.update(chunk.subarray(0, read));
  }
  closeSync(file);
  hash.update(`${path} ${length}\n`);
}

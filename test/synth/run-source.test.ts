import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../temporary-folder';

const REPOSITORY = join(__dirname, '../..');
const BUNDLES = 'node_modules/.cache/autonomous-op-cdk8s';

const inFolder = temporaryFolder();
const inProject = (...path: readonly string[]) => inFolder('project', ...path);

/** What a run of src/program.ts has said, and whether esbuild was started for it. */
interface Run {
  readonly said: string;
  readonly bundled: boolean;
}

/** A project with a program, a module, a package and an esbuild that says when it is used. */
beforeEach(() => {
  mkdirSync(inProject('scripts'), { recursive: true });
  cpSync(join(REPOSITORY, 'scripts/run-source.mjs'), inProject('scripts/run-source.mjs'));
  write('run.mjs', `import { runSource } from './scripts/run-source.mjs';\nawait runSource('src/program.ts');\n`);
  write('package.json', '{}');
  write('tsconfig.json', '{}');
  write('node_modules/.package-lock.json', '{}');
  write('node_modules/esbuild/package.json', '{ "type": "module", "main": "index.js" }');
  const esbuild = join(REPOSITORY, 'node_modules/esbuild/lib/main.js');
  write(
    'node_modules/esbuild/index.js',
    `import { writeFileSync } from 'node:fs';
    import esbuild from '${esbuild}';
    console.error('bundled');
    export async function build(options) {
      const result = await esbuild.build(options);
      const { CHANGE_MEANWHILE } = process.env;
      if (CHANGE_MEANWHILE) writeFileSync(CHANGE_MEANWHILE, 'export const value = 2;');
      return result;
    }`,
  );
  write('node_modules/pack/package.json', '{ "main": "one.js" }');
  write('node_modules/pack/one.js', 'exports.pack = "1";');
  write('src/pack.ts', 'export const pack = 3;');
  write('imports/crd.ts', '');
  write('src/value.ts', 'export const value = 1;');
  write(
    'src/program.ts',
    `import { pack } from 'pack';\nimport { value } from './value';\nprocess.stdout.write(value + ' ' + pack);`,
  );
});

/** Writes a file that looks old, as if it had been unpacked. */
function write(path: string, text: string): void {
  mkdirSync(dirname(inProject(path)), { recursive: true });
  writeFileSync(inProject(path), text);
  utimesSync(inProject(path), 1, 1);
}

async function run(environment: Readonly<Record<string, string>> = {}, cwd = inProject()): Promise<Run> {
  const env = { PATH: process.env['PATH'], ...environment };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['run.mjs'], { cwd, env });
  return { said: stdout, bundled: stderr === 'bundled\n' };
}

async function keep(): Promise<void> {
  expect(await run()).toEqual({ said: '1 1', bundled: true });
}

const bundle = () => inProject(`${BUNDLES}/src.program.ts`);

describe('a program that is run from its source', () => {
  it('is bundled once', async () => {
    await keep();
    expect(await run()).toEqual({ said: '1 1', bundled: false });
  });

  it.each<[string, string, string, string]>([
    ['a source', 'src/value.ts', 'export const value = 2;', '2 1'],
    ['a file that is found in the place of another', 'src/value.tsx', 'export const value = 2;', '2 1'],
    ['how modules are found', 'tsconfig.json', '{ "compilerOptions": { "paths": { "pack": ["./src/pack"] } } }', '1 3'],
    ['a file beside the sources', 'src/tsconfig.json', '{}', '1 1'],
    ['what npm has installed', 'node_modules/.package-lock.json', '{ "packages": {} }', '1 1'],
  ])('is bundled again when %s has changed, though it looks old', async (_, path, text, said) => {
    await keep();
    write(path, text);
    expect(await run()).toEqual({ said, bundled: true });
  });

  it('is bundled again in another place', async () => {
    await keep();
    renameSync(inProject(), inFolder('moved'));
    expect(await run({}, inFolder('moved'))).toEqual({ said: '1 1', bundled: true });
  });

  it('is bundled again where its bundle is damaged', async () => {
    await keep();
    const bytes = readFileSync(bundle());
    const middle = bytes.length >> 1;
    const flipped = Buffer.concat([
      bytes.subarray(0, middle),
      Buffer.from([~(bytes[middle] ?? 0)]),
      bytes.subarray(middle + 1),
    ]);
    for (const damaged of [flipped, bytes.subarray(0, -1), bytes.subarray(0, 20), Buffer.alloc(0)]) {
      writeFileSync(bundle(), damaged);
      expect(await run()).toEqual({ said: '1 1', bundled: true });
    }
  });

  it('is not kept where a source has changed while it was bundled', async () => {
    expect(await run({ CHANGE_MEANWHILE: inProject('src/value.ts') })).toEqual({ said: '1 1', bundled: true });
    expect(await run()).toEqual({ said: '2 1', bundled: true });
  });

  it('runs where nothing can be kept', async () => {
    write('node_modules/.cache', 'no folder');
    expect([await run(), await run()]).toEqual(Array(2).fill({ said: '1 1', bundled: true }));
  });

  it('may run many times at once', async () => {
    const said = (await Promise.all(Array.from({ length: 6 }, () => run()))).map((each) => each.said);
    expect(said).toEqual(Array(6).fill('1 1'));
    expect(readdirSync(inProject(BUNDLES))).toEqual(['src.program.ts']);
    expect(await run()).toEqual({ said: '1 1', bundled: false });
  });

  it('can read files with cdk8s', async () => {
    symlinkSync(join(REPOSITORY, 'node_modules/cdk8s'), inProject('node_modules/cdk8s'));
    write('objects.yaml', 'a: 1\n');
    write(
      'src/program.ts',
      `import { Yaml } from 'cdk8s';
      const [object] = Yaml.load('objects.yaml');
      process.stdout.write(String(object.a));`,
    );
    expect([await run(), await run()]).toEqual([
      { said: '1', bundled: true },
      { said: '1', bundled: false },
    ]);
  });

  it('can import what is not in the bundle', async () => {
    write('node_modules/vega/package.json', '{ "type": "module", "main": "index.js" }');
    write('node_modules/vega/index.js', 'export const vega = "vega";');
    write('src/program.ts', `import('vega').then(({ vega }) => process.stdout.write(vega));`);
    expect([await run(), await run()]).toEqual([
      { said: 'vega', bundled: true },
      { said: 'vega', bundled: false },
    ]);
  });
});

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { devDependencies, peerDependencies, peerDependenciesMeta } from '../../../package.json';

const examples = readdirSync('examples', { recursive: true, encoding: 'utf8' }).filter((name) =>
  /^(constructs\/)?[\w-]+\.ts$/.test(name),
);
/** Programs of other teams: the examples of the constructs, and a chart of the five constructs. */
const programs = [...examples.map((name) => join('examples', name)), join(__dirname, 'shop.ts')];

const required = ['cdk8s', 'cdk8s-plus-27', 'constructs'] as const;
const versions = {
  lowest: required.map((peer) => `${peer}@${peerDependencies[peer].replace('^', '')}`),
  latest: required.map((peer) => `${peer}@${devDependencies[peer]}`),
};

const strict = { target: 'ES2022', strict: true, skipLibCheck: false, types: [], rootDir: '.' };
const configs = {
  node16: { compilerOptions: { ...strict, module: 'node16', outDir: 'out' }, include: ['cjs', 'esm'] },
  bundler: {
    compilerOptions: { ...strict, module: 'esnext', moduleResolution: 'bundler', noEmit: true },
    include: ['esm'],
  },
};

function node(folder: string, ...args: readonly string[]): string {
  return execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
}

/** The manifests that the programs make with the source of the library. */
function manifestsOfSource(): string {
  const folder = resolve('.tsbuild/programs');
  rmSync(folder, { recursive: true, force: true });
  buildSync({
    entryPoints: programs,
    outdir: join(folder, 'cjs'),
    outbase: '.',
    entryNames: '[name]',
    bundle: true,
    platform: 'node',
    packages: 'external',
    logLevel: 'error',
  });
  cpSync(join(__dirname, 'synthesize.mjs'), join(folder, 'synthesize.mjs'));
  return node(folder, 'synthesize.mjs', 'cjs');
}

/** A project that has installed the package with these peers, and has the programs as CommonJS and as ES modules. */
function newConsumer(peers: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'aop-consumer-'));
  writeFileSync(join(folder, 'package.json'), '{ "name": "consumer", "private": true }');
  for (const [name, config] of Object.entries(configs)) {
    writeFileSync(join(folder, `tsconfig.${name}.json`), JSON.stringify(config));
  }
  mkdirSync(join(folder, 'cjs'));
  mkdirSync(join(folder, 'esm'));
  for (const program of programs) {
    cpSync(program, join(folder, 'cjs', program.replace(/.*\/(.*)\.ts$/, '$1.cts')));
    cpSync(program, join(folder, 'esm', program.replace(/.*\/(.*)\.ts$/, '$1.mts')));
  }
  cpSync(join(__dirname, 'synthesize.mjs'), join(folder, 'synthesize.mjs'));
  const quietly = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  execFileSync('npm', ['install', ...quietly, ...peers, inject('tarball')], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return folder;
}

const expected = manifestsOfSource();

/** The manifests of the chart of the five constructs, of those of all programs. */
function shopOf(manifests: string): string {
  const [, shop = ''] = manifests.split('# shop\n');
  return shop.split('\n# ')[0] ?? '';
}

test('the chart of the five constructs has its own connections in valid YAML', () => {
  const objects = parseAllDocuments(shopOf(expected)).map((document) => {
    expect(document.errors).toEqual([]);
    return JSON.stringify(document.toJS());
  });
  const policies = objects.filter((object) => object.includes('"kind":"NetworkPolicy"'));
  expect(policies.some((policy) => policy.includes('"cidr":"10.20.0.0/16"'))).toBe(true);
  expect(policies.some((policy) => policy.includes('"kubernetes.io/metadata.name":"support"'))).toBe(true);
  for (const kind of ['Deployment', 'ScaledObject', 'HorizontalPodAutoscaler', 'PrometheusRule', 'Jaeger']) {
    expect(objects.some((object) => object.includes(`"kind":"${kind}"`))).toBe(true);
  }
});

describe.each(['lowest', 'latest'] as const)('a project with the %s peers', (which) => {
  let folder = '';
  beforeAll(() => {
    folder = newConsumer(versions[which]);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(['node16', 'bundler'])('compiles under %s, types of dependencies included', (resolution) => {
    expect(node(folder, resolve('node_modules/typescript/bin/tsc'), '-p', `tsconfig.${resolution}.json`)).toBe('');
  });

  test.each(['cjs', 'esm'])('makes the manifests that the source makes, as %s', (format) => {
    expect(node(folder, 'synthesize.mjs', `out/${format}`)).toBe(expected);
  });

  test('has the commands, which tell of its own chart, but no peer that is optional', () => {
    mkdirSync(join(folder, 'dist'));
    writeFileSync(join(folder, 'dist/shop.k8s.yaml'), shopOf(expected));
    expect(node(folder, 'node_modules/.bin/aop', 'graph')).toContain('10.20.0.0/16');
    const installed = Object.keys(peerDependenciesMeta).filter((peer) =>
      existsSync(join(folder, 'node_modules', peer)),
    );
    expect(installed).toEqual([]);
  });

  test.each([
    [['doctor', '--context', 'staging'], 'npm install --save-dev @kubernetes/client-node@1'],
    [['plan', '--http', '7000', '--svg', 'plan.svg'], 'npm install --save-dev vega@6 vega-lite@6'],
  ])('is told by aop %j what to install', (args, remedy) => {
    const { status, stdout, stderr } = spawnSync(join(folder, 'node_modules/.bin/aop'), args, { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(remedy);
  });

  test('may have a second copy of the peers, as where the package is linked', () => {
    const copies = join(folder, 'node_modules/autonomous-op-cdk8s/node_modules');
    for (const peer of required) cpSync(join(folder, 'node_modules', peer), join(copies, peer), { recursive: true });
    expect(node(folder, 'synthesize.mjs', 'out/cjs')).toBe(expected);
  });
});

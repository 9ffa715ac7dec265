import { execFileSync } from 'node:child_process';
import { lstatSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { secretFallbacks } from '../../src/autonomous-op/secrets';
import { variableOf } from '../../src/synth/secret-source';
import { valueAt } from '../autonomous-op/production';
import { Project, REPOSITORY, Run } from './project';

const project = new Project();
let first: Run;
let dist: ReadonlyMap<string, string>;

/** A run that wrote a folder and had nothing else to say. */
const wrote = (folder: string) => ({ code: 0, stdout: '', stderr: `Wrote ${folder}/; .last-synth is a link to it.\n` });

beforeAll(async () => {
  first = await project.app();
  dist = project.files('dist');
}, 60_000);

afterAll(() => {
  project.remove();
});

describe('The program', { timeout: 60_000 }, () => {
  test('writes the manifests of production into dist', () => {
    expect(first.code).toBe(0);
    expect([...dist.keys()]).toEqual([
      '00-foundation.k8s.yaml',
      '01-secrets.k8s.yaml',
      '02-stores.k8s.yaml',
      '03-services.k8s.yaml',
      '04-observability.k8s.yaml',
      '05-autoscaling.k8s.yaml',
      '06-policies.k8s.yaml',
    ]);
  });

  test('says which secrets it generated, and never a value', () => {
    const names = [
      'SPRING_DATASOURCE_PASSWORD',
      'SPRING_KAFKA_PASSWORD',
      'SPRING_REDIS_PASSWORD',
      'ES_PASSWORD',
      'ADMIN_PASSWORD',
    ];
    const external = ['AOP_SECRET_ACCESS_KEY_ID', 'AOP_SECRET_SECRET_ACCESS_KEY'];
    const variables = [...names.map((name) => `AOP_SECRET_${name}`), ...external];
    const kept = parseEnv(project.read('secrets.production.env'));
    expect(Object.keys(kept).sort()).toEqual([...variables].sort());
    expect(first.stdout).toBe('');
    expect(first.stderr).toBe(
      `secrets: generated ${variables.join(', ')}: kept in secrets.production.env, which is not committed\n` +
        `secrets: ${external.join(', ')} must come from the system they open: put the real ones into secrets.production.env\n` +
        wrote('dist').stderr,
    );
    for (const value of Object.values(kept)) {
      expect(value).toMatch(/^[A-Za-z0-9]{32}$/);
      expect(first.stderr).not.toContain(value);
    }
  });

  test('keeps every file that holds a secret for its owner only, and git ignores it', () => {
    const values = Object.values(parseEnv(project.read('secrets.production.env'))).map((value) => value ?? '');
    const isSecret = (text: string) =>
      values.some((value) => text.includes(value) || text.includes(Buffer.from(value).toString('base64')));
    const secretFiles = [...dist].filter(([, text]) => isSecret(text)).map(([name]) => `dist/${name}`);
    expect(secretFiles).toEqual(['dist/01-secrets.k8s.yaml']);
    for (const file of ['secrets.production.env', ...secretFiles]) {
      expect([file, project.mode(file)]).toEqual([file, '600']);
      expect(execFileSync('git', ['check-ignore', file], { cwd: REPOSITORY, encoding: 'utf8' })).toBe(`${file}\n`);
    }
  });

  test('writes the same bytes the second time, and under ts-node', async () => {
    const [second, tsNode] = await Promise.all([
      project.app({ CDK8S_OUTDIR: 'dist-again' }),
      project.run('npx', ['ts-node', 'src/main.ts'], { CDK8S_OUTDIR: 'dist-ts-node' }),
    ]);
    expect([second, tsNode.code, tsNode.stdout]).toEqual([{ code: 0, stdout: '', stderr: '' }, 0, '']);
    expect(project.files('dist-again')).toEqual(dist);
    expect(project.files('dist-ts-node')).toEqual(dist);
  });

  test('writes the same bytes in any locale and time zone, and in whatever order folders are listed', async () => {
    const elsewhere = [
      { LC_ALL: 'tr_TR.UTF-8', TZ: 'Pacific/Kiritimati' },
      { LC_ALL: 'de_DE.UTF-8', TZ: 'America/St_Johns' },
      { NODE_OPTIONS: `--require ${join(REPOSITORY, 'test/synth/reversed-folders.cjs')}` },
    ];
    for (const environment of elsewhere) {
      const run = await project.app(environment);
      expect([environment, run]).toEqual([environment, wrote('dist')]);
      expect(project.files('dist')).toEqual(dist);
    }
  });

  test('writes staging into a folder of its own, with the secrets that the environment has', async () => {
    const password = 'from the environment';
    const { code, stdout, stderr } = await project.app({
      AOP_ENV: 'staging',
      AOP_SECRET_SPRING_REDIS_PASSWORD: password,
    });
    const [secret] = parseAllDocuments(project.read('dist-staging/01-secrets.k8s.yaml'));
    const encoded = Buffer.from(password).toString('base64');
    expect([code, stdout]).toEqual([0, '']);
    expect(project.read('dist-staging/00-foundation.k8s.yaml')).toContain('environment: staging');
    expect(valueAt(secret?.toJS(), 'data spring.redis.password')).toBe(encoded);
    expect(stderr).toMatch(/^secrets: generated .*: kept in secrets\.staging\.env/);
    expect([password, encoded].filter((text) => stderr.includes(text))).toEqual([]);
    expect(project.files('dist')).toEqual(dist);
  });

  test('generates, keeps and hides nothing if External Secrets fetches the values', async () => {
    const before = project.read('secrets.production.env');
    const run = await project.app({ AOP_SECRETS: 'external', CDK8S_OUTDIR: 'dist-external' });
    const documents = parseAllDocuments(project.read('dist-external/01-externalsecrets.k8s.yaml'));
    expect(run).toEqual({ code: 0, stdout: '', stderr: '' });
    const kinds = new Set(documents.map((document) => valueAt(document.toJS(), 'kind')));
    expect(kinds).toEqual(new Set(['ExternalSecret']));
    expect(documents).toHaveLength(6);
    expect(project.read('secrets.production.env')).toBe(before);
  });
});

describe('npx cdk8s synth', { timeout: 60_000 }, () => {
  test('lists the files by the link that it may remove, and keeps what else is in dist', async () => {
    writeFileSync(project.path('dist/README.md'), 'mine');
    const { code, stdout, stderr } = await project.synth();
    expect([code, stderr.replace(/^npm .*\n/gm, '')]).toEqual([0, wrote('dist').stderr]);
    expect(stdout.split('\n').sort()).toEqual(
      ['Synthesizing application', '', ...[...dist.keys()].map((name) => `  - .last-synth/${name}`)].sort(),
    );
    expect(project.files('dist')).toEqual(new Map(dist).set('README.md', 'mine'));
    expect(lstatSync(project.path('.last-synth')).isSymbolicLink()).toBe(true);
    dist = project.files('dist');
  });
});

describe('A mistake is said in its own words, with exit code 1, and leaves dist as it was', { timeout: 60_000 }, () => {
  afterEach(() => {
    expect(project.files('dist')).toEqual(dist);
    expect(project.mode('dist/01-secrets.k8s.yaml')).toBe('600');
    expect(readdirSync(project.folder).filter((name) => name.startsWith('.dist'))).toEqual([]);
  });

  test("staging that would go into a folder with the name of production's", async () => {
    expect(await project.app({ AOP_ENV: 'staging', CDK8S_OUTDIR: './dist' })).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'Error: AOP_ENV: "staging" would overwrite the manifests of production in ./dist.\n' +
        '  Leave -o out: without it they are written to dist-staging/.\n',
    });
  });

  test('a message that nobody reads', async () => {
    const run = await project.run(process.execPath, ['scripts/app.mjs'], { AOP_ENV: 'prod' }, false);
    expect(run).toEqual({ code: 1, stdout: '', stderr: '' });
  });

  test('an unknown environment', async () => {
    const { code, stdout, stderr } = await project.synth({ AOP_ENV: 'prod' });
    expect([code, stdout]).toEqual([1, 'Synthesizing application\n']);
    // What follows is the CLI's own.
    expect(stderr).toMatch(
      /^(npm .*\n)*Error: AOP_ENV: "prod" is not an environment\.\n {2}Use one of: production, staging, local\.\nError: command "node scripts\/app\.mjs/,
    );
  });

  test('a wrong number in the data, found while the program loads', async () => {
    const undo = project.edit(
      'src/autonomous-op/services.ts',
      `size('2000m', '4000m', '4Gi', '8Gi')`,
      `size('2000m', '4.5', '4Gi', '8Gi')`,
    );
    const run = await project.app();
    undo();
    expect(run).toEqual({
      code: 1,
      stdout: '',
      stderr: 'Error: size: "4.5" is not an amount of CPU.\n  Write millicores ("500m") or whole CPUs ("2").\n',
    });
  });

  test('a rule of the whole deployment that is broken', async () => {
    const undo = project.edit(
      'src/autonomous-op/environments.ts',
      'production: {},',
      'production: { gpusPerNode: 2 },',
    );
    const run = await project.app();
    undo();
    expect(run).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'Error: 03-services/gpu-nodes: the pool has 4 GPUs, and at their maximum its workloads ask for 6 (ml-service 6 × 1).\n' +
        '  Lower maxReplicas, or add nodes to the pool.\n',
    });
  });

  test('secrets that are set nowhere, in strict mode: the names of all', async () => {
    const { code, stdout, stderr } = await project.app({
      AOP_ENV: 'local',
      AOP_SECRETS: 'strict',
      AOP_SECRET_SPRING_KAFKA_PASSWORD: 'set',
      AOP_SECRET_ES_PASSWORD: 'set',
      AOP_SECRET_ACCESS_KEY_ID: 'set',
      AOP_SECRET_ADMIN_PASSWORD: 'set',
    });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toBe(
      'Error: secrets: 3 of 12 are set neither in the environment nor in secrets.local.env:' +
        ' AOP_SECRET_SPRING_DATASOURCE_PASSWORD, AOP_SECRET_SPRING_REDIS_PASSWORD, AOP_SECRET_SECRET_ACCESS_KEY.\n' +
        '  Set them, or leave strict mode to have them generated.\n',
    );
  });

  test('nobody who is told of a critical alert, in strict mode', async () => {
    const unknown = [...secretFallbacks].filter(([, fallback]) => typeof fallback === 'string');
    const values = unknown.map(([key]): [string, string] => [variableOf(key), 'set']);
    const { code, stdout, stderr } = await project.app({
      AOP_ENV: 'local',
      AOP_SECRETS: 'strict',
      ...Object.fromEntries(values),
    });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toBe(
      'Error: src/autonomous-op/receivers.ts: nobody is told of a critical alert.\n' +
        '  Name a receiver for critical, as docs/operating.md shows, or leave strict mode.\n',
    );
  });

  test('a syntax error, by its file and line', async () => {
    const file = 'src/autonomous-op/deployment.ts';
    const undo = project.edit(file, 'const app = new App();', 'const = new App();');
    const line = project.read(file).split('\n').indexOf('  const = new App();') + 1;
    const { code, stdout, stderr } = await project.app();
    undo();
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(`${file}:${line}:`);
    expect(stderr).not.toMatch(/^ +at /m);
  });
});

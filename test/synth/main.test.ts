import { execFile } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { valueAt } from '../autonomous-op/production';

const REPOSITORY = join(__dirname, '../..');

/** A process that has ended. */
interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A copy of the program in a folder of its own, where it may write what it likes. */
class Project {
  readonly folder = mkdtempSync(join(tmpdir(), 'autonomous-op-'));

  constructor() {
    for (const name of ['src', 'scripts', 'package.json', 'tsconfig.json', 'tsconfig.imports.json', 'cdk8s.yaml']) {
      cpSync(join(REPOSITORY, name), this.path(name), { recursive: true });
    }
    symlinkSync(join(REPOSITORY, 'imports'), this.path('imports'));
    // A folder of its own with links in it: the program keeps its cache there.
    mkdirSync(this.path('node_modules'));
    for (const name of readdirSync(join(REPOSITORY, 'node_modules')).filter((name) => name !== '.cache')) {
      symlinkSync(join(REPOSITORY, 'node_modules', name), this.path('node_modules', name));
    }
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  /** The command of cdk8s.yaml. */
  app(environment: Readonly<Record<string, string>> = {}): Promise<Run> {
    return this.run(process.execPath, ['scripts/app.mjs'], environment);
  }

  /** A program of node_modules, as a user calls it. */
  npx(command: string, environment: Readonly<Record<string, string>> = {}): Promise<Run> {
    return this.run('npx', command.split(' '), environment);
  }

  /** The files of a folder and what is in them. */
  files(folder: string): ReadonlyMap<string, string> {
    return new Map(readdirSync(this.path(folder)).map((name) => [name, this.read(folder, name)]));
  }

  read(...names: string[]): string {
    return readFileSync(this.path(...names), 'utf8');
  }

  /** Permissions of a file, in octal. */
  mode(file: string): string {
    return (statSync(this.path(file)).mode & 0o777).toString(8);
  }

  /** Puts another text in the place of one that is in a file, and gives what undoes it. */
  edit(file: string, from: string, to: string): () => void {
    const text = this.read(file);
    expect(text).toContain(from);
    writeFileSync(this.path(file), text.replace(from, to));
    return () => {
      writeFileSync(this.path(file), text);
    };
  }

  /** The command of cdk8s.yaml, whose messages nobody reads. */
  unheard(environment: Readonly<Record<string, string>>): Promise<Run> {
    return this.run(process.execPath, ['scripts/app.mjs'], environment, 'unheard');
  }

  private run(
    file: string,
    args: readonly string[],
    environment: Readonly<Record<string, string>>,
    stderr: 'heard' | 'unheard' = 'heard',
  ): Promise<Run> {
    const { PATH, HOME } = process.env;
    const env = { PATH, HOME, ...environment };
    return new Promise((resolve) => {
      const child = execFile(file, args, { cwd: this.folder, env, timeout: 50_000 }, (_, stdout, message) => {
        resolve({ code: child.exitCode ?? -1, stdout, stderr: message });
      });
      if (stderr === 'unheard') child.stderr?.destroy();
    });
  }
}

const project = new Project();
let first: Run;
let dist: ReadonlyMap<string, string>;

beforeAll(async () => {
  first = await project.app();
  dist = project.files('dist');
}, 60_000);

afterAll(() => {
  rmSync(project.folder, { recursive: true });
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
    const foreign = ['AOP_SECRET_ACCESS_KEY_ID', 'AOP_SECRET_SECRET_ACCESS_KEY'];
    const variables = [...names.map((name) => `AOP_SECRET_${name}`), ...foreign];
    const kept = parseEnv(project.read('secrets.production.env'));
    expect(Object.keys(kept).sort()).toEqual([...variables].sort());
    expect(first.stdout).toBe('');
    expect(first.stderr).toBe(
      `secrets: generated ${variables.join(', ')}: kept in secrets.production.env, which is not committed\n` +
        `secrets: ${foreign.join(', ')} must come from the system they open: put the real ones into secrets.production.env\n`,
    );
    for (const value of Object.values(kept)) {
      expect(value).toMatch(/^[A-Za-z0-9]{32}$/);
      expect(first.stderr).not.toContain(value);
    }
  });

  test('keeps generated secrets, and the manifest that holds them, for their owner only', () => {
    expect([project.mode('secrets.production.env'), project.mode('dist/01-secrets.k8s.yaml')]).toEqual(['600', '600']);
  });

  test('writes the same bytes the second time, and under ts-node', async () => {
    const [second, tsNode] = await Promise.all([
      project.app({ CDK8S_OUTDIR: 'dist-again' }),
      project.npx('ts-node src/main.ts', { CDK8S_OUTDIR: 'dist-ts-node' }),
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
      const run = await project.app({ CDK8S_OUTDIR: 'dist-elsewhere', ...environment });
      expect([environment, run]).toEqual([environment, { code: 0, stdout: '', stderr: '' }]);
      expect(project.files('dist-elsewhere')).toEqual(dist);
    }
  });

  test('writes staging into a folder of its own, with the secrets that the environment has', async () => {
    const password = 'from the environment';
    const { code, stdout, stderr } = await project.app({
      AOP_ENV: 'staging',
      CDK8S_OUTDIR: 'dist-staging',
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

  test('generates, keeps and hides nothing where External Secrets fetches the values', async () => {
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

describe('A mistake is said in its own words, with exit code 1, and leaves dist as it was', { timeout: 60_000 }, () => {
  afterEach(() => {
    expect(project.files('dist')).toEqual(dist);
    expect(project.mode('dist/01-secrets.k8s.yaml')).toBe('600');
  });

  test('staging that would go into dist', async () => {
    expect(await project.app({ AOP_ENV: 'staging' })).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'Error: AOP_ENV: "staging" would overwrite the manifests of production in dist.\n' +
        '  Give it a folder of its own: npx cdk8s synth -o dist-staging.\n',
    });
  });

  test('a message that nobody reads', async () => {
    expect(await project.unheard({ AOP_ENV: 'prod' })).toEqual({ code: 1, stdout: '', stderr: '' });
  });

  test('an unknown environment, though the CLI has emptied dist by then', async () => {
    const { code, stdout, stderr } = await project.npx('cdk8s synth', { AOP_ENV: 'prod' });
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
    // As the CLI does before it starts the program.
    rmSync(project.path('dist'), { recursive: true });
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
      CDK8S_OUTDIR: 'dist-local',
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

  test('a syntax error, by its file and line', async () => {
    const file = 'src/autonomous-op/deployment.ts';
    const undo = project.edit(file, 'const app = new App();', 'const = new App();');
    const line = project.read(file).split('\n').indexOf('  const = new App();') + 1;
    // As the CLI does before it starts the program.
    rmSync(project.path('dist'), { recursive: true });
    const { code, stdout, stderr } = await project.app();
    undo();
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(`${file}:${line}:`);
    expect(stderr).not.toMatch(/^ +at /m);
  });
});

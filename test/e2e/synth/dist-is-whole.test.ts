// Whatever happens to a synth, dist/ is whole afterwards: what this run made, or what was there before.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { Project, REPOSITORY, Run } from '../../synth/project';

type Files = ReadonlyMap<string, string>;

const SETTINGS = 'src/autonomous-op/environments.ts';

const project = new Project();
/** What a synth makes of the sources, and of the sources with a {@link change}. */
let old: Files;
let changed: Files;
/** What {@link old} has of secrets. */
let secrets: string;

beforeAll(async () => {
  writeFileSync(project.path('.gitignore'), readFileSync(join(REPOSITORY, '.gitignore')));
  const undo = project.edit(...CHANGE);
  await succeeds(project.synth());
  changed = project.files('dist');
  undo();
  await succeeds(project.synth());
  old = project.files('dist');
  secrets = project.read('secrets.production.env');
  expect(differences(old, changed)).toEqual(['03-services.k8s.yaml', '06-policies.k8s.yaml']);
});

afterAll(() => {
  project.remove();
});

beforeEach(async () => {
  if (dist() !== 'old') await succeeds(project.synth());
  expect(dist()).toBe('old');
});

/** A change of two files of dist/. */
const CHANGE = [SETTINGS, 'production: {},', 'production: { datadog: true },'] as const;

/** Edits the sources until the test ends, or until what is returned is called. */
function edit(...[file, from, to]: readonly [string, string, string]): () => void {
  const undo = project.edit(file, from, to);
  onTestFinished(undo);
  return undo;
}

const change = () => edit(...CHANGE);

/** Which dist/ is there; if it is neither whole one, the files that differ from each. */
function dist(folder = 'dist'): string {
  if (!existsSync(project.path(folder))) return 'missing';
  const files = project.files(folder);
  const [fromOld, fromChanged] = [differences(files, old), differences(files, changed)];
  if (fromOld.length === 0) return 'old';
  return fromChanged.length === 0
    ? 'changed'
    : `not old: ${fromOld.join(', ')}; not changed: ${fromChanged.join(', ')}`;
}

function differences(one: Files, other: Files): string[] {
  return [...new Set([...one.keys(), ...other.keys()])].filter((name) => one.get(name) !== other.get(name));
}

async function succeeds(run: Promise<Run>): Promise<void> {
  const { code, stderr } = await run;
  expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
}

async function fails(run: Promise<Run>): Promise<string> {
  const { code, stderr } = await run;
  expect([code, stderr]).toEqual([1, expect.any(String)]);
  return stderr;
}

/** What a killed or failed synth has left beside dist/. */
const leftovers = ({ folder }: Project) => readdirSync(folder).filter((name) => name.startsWith('.dist'));

describe('dist/ stays as it was', () => {
  test.each([
    ['a mistake', SETTINGS, 'production: {},', 'production: { gpusPerNode: 2 },'],
    ['a wrong value, found while the program loads', 'src/autonomous-op/services.ts', `'2000m'`, `'2.5'`],
    ['a syntax error', SETTINGS, 'production: {},', 'production: {,'],
    ['a module that is missing', 'src/main.ts', './synth/manifests', './synth/manifest'],
    [
      'a bug',
      'src/autonomous-op/deployment.ts',
      'const app = new App();',
      `const app = new App(); throw new Error('bug');`,
    ],
  ])('after %s', async (_, file, from, to) => {
    edit(file, from, to);
    await fails(project.synth());
    expect(dist()).toBe('old');
    expect(leftovers(project)).toEqual([]);
  });

  test('as the branch has it: branch, synth, commit, checkout, mistake', async () => {
    const author = ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'commit.gpgsign=false'];
    const git = (...args: readonly string[]) =>
      execFileSync('git', [...author, ...args], { cwd: project.folder, encoding: 'utf8', stdio: 'pipe' });
    git('init', '-q', '-b', 'main');
    git('add', '.');
    git('commit', '-qm', 'main');
    git('checkout', '-qb', 'branch');
    change();
    await succeeds(project.synth());
    git('commit', '-qam', 'branch');
    git('checkout', '-q', 'main');
    const undo = edit(SETTINGS, 'production: {},', 'production: { gpusPerNode: 2 },');
    await fails(project.synth());
    undo();
    expect(git('status', '--short')).toBe('');
    expect(dist()).toBe('old');
  });

  test('when another environment is synthesized, or another folder is named', async () => {
    change();
    await succeeds(project.synth({ AOP_ENV: 'staging' }));
    await succeeds(project.synth({}, '-o', 'dist-other'));
    expect([dist(), dist('dist-other')]).toEqual(['old', 'changed']);
    expect(project.read('dist-staging/00-foundation.k8s.yaml')).toContain('environment: staging');
  });

  test('when the manifests are printed', async () => {
    change();
    const { code, stdout } = await project.synth({}, '--stdout');
    expect(code).toBe(0);
    expect(stdout).toContain('app: datadog-agent');
    expect(dist()).toBe('old');
  });
});

describe('dist/ is what the synth made', () => {
  const bundle = () => project.path('node_modules/.cache/autonomous-op-cdk8s/src.main.ts');

  test('though its cache can be written nowhere', async () => {
    rmSync(project.path('node_modules/.cache'), { recursive: true });
    writeFileSync(project.path('node_modules/.cache'), 'no folder');
    onTestFinished(() => {
      rmSync(project.path('node_modules/.cache'));
    });
    change();
    await succeeds(project.synth());
    expect(dist()).toBe('changed');
  });

  test('though its cache is damaged', async () => {
    change();
    await succeeds(project.synth());
    const bytes = readFileSync(bundle());
    writeFileSync(bundle(), bytes.fill(0, bytes.length >> 1));
    rmSync(project.path('dist'), { recursive: true });
    await succeeds(project.synth());
    expect(dist()).toBe('changed');
  });
});

describe('-o dist, which has the CLI remove dist/ first,', () => {
  test('works', async () => {
    change();
    await succeeds(project.synth({}, '-o', 'dist'));
    expect(dist()).toBe('changed');
  });

  test('and then fails, says that dist/ is gone, and what brings it back', async () => {
    const stderr = await fails(project.synth({ AOP_ENV: 'staging' }, '-o', 'dist'));
    expect(stderr).toContain('Error: AOP_ENV: "staging" would overwrite the manifests of production in dist.\n');
    expect(stderr).toContain('dist is gone: -o made the CLI remove it before the program started.');
  });
});

describe('a synth that is killed', { timeout: 300_000 }, () => {
  test('before any of its changes of the file system leaves the old dist/ or the new one', async () => {
    change();
    const NODE_OPTIONS = `--require ${join(__dirname, 'kill-at.cjs')}`;
    const seen = new Set<string>();
    for (let n = 1, code = 1; code !== 0; n++) {
      ({ code } = await project.synth({ NODE_OPTIONS, KILL_AT: String(n) }));
      seen.add(dist());
      // The next start brings it back, even if it fails.
      if (dist() === 'missing') await fails(project.synth({ AOP_SECRETS: 'wrong' }));
      expect([n, ['old', 'changed'].includes(dist()) || dist()]).toEqual([n, true]);
    }
    expect(seen).toEqual(new Set(['old', 'missing', 'changed']));
  });

  test('at any time leaves the old dist/ or the new one', async () => {
    change();
    for (let round = 0; round < 20; round++) {
      const child = spawn('npx', ['cdk8s', 'synth', '--check-upgrade=false'], {
        cwd: project.folder,
        stdio: 'ignore',
        detached: true,
      });
      const ended = new Promise((resolve) => child.once('exit', resolve));
      await Promise.race([ended, sleep(200 + Math.random() * 1500)]);
      // The whole group: npx, the CLI and the app.
      if (child.exitCode === null) process.kill(-(child.pid ?? 0), 'SIGKILL');
      await ended;
      expect(['old', 'changed', 'missing']).toContain(dist());
    }
  });
});

describe('many synths at once', () => {
  test('make one whole dist/, and one file of secrets', async () => {
    change();
    rmSync(project.path('secrets.production.env'));
    onTestFinished(() => {
      writeFileSync(project.path('secrets.production.env'), secrets);
    });
    const killed = leftovers(project);
    const runs = await Promise.all(Array.from({ length: 6 }, () => project.synth()));
    for (const { code, stderr } of runs.filter(({ code }) => code !== 0)) {
      // The CLI of one may have removed the link before that of another looks for it. Nothing else may go wrong.
      expect([code, stderr]).toEqual([1, expect.stringContaining('app expected to create ".last-synth"')]);
    }
    const files = project.files('dist');
    expect(differences(files, changed)).toEqual(['01-secrets.k8s.yaml']);
    expect(leftovers(project)).toEqual(killed);
    await succeeds(project.synth());
    expect(differences(project.files('dist'), files)).toEqual([]);
  });
});

describe('a full disk', () => {
  const disk = mkdtempSync(join(tmpdir(), 'autonomous-op-disk-'));
  let full: Project | undefined;
  let before: Files;

  beforeAll(async () => {
    if (!mountSmallDisk(disk)) return;
    full = new Project(disk);
    await succeeds(full.synth());
    before = full.files('dist');
    full.edit(...CHANGE);
  });

  afterAll(() => {
    if (full !== undefined) execFileSync('umount', ['--lazy', disk]);
    rmSync(disk, { recursive: true });
  });

  test.for([0, 4, 40, 200])('with %d KiB left leaves dist/ as it was, and says so', async (left, { skip }) => {
    if (full === undefined) return skip('only root can mount a small disk');
    rmSync(full.path('node_modules/.cache'), { recursive: true, force: true });
    const { bavail, bsize } = statfsSync(full.folder);
    writeFileSync(full.path('filler'), Buffer.alloc(bavail * bsize - left * 1024));
    const stderr = await fails(full.synth());
    rmSync(full.path('filler'));
    expect(stderr).toMatch(/Error: dist: it can't be written: ENOSPC/);
    expect(differences(full.files('dist'), before)).toEqual([]);
    expect(leftovers(full)).toEqual([]);
  });
});

/** Mounts a file system of 64 MiB, if we may. */
function mountSmallDisk(folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', folder], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

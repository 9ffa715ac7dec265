import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keepManifests, restoreManifests } from '../../src/synth/kept-manifests';
import { temporaryFolder } from '../temporary-folder';

const inFolder = temporaryFolder();
const before = process.cwd();

beforeEach(() => {
  mkdirSync(inFolder('project'));
  process.chdir(inFolder('project'));
});

afterEach(() => {
  process.chdir(before);
});

function git(...args: readonly string[]): void {
  const author = ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'commit.gpgsign=false'];
  execFileSync('git', [...author, ...args], { stdio: 'pipe' });
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** The files of a folder and what is in them. */
function contents(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(`${folder}/${name}`).isFile())
      .sort()
      .map((name) => [name, readFileSync(`${folder}/${name}`, 'utf8')]),
  );
}

/** A repository whose dist/ is committed but for its Secret, and kept; then dist/ is gone, as `cdk8s synth` begins. */
function committedAndGone(): void {
  git('init', '-q');
  write('.gitignore', 'node_modules/\ndist/secret.yaml\n');
  write('dist/a.yaml', 'a: 1\n');
  write('dist/b.yaml', 'b: 1\n');
  write('dist/secret.yaml', 'password: x\n');
  git('add', '.');
  git('commit', '-qm', 'first');
  keepManifests('dist');
  rmSync('dist', { recursive: true });
}

describe('a folder that the CLI has emptied', () => {
  it('is put back byte for byte, a Secret for its owner only', () => {
    write('dist/a.yaml', 'ü: "1"\r\n');
    write('dist/deep/secret.yaml', 'password: x');
    chmodSync('dist/deep/secret.yaml', 0o600);
    keepManifests('dist');
    rmSync('dist', { recursive: true });
    restoreManifests('dist');
    expect(contents('dist')).toEqual({ 'a.yaml': 'ü: "1"\r\n', 'deep/secret.yaml': 'password: x' });
    expect(statSync('dist/deep/secret.yaml').mode & 0o777).toBe(0o600);
  });

  it('is kept where nobody else can read it', () => {
    write('dist/secret.yaml', 'password: x');
    keepManifests('dist');
    expect(statSync('node_modules/.cache/autonomous-op-cdk8s/dist').mode & 0o077).toBe(0);
  });

  it('comes back as it was written last, not as it was once', () => {
    write('dist/old.yaml', 'old');
    keepManifests('dist');
    rmSync('dist', { recursive: true });
    write('dist/new.yaml', 'new');
    keepManifests('dist');
    rmSync('dist', { recursive: true });
    restoreManifests('dist');
    expect(contents('dist')).toEqual({ 'new.yaml': 'new' });
  });

  it('comes back beside the folders of other environments', () => {
    write('dist/a.yaml', 'production');
    write('dist-staging/a.yaml', 'staging');
    keepManifests('dist');
    keepManifests('dist-staging');
    rmSync('dist', { recursive: true });
    rmSync('dist-staging', { recursive: true });
    restoreManifests('dist-staging');
    expect(contents('dist-staging')).toEqual({ 'a.yaml': 'staging' });
    expect(existsSync('dist')).toBe(false);
  });

  it('stays gone where nothing was kept', () => {
    restoreManifests('dist');
    expect(existsSync('dist')).toBe(false);
  });
});

describe('a folder that is still there', () => {
  it('is left alone', () => {
    write('dist/a.yaml', 'kept');
    keepManifests('dist');
    write('dist/a.yaml', 'mine');
    restoreManifests('dist');
    expect(contents('dist')).toEqual({ 'a.yaml': 'mine' });
  });
});

describe('in a git repository', () => {
  it('what was written last comes back, although it is not committed yet', () => {
    committedAndGone();
    write('dist/a.yaml', 'a: 2\n');
    keepManifests('dist');
    rmSync('dist', { recursive: true });
    restoreManifests('dist');
    expect(contents('dist')).toEqual({ 'a.yaml': 'a: 2\n' });
  });

  it("git's version comes back where nothing was kept, as after a clone", () => {
    committedAndGone();
    rmSync('node_modules', { recursive: true });
    restoreManifests('dist');
    expect(contents('dist')).toEqual({ 'a.yaml': 'a: 1\n', 'b.yaml': 'b: 1\n' });
  });

  it("git's version wins after a commit or a pull that changed a file and removed another; what git ignores is kept", () => {
    committedAndGone();
    write('dist/a.yaml', 'a: 2\n');
    git('add', 'dist');
    git('commit', '-qam', 'second');
    rmSync('dist', { recursive: true });
    restoreManifests('dist');
    expect(contents('dist')).toEqual({ 'a.yaml': 'a: 2\n', 'secret.yaml': 'password: x\n' });
  });

  it('a commit elsewhere changes nothing', () => {
    committedAndGone();
    write('README.md', 'words');
    git('add', 'README.md');
    git('commit', '-qm', 'words');
    restoreManifests('dist');
    expect(contents('dist')).toEqual({ 'a.yaml': 'a: 1\n', 'b.yaml': 'b: 1\n', 'secret.yaml': 'password: x\n' });
  });

  it('a project in a folder of the repository works the same', () => {
    git('init', '-q');
    mkdirSync('deploy');
    process.chdir('deploy');
    write('dist/a.yaml', 'a: 1\n');
    git('add', '.');
    git('commit', '-qm', 'first');
    keepManifests('dist');
    write('dist/a.yaml', 'a: 2\n');
    git('commit', '-qam', 'second');
    rmSync('dist', { recursive: true });
    restoreManifests('dist');
    expect(contents('dist')).toEqual({ 'a.yaml': 'a: 2\n' });
  });
});

describe('a folder outside the project', () => {
  it('is neither kept nor put back, nor is the project itself', () => {
    write('../elsewhere/a.yaml', 'a');
    for (const folder of ['../elsewhere', inFolder('elsewhere'), '.', inFolder('project')]) {
      keepManifests(folder);
      expect(existsSync('node_modules')).toBe(false);
    }
    rmSync('../elsewhere', { recursive: true });
    restoreManifests('../elsewhere');
    expect(existsSync('../elsewhere')).toBe(false);
  });

  it('is told from one inside that is given by its whole path, or begins with dots', () => {
    for (const folder of [inFolder('project', 'dist'), '..dist']) {
      write(`${folder}/a.yaml`, 'a');
      keepManifests(folder);
      rmSync(folder, { recursive: true });
      restoreManifests(folder);
      expect(contents(folder)).toEqual({ 'a.yaml': 'a' });
    }
  });
});

import { closeSync, lstatSync, mkdirSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs';
import { statSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { InvalidInputError } from '../../src/core/errors';
import { ManifestFile } from '../../src/synth/manifests';
import { linkFolder, replaceFolder, restoreFolder } from '../../src/synth/output-folder';
import { temporaryFolder } from '../temporary-folder';

const inFolder = temporaryFolder();
const dist = () => inFolder('dist');

function file(name: string, yaml: string, secret = false): ManifestFile {
  return { name: `${name}.k8s.yaml`, yaml, secret };
}

function write(path: string, text: string): void {
  mkdirSync(inFolder(path, '..'), { recursive: true });
  writeFileSync(inFolder(path), text);
}

const read = (path: string) => readFileSync(inFolder(path), 'utf8');
const mode = (path: string) => statSync(inFolder(path)).mode & 0o777;

describe('replacing a folder', () => {
  it('makes it and its files, and leaves nothing beside it', () => {
    replaceFolder(inFolder('deep', 'dist'), [file('a', 'a: 1\n'), file('b', 'b: 2\n')]);
    expect([read('deep/dist/a.k8s.yaml'), read('deep/dist/b.k8s.yaml')]).toEqual(['a: 1\n', 'b: 2\n']);
    expect(readdirSync(inFolder('deep'))).toEqual(['dist']);
  });

  it('closes a file with secret values to others, even if it was open before', () => {
    write('dist/b.k8s.yaml', 'old');
    replaceFolder(dist(), [file('a', 'a: 1\n'), file('b', 'b: 2\n', true)]);
    expect([mode('dist/a.k8s.yaml'), mode('dist/b.k8s.yaml')]).toEqual([0o644, 0o600]);
  });

  it('removes the manifests that are no longer made, and keeps what else is there', () => {
    write('dist/old.k8s.yaml', 'old');
    write('dist/README.md', 'mine');
    write('dist/notes/old.k8s.yaml', 'mine');
    symlinkSync('README.md', inFolder('dist/link'));
    replaceFolder(dist(), [file('a', 'a: 1\n')]);
    expect(readdirSync(dist()).sort()).toEqual(['README.md', 'a.k8s.yaml', 'link', 'notes']);
    expect([read('dist/README.md'), read('dist/notes/old.k8s.yaml')]).toEqual(['mine', 'mine']);
    expect(readlinkSync(inFolder('dist/link'))).toBe('README.md');
  });

  it('replaces files as a whole: who has one open reads the old one to its end', () => {
    write('dist/a.k8s.yaml', 'old and long');
    const open = openSync(inFolder('dist/a.k8s.yaml'), 'r');
    replaceFolder(dist(), [file('a', 'new')]);
    const seen = Buffer.alloc(20);
    const length = readSync(open, seen);
    closeSync(open);
    expect(seen.toString('utf8', 0, length)).toBe('old and long');
    expect(read('dist/a.k8s.yaml')).toBe('new');
  });

  it('follows a symbolic link, which stays one', () => {
    write('elsewhere/a.k8s.yaml', 'old');
    symlinkSync('elsewhere', dist());
    replaceFolder(dist(), [file('a', 'new')]);
    expect(lstatSync(dist()).isSymbolicLink()).toBe(true);
    expect(read('elsewhere/a.k8s.yaml')).toBe('new');
  });

  it('that fails leaves it as it was, with nothing beside it, and says why', () => {
    write('dist/a.k8s.yaml', 'old a');
    write('dist/b.k8s.yaml/of-mine', 'a folder that has the name of a manifest');
    write('dist/c.k8s.yaml', 'old c');
    const replace = () => {
      replaceFolder(dist(), [file('a', 'new a'), file('b', 'new b')]);
    };
    expect(replace).toThrow(InvalidInputError);
    expect(replace).toThrow(`${dist()}: it can't be written: `);
    expect(readdirSync(dist())).toEqual(['a.k8s.yaml', 'b.k8s.yaml', 'c.k8s.yaml']);
    expect([read('dist/a.k8s.yaml'), read('dist/c.k8s.yaml')]).toEqual(['old a', 'old c']);
    expect(readdirSync(inFolder())).toEqual(['dist']);
  });
});

describe('after a process was killed', () => {
  it('between the two renames, the folder comes back', () => {
    write('.dist.abcdef/previous/a.k8s.yaml', 'old');
    restoreFolder(dist());
    expect(read('dist/a.k8s.yaml')).toBe('old');
  });

  it('another folder is not taken for it, nor one that is half written', () => {
    write('.dist-staging.abcdef/previous/a.k8s.yaml', 'staging');
    write('.dist.abcdef/next/a.k8s.yaml', 'half');
    restoreFolder(dist());
    expect(readdirSync(inFolder()).sort()).toEqual(['.dist-staging.abcdef', '.dist.abcdef']);
  });

  it('a folder that is there stays', () => {
    write('.dist.abcdef/previous/a.k8s.yaml', 'old');
    write('dist/a.k8s.yaml', 'new');
    restoreFolder(dist());
    expect(read('dist/a.k8s.yaml')).toBe('new');
  });
});

describe('what killed processes have left', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is removed by a later synth, after an hour: before, it may belong to one that runs', () => {
    write('.dist.abcdef/next/a.k8s.yaml', 'half');
    replaceFolder(dist(), [file('a', 'new')]);
    expect(readdirSync(inFolder()).sort()).toEqual(['.dist.abcdef', 'dist']);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_601_000 });
    replaceFolder(dist(), [file('a', 'new')]);
    expect(readdirSync(inFolder())).toEqual(['dist']);
  });
});

describe('a link to a folder', () => {
  it('is made, and made to point elsewhere', () => {
    write('dist/a.k8s.yaml', 'a');
    write('dist-staging/a.k8s.yaml', 'staging');
    linkFolder(inFolder('last'), dist());
    expect(read('last/a.k8s.yaml')).toBe('a');
    linkFolder(inFolder('last'), inFolder('dist-staging'));
    expect(read('last/a.k8s.yaml')).toBe('staging');
    expect(read('dist/a.k8s.yaml')).toBe('a');
  });
});

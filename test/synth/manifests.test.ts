import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, statSync, writeFileSync } from 'node:fs';
import { ApiObject, App, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { describe, expect, it } from 'vitest';
import { ValidationError } from '../../src/core/errors';
import { ManifestFile, renderManifests, writeManifests } from '../../src/synth/manifests';
import { temporaryFolder } from '../temporary-folder';

const inFolder = temporaryFolder();

function addMap(scope: Construct, id: string, name: string, kind = 'ConfigMap'): ApiObject {
  return new ApiObject(scope, id, { apiVersion: 'v1', kind, metadata: { name } });
}

function file(name: string, yaml: string, secret = false): ManifestFile {
  return { name: `${name}.k8s.yaml`, yaml, secret };
}

describe('rendering', () => {
  it('makes a file of each chart, its objects in the order of their creation, those inside constructs too', () => {
    const app = new App();
    const later = new Chart(app, '02-later');
    const first = new Chart(app, '01-first', { namespace: 'shop' });
    addMap(first, 'z', 'one');
    addMap(new Construct(first, 'inner'), 'y', 'two');
    addMap(first, 'a', 'three');
    addMap(later, 'a', 'four');
    expect(renderManifests(app).map(({ name, yaml }) => [name, yaml.match(/(?<=name: ).*/g)])).toEqual([
      ['02-later.k8s.yaml', ['four']],
      ['01-first.k8s.yaml', ['one', 'two', 'three']],
    ]);
    expect(renderManifests(app)[1]?.yaml).toContain(
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\n  namespace: shop\n---\n',
    );
  });

  it('marks the files whose names git ignores, and no other', () => {
    const app = new App();
    addMap(new Chart(app, '01-open'), 'a', 'a');
    addMap(new Chart(app, '02-secrets'), 'a', 'b', 'Secret');
    expect(renderManifests(app).map(({ name, secret }) => [name, secret])).toEqual([
      ['01-open.k8s.yaml', false],
      ['02-secrets.k8s.yaml', true],
    ]);
  });

  it('refuses two objects that would overwrite each other, in one chart or in two', () => {
    const app = new App();
    addMap(new Chart(app, 'a', { namespace: 'shop' }), 'map', 'settings');
    addMap(new Chart(app, 'b', { namespace: 'shop' }), 'copy', 'settings');
    expect(() => renderManifests(app)).toThrow(
      new ValidationError([
        'b/copy: ConfigMap "settings" is made by a/map too, and one would overwrite the other.\n  Rename one of them.',
      ]),
    );
  });

  it('takes objects of one name where kind, group or namespace differ', () => {
    const app = new App();
    const shop = new Chart(app, 'a', { namespace: 'shop' });
    addMap(shop, 'map', 'settings');
    addMap(shop, 'secret', 'settings', 'Secret');
    new ApiObject(shop, 'other', { apiVersion: 'acme.com/v1', kind: 'ConfigMap', metadata: { name: 'settings' } });
    addMap(new Chart(app, 'b', { namespace: 'stock' }), 'map', 'settings');
    expect(renderManifests(app)).toHaveLength(2);
  });

  it('lists every validation of the tree that failed, those of constructs without objects too', () => {
    const app = new App();
    const chart = new Chart(app, 'a');
    for (const problem of ['one', 'two']) {
      new Construct(chart, problem).node.addValidation({ validate: () => [`${problem} is wrong`] });
    }
    expect(() => renderManifests(app)).toThrow(new ValidationError(['one is wrong', 'two is wrong']));
  });
});

describe('writing', () => {
  it('makes the folder and the files, a Secret readable by its owner only', () => {
    writeManifests([file('a', 'a: 1\n'), file('b', 'b: 2\n', true)], inFolder('dist', 'deep'));
    expect(readFileSync(inFolder('dist/deep/a.k8s.yaml'), 'utf8')).toBe('a: 1\n');
    expect(readFileSync(inFolder('dist/deep/b.k8s.yaml'), 'utf8')).toBe('b: 2\n');
    writeFileSync(inFolder('open'), '', { mode: 0o644 });
    const mode = (path: string) => statSync(inFolder(path)).mode & 0o777;
    expect(mode('dist/deep/a.k8s.yaml')).toBe(mode('open'));
    expect(mode('dist/deep/b.k8s.yaml')).toBe(0o600);
  });

  it('closes a file that was open to others before it held a Secret', () => {
    writeFileSync(inFolder('a.k8s.yaml'), 'old', { mode: 0o644 });
    writeManifests([file('a', 'new', true)], inFolder());
    expect(statSync(inFolder('a.k8s.yaml')).mode & 0o777).toBe(0o600);
  });

  it('removes the manifests that are no longer made, and leaves other files alone', () => {
    writeFileSync(inFolder('old.k8s.yaml'), 'old');
    writeFileSync(inFolder('README.md'), 'mine');
    writeManifests([file('a', 'a: 1\n')], inFolder());
    expect(readdirSync(inFolder()).sort()).toEqual(['README.md', 'a.k8s.yaml']);
  });

  it('replaces a file as a whole: who has it open reads the old one to its end', () => {
    writeFileSync(inFolder('a.k8s.yaml'), 'old and long');
    const open = openSync(inFolder('a.k8s.yaml'), 'r');
    writeManifests([file('a', 'new')], inFolder());
    const seen = Buffer.alloc(20);
    const length = readSync(open, seen);
    closeSync(open);
    expect(seen.toString('utf8', 0, length)).toBe('old and long');
    expect(readFileSync(inFolder('a.k8s.yaml'), 'utf8')).toBe('new');
  });

  it('that fails changes nothing: neither the other files nor the ones it would have removed', () => {
    writeFileSync(inFolder('a.k8s.yaml'), 'old a');
    mkdirSync(inFolder('b.k8s.yaml'));
    writeFileSync(inFolder('c.k8s.yaml'), 'old c');
    expect(() => {
      writeManifests([file('b', 'new b'), file('a', 'new a')], inFolder());
    }).toThrow('b.k8s.yaml');
    expect(readFileSync(inFolder('a.k8s.yaml'), 'utf8')).toBe('old a');
    expect(readFileSync(inFolder('c.k8s.yaml'), 'utf8')).toBe('old c');
  });
});

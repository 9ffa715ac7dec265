import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { services } from '../../../src/autonomous-op/services';

const tarball = inject('tarball');
const tool = (name: string) => join('node_modules', '.bin', name);

/** Size of each file by its path. */
function contents(): Map<string, number> {
  const listing = execFileSync('tar', ['--list', '--verbose', '--gzip', '--file', tarball], { encoding: 'utf8' });
  const lines = listing.trim().split('\n');
  return new Map(
    lines.map((line) => {
      const [, , size = '', , , path = ''] = line.split(/\s+/);
      return [path.replace(/^package\//, ''), Number(size)];
    }),
  );
}

test('the package is the library, its types, the commands and what they share', () => {
  expect([...contents().keys()].sort()).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'bin/aop.mjs',
    'lib/aop.js',
    'lib/index.d.ts',
    'lib/index.js',
    'lib/shared.js',
    'package.json',
  ]);
});

test('the bundles have the commands and the library, and no service of the deployment', () => {
  const code = execFileSync('tar', ['--extract', '--to-stdout', '--gzip', '--file', tarball, 'package/lib'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  expect(code).toContain('Whether a cluster is ready');
  expect(code).toContain('ScaledObject');
  const images = Object.values(services).map(({ image }) => image);
  expect(images.filter((image) => code.includes(image))).toEqual([]);
});

test('the package is small: what is generated for the CRDs is most of it', () => {
  const unpacked = [...contents().values()].reduce((sum, size) => sum + size, 0);
  expect(statSync(tarball).size).toBeLessThan(300_000);
  expect(unpacked).toBeLessThan(3_000_000);
  // Four times the public API is not the 159,000 lines of imports/.
  expect(contents().get('lib/index.d.ts')).toBeLessThan(150_000);
});

test('publint finds nothing', () => {
  expect(execFileSync(tool('publint'), ['--strict', tarball], { encoding: 'utf8' })).toContain('All good!');
});

test('the types are found, and right, under every way to resolve modules', () => {
  expect(execFileSync(tool('attw'), ['--no-emoji', tarball], { encoding: 'utf8' })).toContain('No problems found');
});

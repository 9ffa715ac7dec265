import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { environments } from '../src/autonomous-op/environments';
import { secrets } from '../src/autonomous-op/secrets';
import { ManifestChange, ObjectChange } from '../src/diff/change';
import { parseManifests } from '../src/manifests/read';
import { plain } from '../src/manifests/value';
import { fakeValue, production, synthesize, valueAt } from './autonomous-op/production';

// Every manifest is kept once: dist/ is production's snapshot, snapshots/ has its Secrets without their values, and of each other
// environment only what differs from production. `npx vitest run --project unit test/snapshots.test.ts -u` writes all.
const DIST = join(__dirname, '../dist');
const ROOT = join(__dirname, 'snapshots');

const others = Object.keys(environments).filter((environment) => environment !== 'production');
const synthesized = new Map(others.map((environment) => [environment, synthesize(environment)]));
const productionSet = parseManifests(production.files);
const committed = production.files.filter(({ secret }) => !secret);

const snapshots = new Map([
  ['production-secrets.yaml', yaml(productionSet.ofKind('Secret').map(({ body }) => plain(body)))],
  ...[...synthesized].map(([environment, { files }]) => {
    const { objects } = new ManifestChange(productionSet, parseManifests(files));
    return [`${environment}.yaml`, yaml(Object.fromEntries(objects.map(differenceOf)))] as const;
  }),
]);

describe('production', () => {
  test.each(committed)('makes dist/$name as it is', async ({ name, yaml }) => {
    await expect(yaml).toMatchFileSnapshot(join(DIST, name));
  });

  test('makes every file of dist/', () => {
    const names = production.files.map(({ name }) => name);
    expect(readdirSync(DIST).filter((name) => !names.includes(name))).toEqual([]);
  });
});

test("the YAML of every environment has the tree's objects", () => {
  const all = [production, ...synthesized.values()];
  for (const { files, objects } of all) {
    const readBack = [...parseManifests(files).objects.values()].map(({ body }) => plain(body));
    const open = (each: readonly unknown[]) => each.filter((object) => valueAt(object, 'kind') !== 'Secret');
    expect(open(readBack)).toEqual(open(objects));
  }
});

describe('the snapshots', () => {
  test.each([...snapshots.keys()])('%s is as it was', async (file) => {
    await expect(snapshots.get(file)).toMatchFileSnapshot(join(ROOT, file));
  });

  test('are those of the environments, and no others', () => {
    expect(readdirSync(ROOT)).toEqual([...snapshots.keys()].sort());
  });
});

describe('no secret', () => {
  /** Every text that would give a value away: all of them are in the manifests, as base64. */
  const values = Object.values(secrets).map(fakeValue);
  const encoded = values.map((value) => Buffer.from(value).toString('base64'));
  const foundIn = (texts: readonly string[]) =>
    [...values, ...encoded].filter((value) => texts.some((text) => text.includes(value)));

  test('is in a snapshot', () => {
    const files = readdirSync(ROOT).map((file) => readFileSync(join(ROOT, file), 'utf8'));
    expect(foundIn([...files, ...snapshots.values()])).toEqual([]);
  });

  test.each([['production', production] as const, ...synthesized])(
    "of %s is in a file other than the Secrets'",
    (_, { files }) => {
      expect(foundIn(files.map(({ yaml }) => yaml))).toEqual(encoded);
      expect(foundIn(files.filter(({ secret }) => !secret).map(({ yaml }) => yaml))).toEqual([]);
    },
  );
});

/** An object that an environment adds, leaves out, or has other values in, by their paths. */
function differenceOf({ change, object, fields }: ObjectChange): [string, unknown] {
  const label = [object.kind, object.namespace, object.name].filter((part) => part !== '').join(' ');
  if (change === 'removed') return [label, 'left out'];
  if (change === 'added') return [label, { added: plain(object.body) }];
  const values = fields.map(({ path, after }) => [path, after === undefined ? 'left out' : plain(after)] as const);
  return [label, Object.fromEntries(values)];
}

function yaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, version: '1.1' });
}

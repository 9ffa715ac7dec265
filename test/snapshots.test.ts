import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { environments } from '../src/autonomous-op/environments';
import { secrets } from '../src/autonomous-op/secrets';
import { entriesAt, fakeValue, KubeObject, synthesize } from './autonomous-op/production';

const ROOT = join(__dirname, 'snapshots');

/** Every text that would give a made-up secret away. */
const betrayals = Object.values(secrets)
  .map(fakeValue)
  .flatMap((value) => [value, Buffer.from(value).toString('base64')]);

describe.each(Object.keys(environments))('%s', (environment) => {
  const { objects, files } = synthesize(environment);
  const snapshots = new Map(objects.map((object) => [`${object.kind}.${object.metadata.name}.yaml`, snapshot(object)]));

  test.each([...snapshots.keys()])('%s is as it was', async (file) => {
    await expect(snapshots.get(file)).toMatchFileSnapshot(join(ROOT, environment, file));
  });

  test('every object has a snapshot of its own', () => {
    expect(snapshots.size).toBe(objects.length);
  });

  test('no snapshot is left of an object that is no longer made', () => {
    expect(filesIn(environment).filter((file) => !snapshots.has(file))).toEqual([]);
  });

  test('no secret is in a snapshot, though all of them are in the manifests', () => {
    const manifests = files.map(({ yaml }) => yaml).join();
    const kept = filesIn(environment).map((file) => readFileSync(join(ROOT, environment, file), 'utf8'));
    const texts = [...kept, ...snapshots.values()];
    expect(betrayals.filter((betrayal) => texts.some((text) => text.includes(betrayal)))).toEqual([]);
    expect(betrayals.filter((betrayal) => manifests.includes(betrayal))).toHaveLength(betrayals.length / 2);
  });

  test("no secret is in a manifest other than the Secrets'", () => {
    const manifests = files.filter(({ secret }) => !secret).map(({ yaml }) => yaml);
    expect(betrayals.filter((betrayal) => manifests.some((yaml) => yaml.includes(betrayal)))).toEqual([]);
  });
});

test('there are snapshots of no other environment', () => {
  expect(readdirSync(ROOT).filter((environment) => !Object.hasOwn(environments, environment))).toEqual([]);
});

/** The snapshots of an environment; a new one has none yet. */
function filesIn(environment: string): string[] {
  const folder = join(ROOT, environment);
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** An object as YAML, without the values of a Secret. */
function snapshot(object: KubeObject): string {
  if (object.kind !== 'Secret') {
    return stringify(object, { lineWidth: 0, version: '1.1' });
  }
  const data = entriesAt(object, 'data');
  const redacted = Object.fromEntries(Object.keys(data).map((key) => [key, '<redacted>']));
  return stringify({ ...object, data: redacted }, { lineWidth: 0, version: '1.1' });
}

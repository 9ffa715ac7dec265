import { writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseManifests } from '../../src/manifests/read';
import { jsonOf } from '../../src/diff/report';
import { markdownOf } from '../../src/diff/markdown';
import { comparable } from '../../src/diff/source';
import { plain } from '../../src/manifests/value';
import { run } from '../cli/run';
import { temporaryFolder } from '../temporary-folder';
import { reported } from '../diff/reported';

const parse = (yaml: string) => [...parseManifests([{ name: 'a.yaml', yaml }]).objects.values()];
const namesIn = (yaml: string) => parse(yaml).map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`);

describe('manifests', () => {
  it('are YAML 1.1, as everything that applies them reads it', () => {
    const [map] = parse('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: yes, b: 010, c: 2026-11-24}');
    expect(map && plain(map.body)).toMatchObject({ data: { a: true, b: 8, c: '2026-11-24T00:00:00.000Z' } });
  });

  it('may be lists, those of the API server too', () => {
    expect(
      namesIn(
        'apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Service, metadata: {name: a, namespace: shop}}',
      ),
    ).toEqual(['Service shop/a']);
    expect(namesIn('apiVersion: apps/v1\nkind: DeploymentList\nitems:\n- {metadata: {name: a}}')).toEqual([
      'Deployment /a',
    ]);
    expect(namesIn('# nothing\n---\n')).toEqual([]);
  });

  it('are the same object in another version', () => {
    const hpa = (version: string) =>
      `apiVersion: autoscaling/${version}\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}`;
    expect(reported(hpa('v1'), hpa('v2')).objects).toMatchObject([
      { change: 'changed', fields: [{ path: 'apiVersion' }] },
    ]);
  });

  it.each([
    ['a: [hunter2', 'a.yaml: line 1 is not YAML (BAD_INDENT)'],
    ['a: 1', 'a.yaml: it has a document without apiVersion and kind'],
    ['hunter2', 'a.yaml: it has a document without apiVersion and kind'],
    ['apiVersion: v1\nkind: Secret\ndata: {a: hunter2}', 'a.yaml: it has an object Secret without metadata.name'],
    ['a: &a [*a, hunter2]', 'a.yaml: nested more than 100 levels deep'],
    ['a: *hunter2', 'a.yaml: its aliases can not be resolved'],
    [`${'['.repeat(200)}${']'.repeat(200)}`, 'a.yaml: nested more than 100 levels deep'],
  ])('are refused as %j without a word of what is in them', (yaml, message) => {
    const parsing = () => parse(yaml);
    expect(parsing).toThrow(message);
    expect(parsing).not.toThrow(/hunter2/);
  });
});

/** Every place where a manifest may have a Secret, around the YAML of its data. */
const places: Readonly<Record<string, (data: string) => string>> = {
  'a Secret': (data) => `{apiVersion: v1, kind: Secret, metadata: {name: a}, data: ${data}}`,
  'its stringData': (data) => `{apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: ${data}}`,
  'a List': (data) =>
    `{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Secret, metadata: {name: a}, data: ${data}}]}`,
  'a SecretList': (data) => `{apiVersion: v1, kind: SecretList, items: [{metadata: {name: a}, data: ${data}}]}`,
  'a template': (data) =>
    `{apiVersion: example.com/v1, kind: Bundle, metadata: {name: a}, spec: {objects: [{kind: Secret, data: ${data}}, {kind: SecretList, items: [{data: ${data}}]}]}}`,
  'what was applied last': (data) =>
    `{apiVersion: v1, kind: Secret, metadata: {name: a, annotations: {kubectl.kubernetes.io/last-applied-configuration: ${JSON.stringify(data)}}}}`,
};

describe('a secret value', () => {
  const inFolder = temporaryFolder();
  const secret = fc.stringMatching(/^[A-Za-z0-9]{12,20}$/);
  // As text, a number of keys, or something that is no data at all.
  const data = (value: string, more: string) =>
    fc.constantFrom(`{key: ${value}, more: ${more}}`, `{key: {inner: [${value}]}}`, value, `[${value}, ${more}]`);

  it.each(Object.entries(places))('of %s is in no output', async (_, place) => {
    await fc.assert(
      fc.asyncProperty(
        fc
          .tuple(secret, secret, secret)
          .chain(([one, other, third]) =>
            fc.tuple(fc.constant([one, other, third]), data(one, third), data(other, third)),
          ),
        async ([secrets, before, after]) => {
          const report = reported(place(before), place(after));
          writeFileSync(inFolder('a.yaml'), place(before));
          writeFileSync(
            inFolder('b.yaml'),
            `${place(after)}\n---\n{apiVersion: v1, kind: Secret, metadata: {name: new}, data: ${after}}`,
          );
          const { out, err } = await run('diff', inFolder(), '--head', inFolder());
          const outputs = [jsonOf(report), markdownOf(report), out, err].join('\n');
          expect(
            secrets.filter(
              (value) => outputs.includes(value) || outputs.includes(Buffer.from(value).toString('base64')),
            ),
          ).toEqual([]);
        },
      ),
      { numRuns: 10 },
    );
  });

  it('is said to differ, by its key alone', async () => {
    const [before, after] = ['{same: MQ==, changed: MQ==, gone: MQ==}', '{same: MQ==, changed: Mg==, new: Mg==}'].map(
      (each) => places['a Secret']?.(each) ?? '',
    );
    const report: unknown = JSON.parse(jsonOf(reported(before ?? '', after ?? '')));
    expect(report).toMatchObject({
      objects: [
        {
          label: 'Secret a',
          fields: [
            { path: 'data.changed', before: '<redacted>', after: '<redacted>' },
            { path: 'data.gone', before: '<redacted>' },
            { path: 'data.new', after: '<redacted>' },
          ],
        },
      ],
    });
    const folder = (name: string, yaml = '') => {
      writeFileSync(inFolder(name), yaml);
      return inFolder();
    };
    expect((await run('diff', folder('a.yaml', before), '--head', folder('a.yaml', before))).code).toBe(0);
  });
});

describe('the file with the secrets', () => {
  const files = (...names: string[]) => ({ title: 'side', files: names.map((name) => ({ name, yaml: '' })) });

  it('is left out where only one side has it', () => {
    const { base, head, leftOut } = comparable(files('00-a.k8s.yaml'), files('00-a.k8s.yaml', '01-secrets.k8s.yaml'));
    expect([base, head]).toEqual([files('00-a.k8s.yaml'), files('00-a.k8s.yaml')]);
    expect(leftOut).toEqual(['01-secrets.k8s.yaml']);
  });

  it('is compared where both have it', () => {
    const both = files('01-secrets.k8s.yaml');
    expect(comparable(both, both)).toEqual({ base: both, head: both, leftOut: [] });
  });
});

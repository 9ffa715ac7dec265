import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compare, FieldChange, shown } from '../../src/diff/compare';
import { parseManifests } from '../../src/manifests/read';
import { isList, isMap, Value, ValueMap, valueOf } from '../../src/manifests/value';
import { production } from '../autonomous-op/production';

const changes = (before: unknown, after: unknown, path?: string) => compare(valueOf(before), valueOf(after), path);
const told = (before: unknown, after: unknown, path?: string) =>
  changes(before, after, path).map((change) => {
    const [was, is] = [change.before, change.after].map((value) => (value === undefined ? '-' : shown(value)));
    return `${change.path}: ${was ?? ''} → ${is ?? ''}`;
  });

describe('a change is named by its path:', () => {
  it.each([
    ['a field', { spec: { replicas: 2 } }, { spec: { replicas: 3 } }, ['spec.replicas: 2 → 3']],
    ['a new field', {}, { spec: { replicas: 3 } }, ['spec: - → {replicas: 3}']],
    ['a field that is gone', { a: null, b: 1 }, { b: 1 }, ['a: null → -']],
    ['a key that is no word', { 'a.b/c': 1 }, { 'a.b/c': 2 }, ['["a.b/c"]: 1 → 2']],
    ['a text that looks like a number', { a: '1' }, { a: 1 }, ['a: 1 → 1']],
    ['what JavaScript has on every object', {}, JSON.parse('{"__proto__":1}'), ['__proto__: - → 1']],
  ])('%s', (_, before, after, expected) => {
    expect(told(before, after)).toEqual(expected);
  });

  it.each([
    [
      'containers and env by name',
      {
        containers: [
          {
            name: 'fms',
            env: [
              { name: 'A', value: '1' },
              { name: 'JAVA_OPTS', value: '-Xmx1g' },
            ],
          },
        ],
      },
      { containers: [{ name: 'fms', env: [{ name: 'JAVA_OPTS', value: '-Xmx2g' }] }] },
      ['containers[fms].env[A]: {name: A, value: 1} → -', 'containers[fms].env[JAVA_OPTS].value: -Xmx1g → -Xmx2g'],
    ],
    [
      'ports without a name by number and protocol',
      {
        ports: [
          { port: 53, protocol: 'UDP', x: 1 },
          { port: 53, protocol: 'TCP', x: 1 },
        ],
      },
      {
        ports: [
          { port: 53, protocol: 'UDP', x: 2 },
          { port: 53, protocol: 'TCP', x: 3 },
        ],
      },
      ['ports[53/UDP].x: 1 → 2', 'ports[53].x: 1 → 3'],
    ],
    [
      'alerts by name, a second of the same name by its number',
      {
        rules: [
          { alert: 'Down', expr: 'a' },
          { alert: 'Down', expr: 'b' },
          { record: 'c', expr: 'c' },
        ],
      },
      {
        rules: [
          { alert: 'Down', expr: 'a' },
          { alert: 'Down', expr: 'x' },
          { record: 'c', expr: 'y' },
        ],
      },
      ['rules[Down#2].expr: b → x', 'rules[c].expr: c → y'],
    ],
    [
      "KEDA's triggers by type and topic",
      {
        triggers: [
          { type: 'kafka', metadata: { topic: 'a', lagThreshold: '1' } },
          { type: 'kafka', metadata: { topic: 'b' } },
        ],
      },
      {
        triggers: [
          { type: 'kafka', metadata: { topic: 'a', lagThreshold: '2' } },
          { type: 'kafka', metadata: { topic: 'b' } },
        ],
      },
      ['triggers[kafka a].metadata.lagThreshold: 1 → 2'],
    ],
    [
      'metrics by type and name',
      { metrics: [{ type: 'Resource', resource: { name: 'cpu', target: 70 } }] },
      { metrics: [{ type: 'Resource', resource: { name: 'cpu', target: 80 } }] },
      ['metrics[Resource cpu].resource.target: 70 → 80'],
    ],
    [
      'mounts by path',
      { volumeMounts: [{ mountPath: '/a', name: 'x' }] },
      { volumeMounts: [{ mountPath: '/a', name: 'y' }] },
      ['volumeMounts[/a].name: x → y'],
    ],
    [
      'another order',
      { env: [{ name: 'A' }, { name: 'B' }] },
      { env: [{ name: 'B' }, { name: 'A' }] },
      ['env (order): [A, B] → [B, A]'],
    ],
    ['an argument in between', { args: ['a', 'c'] }, { args: ['a', 'b', 'c'] }, ['args[1]: - → b']],
    [
      'an argument that differs, before one that is gone',
      { args: ['a', 'b', 'z'] },
      { args: ['x', 'z'] },
      ['args[0]: a → x', 'args[1]: b → -'],
    ],
    [
      'a rule without a name',
      { egress: [{ to: [1] }, { to: [2] }] },
      { egress: [{ to: [2] }] },
      ['egress[0]: {to: [1]} → -'],
    ],
    [
      'the fields of JSON in a text',
      { data: { 'a.json': '{"panels":[{"title":"CPU","max":1}]}' } },
      { data: { 'a.json': '{"panels": [{"title": "CPU", "max": 2}]}' } },
      ['data["a.json"].panels[CPU].max: 1 → 2'],
    ],
    ['JSON that is only written in another way', { a: '{"b":1}' }, { a: '{ "b": 1 }' }, ['a: {"b":1} → { "b": 1 }']],
  ])('%s', (_, before, after, expected) => {
    expect(told(before, after)).toEqual(expected);
  });
});

describe('of every object of production', () => {
  const objects = [...parseManifests(production.files).objects.values()].map(({ body }) => body);

  it('nothing differs from itself, whatever the order of its keys', () => {
    for (const body of objects) {
      expect(compare(body, body)).toEqual([]);
      expect(compare(body, reversed(body))).toEqual([]);
    }
  });

  // Enough of the 4,000 leaves for a mistake in any kind of list to show within a few runs.
  it('each edited leaf is named once, at its own path, with what it was and what it is', () => {
    fc.assert(
      fc.property(fc.constantFrom(...objects), fc.array(fc.nat(), { minLength: 1, maxLength: 6 }), (body, picks) => {
        const leaves = leavesOf(body);
        const edited = new Map(
          picks.map((pick) => leaves[pick % leaves.length] ?? '').map((leaf, index) => [leaf, `edited ${index}`]),
        );
        const found = compare(body, withEdits(body, edited));
        expect(new Set(found.map(({ path }) => path)).size).toBe(found.length);
        expect(found.map(({ after }) => after).sort()).toEqual([...edited.values()].sort());
        expect(found.filter((change) => !isAt(body, change))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

/** What names the elements of lists; another name is another element, and no edit. */
const NAMES = new Set([
  'name',
  'alert',
  'record',
  'host',
  'path',
  'mountPath',
  'port',
  'containerPort',
  'protocol',
  'type',
  'topic',
  'metricName',
  'kind',
  'topologyKey',
  'key',
  'parameter',
  'title',
  'refId',
]);

/** The paths of all leaves that name nothing and are not in an unnamed list or a text, each a list of keys as JSON. */
function leavesOf(value: Value, path: readonly (string | number)[] = []): string[] {
  if (isMap(value)) return [...value].flatMap(([key, each]) => (NAMES.has(key) ? [] : leavesOf(each, [...path, key])));
  if (isList(value)) return value.flatMap((each, index) => leavesOf(each, [...path, index]));
  return [JSON.stringify(path)];
}

function withEdits(value: Value, edits: ReadonlyMap<string, string>, path: readonly (string | number)[] = []): Value {
  if (isMap(value)) return new Map([...value].map(([key, each]) => [key, withEdits(each, edits, [...path, key])]));
  if (isList(value)) return value.map((each, index) => withEdits(each, edits, [...path, index]));
  return edits.get(JSON.stringify(path)) ?? value;
}

function reversed(value: Value): Value {
  if (isMap(value)) return new Map([...value].reverse().map(([key, each]) => [key, reversed(each)]));
  return isList(value) ? value.map(reversed) : value;
}

/** Whether the value that a change had is where its path leads: every name on the way is in the element that it leads to. */
function isAt(body: ValueMap, { path, before }: FieldChange): boolean {
  const steps = [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[([^\]]*)\]|([\w-]+)/g)];
  const end = steps.reduce<Value | undefined>((value, [, quoted, element, key]) => {
    const name = quoted ?? key;
    if (name !== undefined) return isMap(value) ? value.get(name) : undefined;
    if (!isList(value) || element === undefined) return undefined;
    const [, label = '', number = '1'] = /^(.*?)(?:#(\d+))?$/.exec(element) ?? [];
    const words = label.split(/[ /]/).filter((word) => word !== '');
    const named = value.filter((each) => words.every((word) => namesIn(each).some((name) => hasWord(name, word))));
    return named[Number(number) - 1] ?? value[Number(element)];
  }, body);
  return before !== undefined && end !== undefined;
}

/** The texts by which an element may be named. */
function namesIn(value: Value, depth = 0): string[] {
  if (!isMap(value) || depth > 2) return [];
  return [...value].flatMap(([key, each]) => (NAMES.has(key) ? [shown(each)] : namesIn(each, depth + 1)));
}

function hasWord(name: string, word: string): boolean {
  return name.split(/[ /]/).includes(word);
}

import { expect, test } from 'vitest';
import * as z from 'zod';
import { peerDependencies } from '../../package.json';
import { schema, settingsOf } from '../../src/autonomous-op/environments';
import { resources, triggers, triggersOf } from '../../src/autonomous-op/scaling';
import { secretFallbacks } from '../../src/autonomous-op/secrets';
import { serviceKeys, services } from '../../src/autonomous-op/services';
import { Trigger } from '../../src/constructs/scaling/trigger';
import { variableOf } from '../../src/synth/secret-source';
import { plain, read, tableOf } from './pages';

// The tables of the deployment: its settings, its secrets, what scales when.

test('docs/environments.md names every setting with its default', () => {
  const rows = tableOf('docs/environments.md', 'Setting');
  expect(rows.map(([setting = '']) => plain(setting)).sort()).toEqual(settingsInSource().sort());
  const defaults = flat(settingsOf('production'));
  const wrong = rows.filter(([setting = '', standard = '']) => {
    const value = defaults.get(plain(setting));
    return value !== undefined && value !== plain(standard);
  });
  expect(wrong).toEqual([]);
});

test('docs/environments.md names every secret', () => {
  const rows = tableOf('docs/environments.md', 'Variable');
  expect(rows.map(([variable = '']) => plain(variable))).toEqual([...secretFallbacks.keys()].map(variableOf));
});

test('docs/api.md names every peer with its range', () => {
  const rows = tableOf('docs/api.md', 'Peer').map(([peer = '', range = '']) => [plain(peer), plain(range)]);
  expect(Object.fromEntries(rows)).toEqual(peerDependencies);
});

test('docs/operating.md says what scales when', () => {
  const settings = settingsOf('production');
  const shown = (reasons: readonly Trigger[]) => reasons.map(({ metric, threshold }) => `${metric} ${threshold}`);
  const rows = tableOf('docs/operating.md', 'Service').map((row) => row.map(plain));
  const special = serviceKeys.filter((key) => triggers[key] !== undefined);
  const scaled = special.map((key) => {
    const { min, max } = settings.services[key].replicas;
    return [services[key].name, `${min} to ${max}`, shown(triggersOf(key, settings)).join(', ')];
  });
  expect(rows).toEqual(scaled);
  const others = /^Every other service has (.*) only/m.exec(read('docs/operating.md'))?.[1] ?? '';
  expect(plain(others)).toBe(shown(resources).join(' and '));
});

/** The settings of the schema, `<service>` and `<store>` for those that each has. */
function settingsInSource(): string[] {
  const perKey: Readonly<Record<string, string>> = {
    services: '<service>',
    stores: '<store>',
    observability: '<part>',
  };
  const pathsIn = (node: unknown, path: string): string[] => {
    const { properties } = z.looseObject({ properties: z.record(z.string(), z.unknown()).optional() }).parse(node);
    if (properties === undefined) return [path];
    return Object.entries(properties).flatMap(([key, inner]) =>
      pathsIn(inner, path === '' ? key : `${path}.${perKey[path] ?? key}`),
    );
  };
  return [...new Set(pathsIn(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), ''))];
}

/** The values that a text can show, by the path of their setting. */
function flat(value: unknown, path = ''): Map<string, string> {
  if (['string', 'number', 'boolean'].includes(typeof value)) return new Map([[path, String(value)]]);
  if (Array.isArray(value)) return new Map([[path, value.join(', ')]]);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return new Map();
  return new Map(
    Object.entries(value).flatMap(([key, inner]) => [...flat(inner, path === '' ? key : `${path}.${key}`)]),
  );
}

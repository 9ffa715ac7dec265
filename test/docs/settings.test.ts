import ts from 'typescript';
import { expect, test } from 'vitest';
import { peerDependencies } from '../../package.json';
import { settingsOf } from '../../src/autonomous-op/environments';
import { triggers } from '../../src/autonomous-op/scaling';
import { secretFallbacks } from '../../src/autonomous-op/secrets';
import { serviceKeys, services } from '../../src/autonomous-op/services';
import { variableOf } from '../../src/synth/secret-source';
import { plain, read, tableOf } from './pages';

const SETTINGS = 'src/autonomous-op/environments.ts';

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
  const rows = tableOf('docs/operating.md', 'Service').map((row) => row.map(plain));
  const scaled = serviceKeys.map((key) => {
    const { min, max } = settings.services[key].replicas;
    const reasons = triggers[key].map(({ metric, threshold }) => `${metric} ${threshold}`);
    return [services[key].name, `${min} to ${max}`, reasons.join(', ')];
  });
  expect(rows).toEqual(scaled);
});

/** The settings of the schema, `<service>` and `<store>` for those that each has. */
function settingsInSource(): string[] {
  const constants = new Map(
    ts
      .createSourceFile(SETTINGS, read(SETTINGS), ts.ScriptTarget.Latest, true)
      .statements.filter(ts.isVariableStatement)
      .flatMap(({ declarationList }) => [...declarationList.declarations])
      .map((declaration) => [declaration.name.getText(), declaration.initializer] as const),
  );
  const keysOf = (node: ts.Node | undefined, path: string): string[] => {
    const fields = node === undefined ? undefined : fieldsOf(node);
    return fields === undefined ? [path] : fields.flatMap((field) => keysOfField(field, path));
  };
  const keysOfField = (field: ts.ObjectLiteralElementLike, path: string): string[] => {
    const value = ts.isPropertyAssignment(field) ? field.initializer : undefined;
    const called = value !== undefined && ts.isCallExpression(value) ? value.expression.getText() : '';
    const perKey = called === 'service' || called === 'store';
    const name = perKey ? `<${called}>` : (field.name?.getText() ?? '');
    return keysOf(perKey ? constants.get(called) : value, path === '' ? name : `${path}.${name}`);
  };
  return [...new Set(keysOf(constants.get('schema'), ''))];
}

/** The fields of the first `z.strictObject({…})` of an expression's chain of calls, if it has one. */
function fieldsOf(node: ts.Node): ts.ObjectLiteralElementLike[] | undefined {
  if (ts.isArrowFunction(node)) return fieldsOf(node.body);
  if (ts.isPropertyAccessExpression(node)) return fieldsOf(node.expression);
  if (!ts.isCallExpression(node)) return undefined;
  const [argument] = node.arguments;
  return /^z\s*\.strictObject$/.test(node.expression.getText()) &&
    argument !== undefined &&
    ts.isObjectLiteralExpression(argument)
    ? [...argument.properties]
    : fieldsOf(node.expression);
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

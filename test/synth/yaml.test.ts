import { Yaml } from 'cdk8s';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stringify } from '../../src/synth/yaml';

/** Texts that YAML could take for something else, or that need quotes, or several lines. */
const awkward = [
  ...[
    '',
    ' ',
    '~',
    'null',
    'Null',
    'NO',
    'y',
    'on',
    'True',
    '.inf',
    '.NaN',
    '0',
    '-0',
    '007',
    '0o7',
    '0x1f',
    '1_000',
    '.5',
  ],
  ...[
    '1:30',
    '1e3',
    'e3',
    'E-3',
    '2001-01-01',
    '<<',
    '=',
    '-',
    '- a',
    '---',
    '--- a',
    '...',
    '%a',
    '?',
    '? a',
    'a?',
    'a:',
  ],
  ...[
    'a: b',
    'a:b',
    '#',
    'a #b',
    'a#b',
    '&a',
    '*a',
    '!a',
    '|',
    '>',
    '"',
    "'",
    '@a',
    '`a',
    '{a}',
    '[a]',
    'a,b',
    '\t',
    'a\tb',
  ],
  ...[
    'a ',
    'é',
    '\u0000',
    '\n',
    '\n\n',
    'a\n',
    'a\n\n',
    '\na',
    ' a\nb',
    'a\n b',
    'a\n\n\nb\n',
    'a \nb',
    'a\n ',
    'a\n---\nb',
  ],
  ...[
    '\ta\nb\n',
    'a\r\nb',
    'a: 1\n  b: 2\n',
    `${'a '.repeat(50)}\n  \n\n  b \n\n `,
    'a'.repeat(1100),
    'a\n'.repeat(600),
  ],
];

const text = fc.oneof(
  fc.constantFrom(...awkward),
  fc.string(),
  fc.string({ unit: fc.constantFrom('a', ' ', '\n', ':', '-', '#', '0', '"') }),
);

const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium' },
    text,
    fc.oneof(fc.integer(), fc.double(), fc.boolean(), fc.constantFrom(null, undefined, -0, 0, 1e21)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

it('writes what cdk8s writes, whatever it is', () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 3 }), (objects) => {
      expect(stringify(objects)).toBe(Yaml.stringify(...objects));
    }),
    { numRuns: 1000 },
  );
});

it.each(awkward)('writes %j as cdk8s does, as a key and as a value', (each) => {
  for (const object of [
    { [each]: each },
    { a: { [each]: [[each, { b: each }], each], c: each } },
    { a: [{ [each]: null }] },
  ]) {
    expect(stringify([object])).toBe(Yaml.stringify(object));
  }
});

it('writes an object that is in two places as cdk8s does', () => {
  const shared = { a: [1] };
  const object = { one: shared, other: [shared] };
  expect(stringify([object])).toBe(Yaml.stringify(object));
});

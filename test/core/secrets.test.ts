import { Console } from 'node:console';
import { PassThrough } from 'node:stream';
import { format, inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../src/core/errors';
import { secretKey, SecretValue } from '../../src/core/secrets';

describe('a key of a Secret', () => {
  it('is its Secret and its name', () => {
    expect(secretKey('orders-secrets', 'spring.datasource.password')).toEqual({
      secret: 'orders-secrets',
      key: 'spring.datasource.password',
    });
  });

  it.each(['', 'a key', 'a/b', 'ä', 'k'.repeat(254)])('is never %j', (key) => {
    expect(() => secretKey('orders', key)).toThrow(
      new InvalidInputError(
        'secretKey',
        `"${key}" is not a valid key of Secret "orders"`,
        'Use letters, digits, "-", "_" and "."',
      ),
    );
  });

  it('is of a Secret whose name Kubernetes takes', () => {
    expect(() => secretKey('Orders', 'password')).toThrow(
      new InvalidInputError(
        'secretKey',
        '"Orders" is not a valid object name',
        'Use at most 253 lower-case letters, digits, "-" and ".", starting and ending with a letter or a digit',
      ),
    );
  });
});

describe('a secret value', () => {
  const value = new SecretValue('hunter2');

  it('is given by reveal', () => {
    expect(value.reveal()).toBe('hunter2');
  });

  it.each<[string, () => string]>([
    ['String()', () => String(value)],
    // eslint-disable-next-line @typescript-eslint/restrict-template-expressions -- what is tested here
    ['a template literal', () => `value: ${value}`],
    ['joining', () => ['', value].join('')],
    ['JSON', () => JSON.stringify({ value })],
    ['inspect', () => inspect({ value }, { depth: 9, showHidden: true })],
    ['format', () => format('%s %j %o %O', value, value, value, value)],
    ['the message of an error', () => new Error(value.toString()).message],
    ['its enumerable properties', () => JSON.stringify(Object.entries(value)) + value.toString()],
  ])('is redacted by %s', (_, print) => {
    expect(print()).toContain('<redacted>');
    expect(print()).not.toContain('hunter2');
  });

  it('is redacted on the console', () => {
    const output = new PassThrough();
    const console = new Console(output);
    console.log(value, [value]);
    console.dir({ value }, { showHidden: true });
    console.table([{ value }]);
    const printed = String(output.read());
    expect(printed).toContain('<redacted>');
    expect(printed).not.toContain('hunter2');
  });
});

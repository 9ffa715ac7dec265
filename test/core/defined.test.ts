import { expect, test } from 'vitest';
import { defined } from '../../src/core/defined';

test('fields that are undefined are left out, and every other value stays', () => {
  expect(Object.entries(defined({ a: undefined, b: 0, c: '', d: false, e: null }))).toEqual([
    ['b', 0],
    ['c', ''],
    ['d', false],
    ['e', null],
  ]);
});

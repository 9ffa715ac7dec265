import { describe, expect, test } from 'vitest';
import { emittedVariables } from '../autonomous-op/variables';
import { plain, tableOf } from './pages';

// docs/variables.md; what a running application says to it is tested in test/e2e/services.

describe('the table of the variables', () => {
  const rows = tableOf('docs/variables.md', 'Variable').map((row) => row.map(plain));

  test('has each variable of a service, once', () => {
    expect(rows.map(([name]) => name).sort()).toEqual([...emittedVariables()].sort());
  });

  test('says of each what reads it', () => {
    expect(rows.filter(([, ...readers]) => readers.every((reader) => reader === ''))).toEqual([]);
  });
});

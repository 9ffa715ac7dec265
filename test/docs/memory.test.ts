import { expect, test } from 'vitest';
import { serviceKeys, services } from '../../src/autonomous-op/services';
import { thresholds } from '../../src/autonomous-op/scaling';
import { parseQuantity } from '../../src/core/quantities';
import { containerOf, production, textAt } from '../autonomous-op/production';
import { plain, tablesOf } from './pages';

test('docs/operating.md has the memory of each service: its request, its limit, its heap, and where the trigger is', () => {
  const table = tablesOf('docs/operating.md').find(({ heading }) => heading === '### Memory');
  const rows = table?.rows.map((row) => row.map(plain));
  const expected = serviceKeys.map((key) => {
    const { name } = services[key];
    const container = containerOf(production, name);
    const mebibytes = (path: string) => (parseQuantity(textAt(container, path)) ?? NaN) / 2 ** 20;
    const request = mebibytes('resources requests memory');
    const [, heap] = /-Xmx(\d+)m/.exec(textAt(container, 'env JAVA_TOOL_OPTIONS value')) ?? [];
    const trigger = Math.round((request * thresholds.memory) / 100);
    return [name, `${request}`, `${mebibytes('resources limits memory')}`, heap, `${trigger}`];
  });
  expect(rows).toEqual(expected);
});

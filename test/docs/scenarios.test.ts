import { expect, test } from 'vitest';
import { scenarioTable } from '../e2e/observability/scenario-table';
import { tableOf } from './pages';

test('docs/observability.md has a row for each scenario, with who is told in it', () => {
  expect(tableOf('docs/observability.md', 'What happens')).toEqual(scenarioTable());
});

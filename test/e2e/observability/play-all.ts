/* A test for each scenario. */

import { describe, test } from 'vitest';
import { play } from './play';
import { installed } from './programs';
import { judge, Scenario } from './scenario';

/** Plays some scenarios at once, the longest first. */
export function playAll(title: string, scenarios: readonly Scenario[]): void {
  const needed = 'Prometheus and Alertmanager (Debian: apt-get install prometheus prometheus-alertmanager)';
  if (!installed) console.warn(`${title}: not played, which needs ${needed}`);
  const longestFirst = [...scenarios].sort((one, other) => other.minutes - one.minutes);

  describe.skipIf(!installed)(title, () => {
    test.concurrent.for(longestFirst)('$name', async (scenario, { expect }) => {
      expect(judge(scenario, await play(scenario))).toEqual([]);
    });
  });
}

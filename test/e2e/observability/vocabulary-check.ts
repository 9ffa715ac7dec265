/* Whether the simulator tells all that the rules use, as the real exporters do. */

import { z } from 'zod';
import { metrics } from '../../../src/constructs/vocabulary';
import { metricsIn } from '../../../src/core/promql';
import { ruleGroups } from './emitted';
import type { Programs } from './programs';

const found = z.object({
  data: z.object({ result: z.array(z.object({ metric: z.object({ __name__: z.string() }) })) }),
});

const metadata = z.object({ data: z.record(z.string(), z.array(z.object({ type: z.string() }))) });

const health = z.object({
  data: z.object({ groups: z.array(z.object({ rules: z.array(z.object({ name: z.string(), health: z.string() })) })) }),
});

/** Fails if a rule can't be evaluated, or uses a metric that is not there or is of another type than the library says. */
export async function expectEveryMetric(programs: Programs): Promise<void> {
  const { data: rules } = await programs.get('rules', health);
  const broken = rules.groups.flatMap((group) => group.rules.filter((rule) => rule.health !== 'ok'));
  const query = encodeURIComponent('group by (__name__) ({__name__!=""})');
  const { data } = await programs.get(`query?query=${query}`, found);
  const there = new Set(data.result.map(({ metric }) => metric.__name__));
  const missing = usedMetrics().filter((name) => !there.has(name));
  const { data: types } = await programs.get('metadata', metadata);
  const others = usedMetrics().filter((name) => {
    const [type] = types[name] ?? [];
    return type !== undefined && type.type !== metrics[name]?.type;
  });
  if (broken.length + missing.length + others.length > 0) {
    throw new Error(
      `rules that fail, metrics that are missing or of another type: ${JSON.stringify({ broken, missing, others })}`,
    );
  }
}

/** What the rules select, but for what a rule records. */
function usedMetrics(): string[] {
  const names = new Set(ruleGroups.flatMap(({ rules }) => rules).flatMap(({ expr }) => metricsIn(expr)));
  return [...names].filter((name) => Object.hasOwn(metrics, name));
}

import { z } from 'zod';
import { ruleGroups } from '../../../src/autonomous-op/alerts';
import { AlertRules, Alert } from '../../../src/constructs/observability/alert-rules';
import { vocabulary } from '../../../src/constructs/vocabulary';
import { anyObject, newChart, objectOf } from '../../synthesize';

const annotations = z.object({ summary: z.string(), description: z.string(), runbook_url: z.string() });

const rule = z.union([
  z.object({ record: z.string(), expr: z.string(), labels: z.record(z.string(), z.string()).optional() }),
  z.object({
    alert: z.string(),
    expr: z.string(),
    for: z.string(),
    labels: z.object({ severity: z.string() }),
    annotations,
  }),
]);

const spec = z.object({ groups: z.array(z.object({ name: z.string(), rules: z.array(rule) })) });

/** A file of rules, as Prometheus reads it. */
export type RuleFile = z.infer<typeof spec>;

/** The rules as they are in the PrometheusRule, which is how the operator hands them to Prometheus. */
export function ruleFile(): RuleFile {
  const rules = new AlertRules(newChart(), 'rules', { name: 'autonomous-op-alerts', labels: {}, vocabulary });
  Object.entries(ruleGroups()).forEach(([name, group]) => {
    rules.addGroup(name, group);
  });
  return spec.parse(objectOf(rules, 'PrometheusRule', anyObject).spec);
}

/** Every alert of every group. */
export const alerts: readonly Alert[] = Object.values(ruleGroups())
  .flat()
  .flatMap((rule) => ('record' in rule ? [] : [rule]));

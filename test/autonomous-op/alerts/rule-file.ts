import { z } from 'zod';
import { ruleGroups } from '../../../src/autonomous-op/alerts';
import { Alert, AlertRules, alertsOf } from '../../../src/constructs/observability/alert-rules';
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

/** What is scraped, as far as the rules tell it apart: a store, an exporter, and a service, which has an alert of its own. */
const targets = [
  { job: 'autonomous-op/kafka-monitor', vital: true },
  { job: 'kube-state-metrics', vital: false },
  { job: 'fms', vital: false },
];

/** The groups of rules. */
export const groups = ruleGroups({ targets });

/** The rules as they are in the PrometheusRule, which is how the operator hands them to Prometheus. */
export function ruleFile(): RuleFile {
  const rules = new AlertRules(newChart(), 'rules', { name: 'autonomous-op-alerts', labels: {}, vocabulary });
  Object.entries(groups).forEach(([name, group]) => {
    rules.addGroup(name, group);
  });
  return spec.parse(objectOf(rules, 'PrometheusRule', anyObject).spec);
}

/** Every alert of every group. */
export const alerts: readonly Alert[] = alertsOf(Object.values(groups).flat());

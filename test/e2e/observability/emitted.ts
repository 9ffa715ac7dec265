/* What production emits, as far as Prometheus, Alertmanager and the pods that they watch follow from it. */

import { parse } from 'yaml';
import { z } from 'zod';
import { autoscalersOf } from '../../../src/manifests/autoscaling';
import { parseManifests } from '../../../src/manifests/read';
import { workloadsOf } from '../../../src/manifests/workloads';
import { synthesize } from '../../autonomous-op/production';

const production = synthesize('production');
const manifests = parseManifests(production.files);

/** The pods that production asks for, by workload. */
export const workloads = workloadsOf(manifests);

/** What scales them. */
export const autoscalers = autoscalersOf(manifests);

const text = z.record(z.string(), z.string());

const rule = z.looseObject({
  alert: z.string().optional(),
  record: z.string().optional(),
  expr: z.string(),
  for: z.string().optional(),
});

const ruleSpec = z.object({ groups: z.array(z.object({ name: z.string(), rules: z.array(rule) })) });

/** The groups of rules. */
export const ruleGroups = production.ofKind('PrometheusRule').flatMap(({ spec }) => ruleSpec.parse(spec).groups);

const endpoint = z.looseObject({
  port: z.string(),
  path: z.string().default('/metrics'),
  honorLabels: z.boolean().default(false),
  honorTimestamps: z.boolean().default(true),
  metricRelabelings: z
    .array(z.object({ sourceLabels: z.array(z.string()), regex: z.string(), action: z.string() }))
    .default([]),
});

const monitor = z.object({
  kind: z.enum(['ServiceMonitor', 'PodMonitor']),
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.object({
    selector: z.object({ matchLabels: text }),
    namespaceSelector: z.object({ matchNames: z.array(z.string()) }).optional(),
    jobLabel: z.string().optional(),
    targetLabels: z.array(z.string()).default([]),
    podTargetLabels: z.array(z.string()).default([]),
    endpoints: z.array(endpoint).default([]),
    podMetricsEndpoints: z.array(endpoint).default([]),
  }),
});

/** A ServiceMonitor or PodMonitor. */
export type Monitor = z.output<typeof monitor>;

/** An endpoint of one. */
export type MonitoredEndpoint = z.output<typeof endpoint>;

/** Everything that Prometheus scrapes. */
export const monitors = [...production.ofKind('ServiceMonitor'), ...production.ofKind('PodMonitor')].map((each) =>
  monitor.parse(each),
);

const service = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string(), labels: text.default({}) }),
  spec: z.object({ selector: text, ports: z.array(z.object({ name: z.string(), targetPort: z.unknown() })) }),
});

/** A Service, by which a ServiceMonitor finds pods. */
export type Service = z.output<typeof service>;

/** The Services that have named ports. */
export const kubeServices = production.ofKind('Service').flatMap((each) => {
  const { data } = service.safeParse(each);
  return data === undefined ? [] : [data];
});

const configuration = z.object({ data: z.object({ 'alertmanager.yaml': z.string() }) });

/** Alertmanager's configuration. */
export const alertmanagerYaml: unknown = parse(
  Buffer.from(
    configuration.parse(production.get('Secret', 'alertmanager-config')).data['alertmanager.yaml'],
    'base64',
  ).toString(),
);

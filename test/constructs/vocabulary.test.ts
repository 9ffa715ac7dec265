import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { gpuInferenceDashboard } from '../../src/constructs/service/gpu-inference-dashboard';
import { InferenceRuntime } from '../../src/constructs/service/inference-runtime';
import { metrics } from '../../src/constructs/vocabulary';
import { GpuType } from '../../src/core/gpu-type';
import { metricsIn } from '../../src/core/promql';
import { production } from '../autonomous-op/production';

// A name that nothing asks for is a name that nothing tries: it would be wrong one day, and nobody would see it.

/** What is asked of Prometheus anywhere in a value: by rules and panels as `expr`, by triggers, variables and links as `query`. */
function expressionsIn(value: unknown, key = ''): string[] {
  if (typeof value === 'string') {
    if (key.endsWith('.json') || key === 'datasources.yaml') return expressionsIn(parse(value));
    return ['expr', 'query'].includes(key) ? [value] : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, child]) => expressionsIn(child, name));
}

/** PromQL, without what Grafana puts something in the place of. */
const promql = (expression: string) =>
  expression
    .replace(/^label_values\((.+), \w+\)$/, '$1')
    .replaceAll('$__rate_interval', '2m')
    .replaceAll('$$__tags', '');

const servers = InferenceRuntime.all.map((runtime) =>
  gpuInferenceDashboard({ namespace: 'shop', service: 'detector', gpu: GpuType.A100, gpuCount: 1, runtime }),
);

test('the vocabulary has no metric that no rule, trigger, panel or link asks for', () => {
  const asked = new Set(expressionsIn([production.objects, servers]).map(promql).flatMap(metricsIn));
  expect(Object.keys(metrics).filter((name) => !asked.has(name))).toEqual([]);
});

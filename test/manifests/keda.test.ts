import { expect, it } from 'vitest';
import { isRelease, kedaNamesOf } from '../../src/manifests/keda';
import { parseManifests } from '../../src/manifests/read';

const namesOf = (...metrics: string[]) => {
  const spec = `{ metrics: [${metrics.map((name) => `{ type: External, external: { metric: { name: ${name} } } }`).join(', ')}] }`;
  const yaml = `{ apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: { name: a }, spec: ${spec} }`;
  return kedaNamesOf(parseManifests([{ name: 'a', yaml }]));
};

it("is told by the names of Prometheus' metrics", () => {
  expect(namesOf('s0-kafka-orders', 's1-prometheus-http_requests_per_second')).toBe('2.11');
  expect(namesOf('s0-kafka-orders', 's1-prometheus')).toBe('2.12 or later');
  expect(namesOf('s0-kafka-orders')).toBeUndefined();
});

it('is the release that uses these names', () => {
  expect(['2.10.1', '2.11.2', '2.12.0', '2.14.1', '3.0.0'].filter((release) => isRelease('2.11', release))).toEqual([
    '2.10.1',
    '2.11.2',
  ]);
  expect(['2.11.2', '2.12.0', '3.0.0'].filter((release) => isRelease('2.12 or later', release))).toEqual([
    '2.12.0',
    '3.0.0',
  ]);
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../src/core/errors';
import { metrics, vocabulary } from '../../src/constructs/vocabulary';
import { metricsIn, outermostRange, requireKnownMetrics, requirePromql } from '../../src/core/promql';

describe('PromQL', () => {
  it.each([
    'up',
    'up{app="orders"} == 0',
    'sum(rate(http_requests_total{app="orders"}[5m]))',
    'histogram_quantile(0.95, sum by (le) (rate(http_server_requests_seconds_bucket[5m]))) > 0.5',
    'min_over_time((avg(DCGM_FI_DEV_GPU_UTIL{namespace="shop"}))[3m:30s])',
    'kube_pod_container_resource_limits{resource="cpu"} / on (pod) group_left () kube_pod_status_phase',
    'absent(up{job=~"a|b"}) or vector(1)',
    '# with a comment\nup',
  ])('%s passes, unchanged', (query) => {
    expect(requirePromql('alert', query)).toBe(query);
  });

  it.each([
    ['sum(rate(x[5m])', 16, 'its end'],
    ['up == ', 7, 'its end'],
    ['sum(up)) > 1', 8, '") > 1"'],
    ['rate(x[5 m])', 10, '"m])"'],
    ['up{app=orders}', 8, '"orders}"'],
    ['', 1, 'its end'],
    ['   ', 1, '"   "'],
    ['# nothing but a comment', 24, 'its end'],
    ['up up and a long tail that is cut', 4, '"up and a long tail t"'],
  ])('%j names position %i, counted from 1', (query, position, from) => {
    expect(() => requirePromql('alert', query)).toThrow(
      new InvalidInputError(
        'alert',
        `PromQL syntax error at position ${position} of "${query}"`,
        `Correct the query from ${from} on`,
      ),
    );
  });

  it('whatever the text, it either passes or is an InvalidInputError with a position inside it or just behind', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'u p ( { [ ] } ) " = ~ , 5 m sum > / *'.split(' '), ' '), maxLength: 20 }),
        (query) => {
          try {
            expect(requirePromql('alert', query)).toBe(query);
          } catch (error) {
            expect(error).toBeInstanceOf(InvalidInputError);
            const position = Number(/at position (\d+) of/.exec(String(error))?.[1]);
            expect(position).toBeGreaterThanOrEqual(1);
            expect(position).toBeLessThanOrEqual(query.length + 1);
          }
        },
      ),
    );
  });
});

describe('metrics of PromQL', () => {
  it.each([
    'up{app="orders"} == 0',
    'sum by (whatever) (rate(http_server_requests_seconds_bucket{le="0.5", app=~"a|b"}[5m] offset 1h))',
    'min_over_time((avg(DCGM_FI_DEV_GPU_UTIL{gpu="0"}))[3m:30s]) / on (pod) group_left () kube_pod_status_phase',
    'label_replace(up, "shop", "$1", "pod", "(.*)") or vector(1)',
  ])('%s passes, unchanged', (query) => {
    expect(requireKnownMetrics('alert', query, vocabulary)).toBe(query);
  });

  it.each([
    [
      'http_server_request_seconds_count',
      'metric "http_server_request_seconds_count"',
      1,
      'http_server_requests_seconds_count',
    ],
    ['sum(up) / sum(upp)', 'metric "upp"', 15, 'up'],
    ['up{app="x"} and kafka_consumergroup_lag{group="x"}', 'label "group" of kafka_consumergroup_lag', 41, 'app'],
    ['absent({__name__="up"})', 'metric "{__name__="up"}"', 8, 'redis_up'],
  ])('%s is refused, with the position and the nearest name', (query, what, position, near) => {
    expect(() => requireKnownMetrics('alert', query, vocabulary)).toThrow(
      new InvalidInputError(
        'alert',
        `${what} at position ${position} of "${query}" is not in the vocabulary`,
        `Write "${near}", or add it to the vocabulary`,
      ),
    );
  });

  it('an empty vocabulary has no nearest name', () => {
    expect(() => requireKnownMetrics('alert', 'up', new Map())).toThrow('Add it to the vocabulary');
  });

  it('a counter of the vocabulary is named as one, where its exporter does', () => {
    const odd = Object.entries(metrics).filter(
      ([name, { type, source }]) =>
        type === 'counter' &&
        !/_(total|count|sum)$/.test(name) &&
        !['CloudNativePG', 'KEDA', 'Triton', 'TorchServe'].includes(source),
    );
    expect(odd).toEqual([]);
  });
});

describe('the outermost range of a query', () => {
  it.each([
    ['sum(rate(requests[2m]))', { name: 'rate', seconds: 120 }],
    ['min_over_time(sum(rate(requests[1m30s]))[3m:30s])', { name: 'min_over_time', seconds: 180 }],
    [
      'histogram_quantile(0.9, sum by (le) (increase(latency_bucket[1h] offset 5m)))',
      { name: 'increase', seconds: 3600 },
    ],
    ['sum(requests) / max_over_time(capacity[90])', { name: 'max_over_time', seconds: 90 }],
    ['sum(requests{path="[5m]"})', undefined],
  ])('of %s', (query, range) => {
    expect(outermostRange(query)).toEqual(range);
  });
});

it('the metrics of a query are those that it selects', () => {
  expect(metricsIn('sum(rate(requests_total{code="up"}[1m])) / sum(up) + sum(up)')).toEqual(['requests_total', 'up']);
});

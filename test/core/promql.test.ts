import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../src/core/errors';
import { requirePromql } from '../../src/core/promql';

describe('PromQL', () => {
  it.each([
    'up',
    'up{app="orders"} == 0',
    'sum(rate(http_requests_total{app="orders"}[5m]))',
    'histogram_quantile(0.95, sum by (le) (rate(http_server_requests_seconds_bucket[5m]))) > 0.5',
    'min_over_time((avg(DCGM_FI_DEV_GPU_UTIL{namespace="shop"}))[3m:30s])',
    'kube_pod_container_resource_limits{resource="cpu"} / on (pod) group_left () kube_pod_info',
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

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contains, difference, intersection, pieces, Ranges, union } from '../../../src/manifests/network/ranges';

describe('ranges', () => {
  const range = fc
    .tuple(fc.bigInt(0n, 30n), fc.bigInt(0n, 30n))
    .map(([one, other]) => (one < other ? { from: one, to: other } : { from: other, to: one }));
  const set = fc.array(range, { maxLength: 4 }).map((ranges) => union(ranges));
  const has = (ranges: Ranges, number: bigint) => ranges.some(({ from: first, to }) => first <= number && number <= to);
  const numbers = Array.from({ length: 32 }, (_, index) => BigInt(index));

  it('are sets of numbers', () => {
    fc.assert(
      fc.property(set, set, (one, other) => {
        for (const number of numbers) {
          const [inOne, inOther] = [has(one, number), has(other, number)];
          expect(has(union(one, other), number)).toBe(inOne || inOther);
          expect(has(intersection(one, other), number)).toBe(inOne && inOther);
          expect(has(difference(one, other), number)).toBe(inOne && !inOther);
        }
        const parts = pieces(one, other);
        expect(union(parts)).toEqual(one);
        expect(parts.filter((part) => other.some((cut) => ![0, 1].includes(share(part, cut))))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  /** How much of a range another has: 0 is nothing, 1 is all of it. */
  const share = (part: Ranges[number], cut: Ranges[number]) =>
    intersection([part], [cut]).length === 0 ? 0 : contains([cut], [part]) ? 1 : 0.5;
});

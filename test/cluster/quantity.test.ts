import fc from 'fast-check';
import { expect, it } from 'vitest';
import { amountOf, quantityOf, shown } from '../../src/cluster/quantity';

it('has an amount of a quantity, and none that compares of anything else', () => {
  expect([amountOf('500m'), amountOf('much')]).toEqual([0.5, NaN]);
});

it('writes quantities that are enough, and hardly more', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10 ** 6 }), fc.integer({ min: 0, max: 2 ** 45 }), (milli, bytes) => {
      expect(amountOf(quantityOf('requests.cpu', milli / 1000))).toBeCloseTo(milli / 1000, 9);
      const memory = amountOf(quantityOf('limits.memory', bytes));
      expect(memory).toBeGreaterThanOrEqual(bytes);
      expect(memory - bytes).toBeLessThan(2 ** 20);
    }),
  );
});

it('shows amounts as people read them', () => {
  expect([shown('cpu', 38.44), shown('memory', 92288 * 2 ** 20), shown('memory', 256 * 2 ** 20)]).toEqual([
    '38.4',
    '90.1Gi',
    '256Mi',
  ]);
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { saturations, steadyState } from '../../src/capacity/steady';
import { anyService, orders } from './services';

describe('a load that does not change', () => {
  it('needs as many pods as share it, within the bounds', () => {
    const replicas = (http: number) => steadyState(orders, new Map([['http', http]])).replicas;
    expect([0, 300, 301, 700, 1000, 5000].map(replicas)).toEqual([3, 3, 4, 7, 10, 10]);
  });

  it('is decided by the trigger that needs most', () => {
    const state = steadyState(
      orders,
      new Map([...new Map([['http', 400]]), ['lag.invoices', 450], ['orders.cpu', 0.1]]),
    );
    expect({ replicas: state.replicas, by: state.decidedBy?.load.name }).toEqual({ replicas: 9, by: 'lag.invoices' });
  });

  it('decides nothing where it is not known', () => {
    expect(steadyState(orders, new Map())).toMatchObject({ replicas: 3, needed: 0, decidedBy: undefined });
  });

  it('is not one pod more for the noise of a binary fraction', () => {
    const cpu = orders.triggers.find(({ load }) => load.name === 'orders.cpu');
    expect(2.1 / (cpu?.perPod ?? 0)).not.toBe(6);
    expect(steadyState(orders, new Map([['orders.cpu', 2.1]])).replicas).toBe(6);
  });

  it('saturates where the maximum of pods has all that it should', () => {
    fc.assert(
      fc.property(anyService, (service) => {
        for (const { trigger, load } of saturations([service])) {
          expect(steadyState(service, new Map([[trigger.load.name, load]])).needed).toBe(service.maxReplicas);
          const more = load + trigger.perPod / 100;
          expect(steadyState(service, new Map([[trigger.load.name, more]])).needed).toBe(service.maxReplicas + 1);
        }
      }),
    );
  });

  it('never has fewer pods for being more', () => {
    const load = fc.double({ min: 0, max: 5000, noNaN: true });
    fc.assert(
      fc.property(anyService, load, load, (service, one, other) => {
        const replicas = (value: number) => steadyState(service, new Map([['http', value]])).replicas;
        expect(replicas(Math.max(one, other))).toBeGreaterThanOrEqual(replicas(Math.min(one, other)));
      }),
    );
  });
});

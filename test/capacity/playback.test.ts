import { Duration } from 'cdk8s';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LoadCurve } from '../../src/capacity/load-file';
import { play, PlaybackResult } from '../../src/capacity/playback';
import { podsFor, steadyState } from '../../src/capacity/steady';
import { anyService, orders, serviceWith } from './services';

/** A load of requests: pairs of a number of seconds and the load in them. */
function http(...intervals: readonly (readonly [seconds: number, load: number])[]): LoadCurve {
  const samples = intervals.flatMap(([seconds, load]) => Array<number>(seconds).fill(load));
  const end = samples.at(-1) ?? 0;
  return { start: 0, seconds: samples.length, loads: new Map([['http', Float64Array.from([...samples, end])]]) };
}

const lastOf = ({ desired }: PlaybackResult) => desired.at(-1)?.pods;

describe('a load that is played', () => {
  it('begins in its steady state, all pods ready', () => {
    const { desired, ready, underprovisioned } = play(orders, http([600, 650]));
    expect({ desired, ready, underprovisioned }).toEqual({
      desired: [{ from: 0, pods: 7 }],
      ready: [{ from: 0, pods: 7 }],
      underprovisioned: [],
    });
  });

  it('is under capacity until the pods for it are ready', () => {
    const service = serviceWith({ minReplicas: 3, maxReplicas: 10, perPod: 100, readinessDelay: Duration.seconds(40) });
    const { desired, ready, underprovisioned, tolerated } = play(service, http([60, 300], [300, 500]), { startup: 20 });
    expect(desired).toEqual([
      { from: 0, pods: 3 },
      { from: 60, pods: 5 },
    ]);
    expect(ready).toEqual([
      { from: 0, pods: 3 },
      { from: 120, pods: 5 },
    ]);
    expect({ underprovisioned, tolerated }).toEqual({ underprovisioned: [{ from: 60, to: 120 }], tolerated: 0 });
  });

  it('goes down five minutes after it was last needed', () => {
    const { desired } = play(orders, http([61, 900], [600, 100]));
    expect(desired).toEqual([
      { from: 0, pods: 9 },
      { from: 360, pods: 3 },
    ]);
  });

  it('is seen as late as the query of its trigger sees it', () => {
    const service = serviceWith({ minReplicas: 3, maxReplicas: 10, perPod: 100, rateWindow: 120 });
    const { desired } = play(service, http([120, 300], [300, 600]));
    // The average rises by 37.5 every 15 seconds: 302.5, 340, 377.5, 415, which four pods tolerate, 452.5, …
    expect(desired).toEqual([
      { from: 0, pods: 3 },
      { from: 135, pods: 4 },
      { from: 180, pods: 5 },
      { from: 225, pods: 6 },
    ]);
  });

  it('counts the time that the HPA tolerates, and that in which the maximum is too little', () => {
    const { underprovisioned, tolerated, saturated } = play(orders, http([60, 700], [60, 750], [60, 1050]));
    expect(underprovisioned).toEqual([{ from: 60, to: 180 }]);
    // 7.5 of 7 pods; 10.5 of 10 pods after their start-up of 30 seconds
    expect({ tolerated, saturated }).toEqual({ tolerated: 60 + 30, saturated: 60 });
  });

  it('keeps the pods while it can not be measured', () => {
    expect(play(orders, http([60, 900], [900, NaN])).desired).toEqual([{ from: 0, pods: 9 }]);
  });

  it('leaves a service without a load at its minimum', () => {
    const curve = { ...http([600, 900]), loads: new Map() };
    expect(play(orders, curve)).toMatchObject({
      desired: [{ from: 0, pods: 3 }],
      underprovisioned: [],
      podSeconds: 1800,
    });
  });

  it('pays each pod from the moment it is asked for', () => {
    expect(play(orders, http([60, 300], [60, 500])).podSeconds).toBe(60 * 3 + 60 * 5);
  });

  const loads = fc.array(fc.tuple(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 0, max: 3000 })), {
    minLength: 1,
    maxLength: 8,
  });

  it('never has pods outside the bounds, and never more ready than asked for', () => {
    fc.assert(
      fc.property(anyService, loads, fc.nat(90), (service, intervals, startup) => {
        const { desired, ready } = play(service, http(...intervals), { startup });
        const at = (second: number) => desired.filter(({ from }) => from <= second).at(-1)?.pods ?? 0;
        desired.forEach(({ pods }) => {
          expect(pods).toBeGreaterThanOrEqual(service.minReplicas);
          expect(pods).toBeLessThanOrEqual(service.maxReplicas);
        });
        ready.forEach(({ from, pods }) => {
          expect(pods).toBeLessThanOrEqual(at(from));
        });
      }),
      { numRuns: 50 },
    );
  });

  it('comes to its steady state, within what the HPA tolerates', () => {
    fc.assert(
      fc.property(anyService, loads, fc.integer({ min: 0, max: 3000 }), (service, intervals, load) => {
        const pods = lastOf(play(service, http(...intervals, [900, load]))) ?? 0;
        const steady = steadyState(service, new Map([['http', load]])).replicas;
        const trigger = service.triggers[0];
        if (trigger === undefined) throw new Error('the service has no trigger');
        const tolerated = Math.abs(1 - load / trigger.perPod / pods) <= 0.1 && podsFor(load, trigger) !== pods;
        if (!tolerated) expect(pods).toBe(steady);
      }),
      { numRuns: 50 },
    );
  });

  it('is the same each time', () => {
    const curve = http([100, 300], [400, 980], [700, 120]);
    expect(play(orders, curve)).toEqual(play(orders, curve));
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HorizontalAutoscaler, Measured } from '../../src/capacity/autoscaler';
import { behavior } from '../../src/manifests/autoscaling';

const external = (total: number | undefined, perPod = 100): Measured => ({ total, perPod, readyPodsOnly: false });
const cpu = (total: number): Measured => ({ total, perPod: 0.7, utilization: 70, readyPodsOnly: true });

/** An autoscaler from 2 to 20 pods, and the pods that it has. */
class Scaled {
  private readonly autoscaler: HorizontalAutoscaler;
  private second = 0;

  constructor(
    public replicas: number,
    rules: object = {},
  ) {
    this.autoscaler = new HorizontalAutoscaler({ minReplicas: 2, maxReplicas: 20, behavior: behavior.parse(rules) });
  }

  /** Looks at the metrics once, 15 seconds after the last time. */
  sync(...metrics: readonly Measured[]): number {
    this.replicas = this.autoscaler.sync(this.second, { replicas: this.replicas, ready: this.replicas }, metrics);
    this.second += 15;
    return this.replicas;
  }

  /** The numbers of pods after so many syncs. */
  syncs(count: number, ...metrics: readonly Measured[]): number[] {
    return Array.from({ length: count }, () => this.sync(...metrics));
  }
}

/** The cases follow kube-controller-manager's source; test/cluster plays a part of them with the real one. */
describe('an autoscaler', () => {
  it('divides the load by what a pod should have, and rounds up', () => {
    expect(new Scaled(4).sync(external(501))).toBe(6);
  });

  it('tolerates a tenth too much or too little', () => {
    expect(new Scaled(10).syncs(30, external(1099))).toEqual(Array(30).fill(10));
    expect(new Scaled(10).syncs(30, external(901)).at(-1)).toBe(10);
    expect(new Scaled(10).sync(external(1101))).toBe(12);
    expect(new Scaled(10).syncs(30, external(899)).at(-1)).toBe(9);
  });

  it('follows the metric that asks for most', () => {
    expect(new Scaled(4).sync(external(300), external(700), external(500))).toBe(7);
  });

  it('adds four pods or as many as there are, whichever is more, in 15 seconds', () => {
    expect(new Scaled(2).syncs(3, external(2000))).toEqual([6, 12, 20]);
  });

  it('adds no more within the period of a policy', () => {
    const scaleUp = { policies: [{ type: 'Pods', value: 3, periodSeconds: 60 }] };
    expect(new Scaled(2, { scaleUp }).syncs(6, external(2000))).toEqual([5, 5, 5, 5, 8, 8]);
  });

  it('takes the policy that changes least where it is told to', () => {
    const policies = [
      { type: 'Pods', value: 1, periodSeconds: 15 },
      { type: 'Percent', value: 50, periodSeconds: 15 },
    ];
    const scaleDown = { stabilizationWindowSeconds: 0, selectPolicy: 'Min', policies };
    expect(new Scaled(8, { scaleDown }).syncs(3, external(200))).toEqual([7, 6, 5]);
    const fastest = { ...scaleDown, selectPolicy: 'Max' };
    expect(new Scaled(9, { scaleDown: fastest }).syncs(3, external(200))).toEqual([4, 2, 2]);
  });

  it('does not go where a direction is disabled', () => {
    expect(new Scaled(4, { scaleUp: { selectPolicy: 'Disabled' } }).sync(external(2000))).toBe(4);
  });

  it('takes pods away after five minutes, down to the highest need of them', () => {
    const scaled = new Scaled(10);
    scaled.sync(external(1000));
    scaled.syncs(10, external(400));
    scaled.sync(external(600));
    expect(scaled.syncs(8, external(400))).toEqual(Array(8).fill(10));
    expect(scaled.syncs(11, external(400))).toEqual(Array(11).fill(6));
    expect(scaled.sync(external(400))).toBe(4);
  });

  it('adds pods after the window for it, up to the lowest need of it', () => {
    const scaled = new Scaled(2, { scaleUp: { stabilizationWindowSeconds: 300 } });
    scaled.syncs(5, external(200));
    expect(scaled.syncs(19, external(500))).toEqual(Array(19).fill(2));
    expect(scaled.sync(external(900))).toBe(5);
  });

  it('begins as though it had asked for the pods that it finds', () => {
    expect(new Scaled(10).syncs(21, external(200)).indexOf(2)).toBe(20);
  });

  it('takes nothing away while a metric can not be read, but adds', () => {
    const scaled = new Scaled(10, { scaleDown: { stabilizationWindowSeconds: 0 } });
    expect(scaled.sync(external(500), external(undefined))).toBe(10);
    expect(scaled.sync(external(1200), external(undefined))).toBe(12);
    expect(scaled.sync(external(undefined), external(undefined))).toBe(12);
    expect(scaled.sync(external(500), external(300))).toBe(5);
  });

  it('compares whole percentages of a request', () => {
    // 76.9 % is 76 % to it, which it tolerates; 77 / 70 it does not. 79.9 % is 79 %, so 11.3 pods.
    expect(new Scaled(10).sync(cpu(7.69))).toBe(10);
    expect(new Scaled(10).sync(cpu(7.7))).toBe(11);
    expect(new Scaled(10).sync(cpu(7.99))).toBe(12);
  });

  it('counts pods that are not ready as idle only while it would add some', () => {
    // Without a window, in which the six pods that there are would hold whatever it asks for.
    const atOnce = behavior.parse({ scaleDown: { stabilizationWindowSeconds: 0 } });
    const autoscaler = new HorizontalAutoscaler({ minReplicas: 2, maxReplicas: 20, behavior: atOnce });
    const sync = (total: number) => autoscaler.sync(0, { replicas: 6, ready: 3 }, [cpu(total)]);
    expect(sync(4.2)).toBe(6); // 140 % of three pods, but 70 % of six
    expect(sync(3.0)).toBe(6); // 100 % of three pods; of six 50 %, and that would be the other way
    expect(sync(6.3)).toBe(9); // 105 % of six pods
  });

  const load = fc.integer({ min: 0, max: 3000 });

  it('never leaves its bounds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 20 }), fc.array(load, { maxLength: 60 }), (replicas, loads) => {
        const scaled = new Scaled(replicas);
        const counts = loads.map((total) => scaled.sync(external(total)));
        expect(counts.filter((count) => count < 2 || count > 20)).toEqual([]);
      }),
    );
  });

  it('takes no pod away that was needed within the window', () => {
    fc.assert(
      fc.property(fc.array(load, { maxLength: 40 }), (busy) => {
        const loads = [...busy, ...Array<number>(21).fill(0)];
        const scaled = new Scaled(20);
        loads.forEach((total, index) => {
          const before = scaled.replicas;
          const after = scaled.sync(external(total));
          const window = loads.slice(Math.max(0, index - 19), index + 1);
          if (after < before) expect(after * 110).toBeGreaterThanOrEqual(Math.min(2000, Math.max(...window)));
        });
        expect(scaled.replicas).toBe(2);
      }),
    );
  });
});

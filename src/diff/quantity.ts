import { textAt, Value } from './value';

const FACTORS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The number that a Kubernetes quantity stands for, however it is written: 1 for `1000m`; undefined where it is none. */
export function quantityAt(value: Value | undefined, ...path: readonly string[]): number | undefined {
  const [, number, unit] =
    /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([numkMGTPE]?|[KMGTPE]i)$/.exec(textAt(value, ...path) ?? '') ?? [];
  const factor = FACTORS[unit ?? ''];
  return number === undefined || factor === undefined ? undefined : Number(number) * factor;
}

import { parseQuantity } from '../core/quantities';
import { entriesAt, textAt, Value } from './value';

/* Kubernetes' quantities as numbers: CPUs, bytes, GPUs. */

/** Amounts by resource: `{ cpu: 0.5, memory: 1073741824, 'nvidia.com/gpu': 1 }`. */
export type Amounts = Readonly<Record<string, number>>;

/** The number that the quantity at a path stands for; undefined if there is no valid one. */
export function quantityAt(value: Value | undefined, ...path: readonly string[]): number | undefined {
  return parseQuantity(textAt(value, ...path) ?? '');
}

/** The quantities of the map at a path; one that is not valid is left out. */
export function amountsAt(value: Value | undefined, ...path: readonly string[]): Amounts {
  return amountsOf(entriesAt(value, ...path).map(([resource, quantity]) => [resource, textAt(quantity)]));
}

/** Each quantity as a number; one that is not valid is left out. */
export function amountsOf(quantities: Iterable<readonly [string, string | undefined]>): Amounts {
  return Object.fromEntries(
    [...quantities].flatMap(([resource, quantity]) => {
      const amount = parseQuantity(quantity ?? '');
      return amount === undefined ? [] : [[resource, amount] as const];
    }),
  );
}

/** The sum, resource by resource. */
export function sum(all: readonly Amounts[]): Amounts {
  return combined(all, (one, other) => one + other);
}

/** The most of each resource. */
export function greatest(all: readonly Amounts[]): Amounts {
  return combined(all, Math.max);
}

function combined(all: readonly Amounts[], combine: (one: number, other: number) => number): Amounts {
  const result: Record<string, number> = {};
  for (const [resource, amount] of all.flatMap(Object.entries<number>)) {
    result[resource] = combine(result[resource] ?? 0, amount);
  }
  return result;
}

/** Several times the same. */
export function times(count: number, amounts: Amounts): Amounts {
  return Object.fromEntries(Object.entries(amounts).map(([resource, amount]) => [resource, amount * count]));
}

/** An amount as people read it: `38.4`, `90.1Gi`. */
export function shownAmount(resource: string, amount: number): string {
  const tenths = (number: number) => `${Math.round(number * 10) / 10}`;
  if (!isInBytes(resource)) return tenths(amount);
  return amount < 2 ** 30 ? `${tenths(amount / 2 ** 20)}Mi` : `${tenths(amount / 2 ** 30)}Gi`;
}

/** A quantity that is at least this much: memory in whole MiB, all else in thousandths. */
export function quantityOf(resource: string, amount: number): string {
  if (!isInBytes(resource)) return `${Math.ceil(withoutNoise(amount * 1000)) / 1000}`;
  const mebibytes = Math.ceil(withoutNoise(amount / 2 ** 20));
  return mebibytes % 1024 === 0 && mebibytes !== 0 ? `${mebibytes / 1024}Gi` : `${mebibytes}Mi`;
}

function isInBytes(resource: string): boolean {
  return /(memory|storage)$/.test(resource);
}

/** Without the noise of binary fractions. */
function withoutNoise(amount: number): number {
  return Math.round(amount * 1e6) / 1e6;
}

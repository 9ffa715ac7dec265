import { parseQuantity } from '../core/quantities';

/** Amounts by resource: CPUs, bytes, GPUs. */
export type Amounts = Readonly<Record<string, number>>;

/** The number that a quantity stands for; NaN where it is none, which compares with nothing. */
export function amountOf(quantity: string): number {
  return parseQuantity(quantity) ?? NaN;
}

/** Each quantity as a number. */
export function amountsOf(quantities: Readonly<Record<string, string>>): Amounts {
  return Object.fromEntries(Object.entries(quantities).map(([resource, quantity]) => [resource, amountOf(quantity)]));
}

/** The sum, resource by resource. */
export function sum(all: readonly Amounts[]): Amounts {
  const total: Record<string, number> = {};
  for (const amounts of all) {
    for (const [resource, amount] of Object.entries(amounts)) total[resource] = (total[resource] ?? 0) + amount;
  }
  return total;
}

/** Several times the same. */
export function times(count: number, amounts: Amounts): Amounts {
  return Object.fromEntries(Object.entries(amounts).map(([resource, amount]) => [resource, amount * count]));
}

/** An amount as people read it: `38.4`, `90.1Gi`. */
export function shown(resource: string, amount: number): string {
  const tenths = (number: number) => `${Math.round(number * 10) / 10}`;
  if (!inBytes(resource)) return tenths(amount);
  return amount < 2 ** 30 ? `${tenths(amount / 2 ** 20)}Mi` : `${tenths(amount / 2 ** 30)}Gi`;
}

function inBytes(resource: string): boolean {
  return /(memory|storage)$/.test(resource);
}

/** A quantity that is at least this much: memory in whole MiB, all else in thousandths. */
export function quantityOf(resource: string, amount: number): string {
  if (!inBytes(resource)) return `${Math.ceil(round(amount * 1000)) / 1000}`;
  const mebibytes = Math.ceil(round(amount / 2 ** 20));
  return mebibytes % 1024 === 0 && mebibytes !== 0 ? `${mebibytes / 1024}Gi` : `${mebibytes}Mi`;
}

/** Without the noise of binary fractions. */
function round(amount: number): number {
  return Math.round(amount * 1e6) / 1e6;
}

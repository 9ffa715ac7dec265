import { parseQuantity } from '../core/quantities';
import { textAt, Value } from '../manifests/value';

/** The number that the quantity at a path stands for; undefined where there is none. */
export function quantityAt(value: Value | undefined, ...path: readonly string[]): number | undefined {
  return parseQuantity(textAt(value, ...path) ?? '');
}

/* By what an operator decides on a setting of its pods. */

import { isList, isMap, textAt, Value } from '../value';

/** Where a setting of the pods comes from. */
export type Source =
  /** Fields of the custom resource's spec, the first that is set: `kafka.template.pod`, `containers[pgbouncer].resources`, `nodeSets[].count`. */
  | { readonly fields: readonly string[] }
  /** The operator sets it by itself; how. */
  | { readonly operator: string }
  /** An object of the manifests sets it, by the labels of the pods; its kind. */
  | { readonly manifests: string }
  /** Nothing sets it; why. */
  | { readonly none: string };

/**
 * The values at a field of a spec: several for `nodeSets[].count`, which means each element. One that is missing is undefined.
 */
export function valuesAtField(spec: Value | undefined, field: string): (Value | undefined)[] {
  return field
    .split('.')
    .reduce<(Value | undefined)[]>((within, step) => within.flatMap((each) => next(each, step)), [spec]);
}

/** The values of a setting: those of the first of its fields that is set, or a missing one. */
export function valuesOfSource(spec: Value | undefined, fields: readonly string[]): (Value | undefined)[] {
  const found = fields.map((field) => valuesAtField(spec, field));
  return found.find((values) => values.length > 0 && values.every((value) => value !== undefined)) ?? [undefined];
}

function next(value: Value | undefined, step: string): (Value | undefined)[] {
  const [, key = step, , element] = /^([\w-]+)(\[([\w-]*)\])?$/.exec(step) ?? [];
  const found = isMap(value) ? value.get(key) : undefined;
  if (element === undefined) return [found];
  const elements = isList(found) ? found : [];
  return element === '' ? [...elements] : [elements.find((each) => textAt(each, 'name') === element)];
}

import { SecretValue } from '../core/secrets';

/** A value in a manifest. What a Secret holds is a {@link SecretValue}, so that nothing can print it. */
export type Value = null | boolean | number | string | SecretValue | readonly Value[] | ValueMap;

/** Keys with their values. Not an object: a manifest may have any key, `__proto__` among them. */
export type ValueMap = ReadonlyMap<string, Value>;

/** Deeper than any manifest; an alias that contains itself has no end. */
const DEEPEST = 100;

/**
 * Takes over what a YAML parser has made.
 *
 * @throws RangeError if it is nested too deeply, or contains itself
 */
export function valueOf(parsed: unknown, depth = 0): Value {
  if (depth > DEEPEST) throw new RangeError(`nested more than ${DEEPEST} levels deep`);
  switch (typeof parsed) {
    case 'boolean':
    case 'number':
    case 'string':
      return parsed;
    case 'object':
      if (parsed === null) return null;
      if (Array.isArray(parsed)) return parsed.map((element) => valueOf(element, depth + 1));
      if (parsed instanceof Date) return parsed.toISOString();
      return new Map(Object.entries(parsed).map(([key, value]) => [key, valueOf(value, depth + 1)]));
    default:
      return null;
  }
}

export function isMap(value: Value | undefined): value is ValueMap {
  return value instanceof Map;
}

export function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

/** What is at a path of keys. */
export function at(value: Value | undefined, ...path: readonly string[]): Value | undefined {
  return path.reduce<Value | undefined>((within, key) => (isMap(within) ? within.get(key) : undefined), value);
}

/** The elements of the list at a path; none if there is no list. */
export function listAt(value: Value | undefined, ...path: readonly string[]): readonly Value[] {
  const found = at(value, ...path);
  return isList(found) ? found : [];
}

/** The keys and values at a path; none if there is no map. */
export function entriesAt(value: Value | undefined, ...path: readonly string[]): readonly (readonly [string, Value])[] {
  const found = at(value, ...path);
  return isMap(found) ? [...found] : [];
}

/** The text or number at a path, as text. */
export function textAt(value: Value | undefined, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === 'string' || typeof found === 'number' ? `${found}` : undefined;
}

/** The number at a path. */
export function numberAt(value: Value | undefined, ...path: readonly string[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === 'number' ? found : undefined;
}

/** The texts of the list at a path. */
export function textsAt(value: Value | undefined, ...path: readonly string[]): string[] {
  return listAt(value, ...path).filter((element) => typeof element === 'string');
}

/** The entries at a path whose values are texts, as labels are. */
export function labelsAt(value: Value | undefined, ...path: readonly string[]): ReadonlyMap<string, string> {
  const entries = entriesAt(value, ...path);
  return new Map(entries.flatMap(([key, each]) => (typeof each === 'string' ? [[key, each] as const] : [])));
}

/** Every value of this key, however deep. */
export function valuesOf(value: Value | undefined, key: string): Value[] {
  if (isList(value)) return value.flatMap((element) => valuesOf(element, key));
  if (!isMap(value)) return [];
  return [...value].flatMap(([name, inner]) => [...(name === key ? [inner] : []), ...valuesOf(inner, key)]);
}

/** Whether two values say the same, the order of keys aside. */
export function equal(one: Value | undefined, other: Value | undefined): boolean {
  if (one instanceof SecretValue && other instanceof SecretValue) return one.reveal() === other.reveal();
  if (isList(one) && isList(other)) {
    return one.length === other.length && one.every((element, index) => equal(element, other[index]));
  }
  if (isMap(one) && isMap(other)) {
    return one.size === other.size && [...one].every(([key, value]) => other.has(key) && equal(value, other.get(key)));
  }
  return one === other;
}

/** As JSON has it, with `<redacted>` for what a Secret holds. */
export function plain(value: Value): unknown {
  if (isMap(value)) return Object.fromEntries([...value].map(([key, each]) => [key, plain(each)]));
  if (isList(value)) return value.map(plain);
  return value instanceof SecretValue ? value.toJSON() : value;
}

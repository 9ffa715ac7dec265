/* Records whose keys are a closed set: the type checker keeps the keys, where `Object.keys` and `Object.entries` widen them to text. */

/** The keys of a record, in the order in which they are written. */
export function keysOf<K extends string>(record: Readonly<Record<K, unknown>>): K[] {
  return Object.keys(record).filter((key) => isKeyOf(record, key));
}

/** Whether a text is a key of a record. */
export function isKeyOf<K extends string>(record: Readonly<Record<K, unknown>>, key: string): key is K {
  return Object.hasOwn(record, key);
}

/** A record with the same keys, each with what `map` makes of its value. */
export function mapValues<K extends string, T, U>(
  record: Readonly<Record<K, T>>,
  map: (value: T, key: K) => U,
): Record<K, U>;
export function mapValues(
  record: Readonly<Record<string, unknown>>,
  map: (value: unknown, key: string) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}

/*
 * Optional fields. With exactOptionalPropertyTypes a field that may be left out must not be `undefined`, and in a manifest it would be
 * one more thing to compare.
 */

/** `T` without the fields that are undefined: those that may be are optional. */
export type Defined<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The fields that have a value. */
export function defined<T extends object>(fields: T): Defined<T>;
export function defined(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

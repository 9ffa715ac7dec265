import { Lazy } from 'cdk8s';

/** A value that is computed when the manifest is written, so that it knows what was added after the construction. */
export function lazily<T>(produce: () => T): T {
  // If a program has two copies of cdk8s, the one that writes the manifest knows no Lazy of the other, but any `resolve` method.
  // cdk8s types a Lazy as `any`, since it stands where the value will.
  // eslint-disable-next-line @typescript-eslint/no-unsafe-return
  return Object.assign(Lazy.any({ produce }), { resolve: produce });
}

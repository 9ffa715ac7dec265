import { inspect } from 'node:util';
import { Construct } from 'constructs';
import { InvalidInputError } from './errors';
import { requireDnsSubdomain } from './validation';

/** A key of a Secret of the chart's namespace. The value is never known here. */
export interface SecretKey {
  /** Name of the Secret. */
  readonly secret: string;
  /** Key in its data. */
  readonly key: string;
}

/**
 * Names a key of a Secret.
 *
 * @throws {@link InvalidInputError} on a name or key that the API server refuses
 */
export function secretKey(secret: string, key: string): SecretKey {
  requireDnsSubdomain('secretKey', secret);
  if (!/^[-._a-zA-Z0-9]{1,253}$/.test(key)) {
    throw new InvalidInputError(
      'secretKey',
      `"${key}" is not a valid key of Secret "${secret}"`,
      'Use letters, digits, "-", "_" and "."',
    );
  }
  return { secret, key };
}

/** A secret's value. It prints as `<redacted>` wherever it is logged, interpolated or serialized; only {@link reveal} gives it. */
export class SecretValue {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself, for the one place that writes it into a Secret. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '<redacted>';
  }

  toJSON(): string {
    return '<redacted>';
  }

  [inspect.custom](): string {
    return '<redacted>';
  }
}

const HOLDS_SECRET_VALUES = 'holds-secret-values';

/** Marks an object that holds values of secrets, so that its file is readable by its owner only. */
export function markSecretValues(object: Construct): void {
  object.node.addMetadata(HOLDS_SECRET_VALUES, true);
}

/** Whether {@link markSecretValues} has marked the object. */
export function holdsSecretValues(object: Construct): boolean {
  return object.node.metadata.some(({ type }) => type === HOLDS_SECRET_VALUES);
}

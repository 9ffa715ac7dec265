import { Duration } from 'cdk8s';
import { InvalidInputError } from './errors';

const DNS_LABEL = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const LABEL_VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const LABEL_NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/** Fails unless `name` can name a Service (RFC 1035 label, at most 63 characters), the strictest name Kubernetes knows. */
export function requireDnsLabel(where: string, name: string): string {
  if (!DNS_LABEL.test(name)) {
    throw new InvalidInputError(
      where,
      `"${name}" is not a valid name`,
      'Use at most 63 lower-case letters, digits and "-", starting with a letter and ending with a letter or a digit',
    );
  }
  return name;
}

/** Fails unless `name` is a DNS subdomain of at most 253 characters, as most object names must be. */
export function requireDnsSubdomain(where: string, name: string): string {
  if (name.length > 253 || !DNS_SUBDOMAIN.test(name)) {
    throw new InvalidInputError(
      where,
      `"${name}" is not a valid object name`,
      'Use at most 253 lower-case letters, digits, "-" and ".", starting and ending with a letter or a digit',
    );
  }
  return name;
}

/** Fails unless every key and value is a label the API server accepts. */
export function requireLabels(where: string, labels: Readonly<Record<string, string>>): Record<string, string> {
  for (const [key, value] of Object.entries(labels)) {
    const [prefix, name] = key.includes('/') ? splitOnce(key, '/') : [undefined, key];
    if (!LABEL_NAME.test(name) || (prefix !== undefined && !DNS_SUBDOMAIN.test(prefix))) {
      throw new InvalidInputError(
        where,
        `"${key}" is not a valid label key`,
        'Use an optional DNS prefix and "/", then at most 63 letters, digits, "-", "_" and "."',
      );
    }
    if (!LABEL_VALUE.test(value)) {
      throw new InvalidInputError(
        where,
        `"${value}" is not a valid value for label "${key}"`,
        'Use at most 63 letters, digits, "-", "_" and ".", starting and ending with a letter or a digit',
      );
    }
  }
  return { ...labels };
}

/** Fails unless `name` can name an environment variable of a shell and of Spring. */
export function requireEnvName(where: string, name: string): string {
  if (!ENV_NAME.test(name)) {
    throw new InvalidInputError(
      where,
      `"${name}" is not a valid name of an environment variable`,
      'Use letters, digits and "_", not starting with a digit',
    );
  }
  return name;
}

/** Whether `image` names a version: a digest, or a tag other than `latest`. */
export function isImage(image: string): boolean {
  const repository = image.slice(image.lastIndexOf('/') + 1);
  const tag = /^[a-z0-9][^\s:@]*:([\w][\w.-]{0,127})$/.exec(repository)?.[1];
  const digest = /^[a-z0-9].*@sha256:[0-9a-f]{64}$/.test(repository);
  return !/\s/.test(image) && (digest || (tag !== undefined && tag !== 'latest'));
}

/** Fails unless {@link isImage}. */
export function requireImage(where: string, image: string): string {
  if (!isImage(image)) {
    throw new InvalidInputError(
      where,
      `image "${image}" names no version`,
      'Give it a tag other than "latest", or a digest (name@sha256:…)',
    );
  }
  return image;
}

/** Fails unless `value` is a whole number of at least `minimum` and, if one is given, at most `maximum`. */
export function requireInteger(where: string, name: string, value: number, minimum: number, maximum?: number): number {
  if (!Number.isInteger(value) || value < minimum || (maximum !== undefined && value > maximum)) {
    const range = maximum === undefined ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`;
    throw new InvalidInputError(where, `${name} is ${value}`, `Set ${name} to a whole number ${range}`);
  }
  return value;
}

/** Fails unless `port` is a TCP port. */
export function requirePort(where: string, name: string, port: number): number {
  return requireInteger(where, name, port, 1, 65535);
}

/** The seconds of a duration, rounded if a fraction of another unit, such as 1.1 minutes, is binary noise beside them. */
export function secondsOf(duration: Duration): number {
  return Math.round(duration.toSeconds({ integral: false }) * 1e6) / 1e6;
}

/** Fails unless `duration` is a whole number of seconds, at least `minimum`. */
export function requireSeconds(where: string, name: string, duration: Duration, minimum: number): number {
  const seconds = secondsOf(duration);
  if (!Number.isInteger(seconds) || seconds < minimum) {
    throw new InvalidInputError(
      where,
      `${name} is ${seconds} seconds`,
      `Set ${name} to a whole number of seconds, at least ${minimum}`,
    );
  }
  return seconds;
}

/** Fails if `text` is empty or only white space. */
export function requireText(where: string, name: string, text: string): string {
  if (text.trim() === '') {
    throw new InvalidInputError(where, `${name} is empty`, `Give ${name} a value`);
  }
  return text;
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return [text.slice(0, at), text.slice(at + separator.length)];
}

/** Fails unless `value` is an address with `http://` or `https://`. */
export function requireUrl(where: string, prop: string, value: string): string {
  if (!URL.canParse(value) || !/^https?:\/\//.test(value)) {
    throw new InvalidInputError(where, `${prop} is "${value}"`, 'Write a URL, from "https://" on');
  }
  return value;
}

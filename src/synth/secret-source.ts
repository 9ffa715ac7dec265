// Where the values of secrets come from: the environment, an env file that git ignores, or a random value that is kept in that file.
import { existsSync, readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { parseEnv } from 'node:util';
import { InvalidInputError } from '../core/errors';
import { SecretKey, SecretValue } from '../core/secrets';
import { writeFileAtomically } from './write-file';

/**
 * Default for a secret that is not set: a value that follows from the manifests (`exact` if any other would contradict them),
 * `random`, or `external`: the real one comes from another system, so that the random value is only a placeholder.
 */
export type Fallback = { readonly value: string; readonly exact?: boolean } | 'random' | 'external';

/** Where {@link readSecrets} looks. */
export interface SecretSource {
  /** The process' environment; it comes before the file. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A file of lines `NAME=value` that git ignores. Generated values are kept in it, readable by its owner only. */
  readonly file: string;
  /** Whether it is an error, rather than a reason to generate one, that a secret is set nowhere and does not follow from the manifests. */
  readonly strict: boolean;
  /** Is told what was generated; never a value. */
  readonly report: (message: string) => void;
}

/** The variable that sets a secret: `AOP_SECRET_SPRING_DATASOURCE_PASSWORD` for the key `spring.datasource.password`. */
export function variableOf({ key }: SecretKey): string {
  return `AOP_SECRET_${key.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;
}

/**
 * Finds the value of every secret, in the environment, in the file, or by its fallback; random ones are added to the file.
 *
 * @throws InvalidInputError in strict mode, with the names of all variables whose values would have to be made up
 */
export function readSecrets(
  wanted: ReadonlyMap<SecretKey, Fallback>,
  source: SecretSource,
): Map<SecretKey, SecretValue> {
  const text = textOf(source.file);
  const file = parseEnv(text ?? '');
  const found = new Map<SecretKey, SecretValue>();
  const missing: SecretKey[] = [];
  for (const key of wanted.keys()) {
    const value = [source.environment, file].map((values) => values[variableOf(key)]).find(isSet);
    if (value === undefined) missing.push(key);
    else found.set(key, new SecretValue(requireFixed(key, value, wanted.get(key))));
  }
  const unknown = missing.filter((key) => typeof wanted.get(key) === 'string').map(variableOf);
  if (source.strict && unknown.length > 0) {
    throw new InvalidInputError(
      'secrets',
      `${unknown.length} of ${wanted.size} are set neither in the environment nor in ${source.file}: ${unknown.join(', ')}`,
      'Set them, or leave strict mode to have them generated',
    );
  }
  const generated = new Map<string, SecretValue>();
  for (const key of missing) {
    const fallback = wanted.get(key) ?? 'random';
    const variable = variableOf(key);
    const made =
      typeof fallback === 'object' ? fallback.value : (generated.get(variable)?.reveal() ?? randomPassword());
    const value = new SecretValue(made);
    if (typeof fallback === 'string') generated.set(variable, value);
    found.set(key, value);
  }
  if (!keepGenerated(generated, text, source)) return readSecrets(wanted, source);
  reportExternal(wanted, generated, source);
  return found;
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}

/** A value that names an object of the manifests can't be another. */
function requireFixed(key: SecretKey, value: string, fallback: Fallback | undefined): string {
  if (typeof fallback === 'object' && fallback.exact === true && value !== fallback.value) {
    throw new InvalidInputError(
      'secrets',
      `${variableOf(key)} is not "${fallback.value}", which the manifests use`,
      `Leave it out, or set it to "${fallback.value}"`,
    );
  }
  return value;
}

function textOf(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/**
 * Adds values to the file, readable by its owner only, and reports which.
 *
 * @param text what the file held when the values were missing; undefined if there was none
 * @returns whether they are kept: not if another synth has changed the file since
 */
function keepGenerated(
  values: ReadonlyMap<string, SecretValue>,
  text: string | undefined,
  { file, report }: SecretSource,
): boolean {
  if (values.size === 0) return true;
  if (textOf(file) !== text) return false;
  const present = (text ?? '').replace(/[^\n]$/, '$&\n');
  const lines = [...values].map(([name, value]) => `${name}=${value.reveal()}\n`);
  try {
    writeFileAtomically(file, present + lines.join(''), { mode: 0o600, exclusive: text === undefined });
  } catch (error) {
    if (textOf(file) !== text) return false;
    throw error;
  }
  report(`generated ${[...values.keys()].join(', ')}: kept in ${file}, which is not committed`);
  return true;
}

function reportExternal(
  wanted: ReadonlyMap<SecretKey, Fallback>,
  generated: ReadonlyMap<string, SecretValue>,
  { file, report }: SecretSource,
): void {
  const external = [...wanted].filter(([key, fallback]) => fallback === 'external' && generated.has(variableOf(key)));
  if (external.length > 0) {
    const names = external.map(([key]) => variableOf(key)).join(', ');
    report(`${names} must come from the system they open: put the real ones into ${file}`);
  }
}

/** 32 letters and digits: nothing that a URL, a shell or a JAAS line would have to quote. */
function randomPassword(): string {
  return randomBytes(48)
    .toString('base64')
    .replace(/[^A-Za-z0-9]/g, '')
    .slice(0, 32);
}

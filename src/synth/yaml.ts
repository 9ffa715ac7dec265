// Writes YAML byte for byte as cdk8s does, in a quarter of the time. docs/performance.md says what that is worth.
import { Yaml } from 'cdk8s';

/**
 * Writes objects as YAML documents.
 *
 * cdk8s has the `yaml` package make a node of each value first. Here the structure is written at once, and the package only says how
 * a text is quoted.
 */
export function stringify(objects: readonly unknown[]): string {
  return objects.map(document).join('---\n');
}

function document(object: unknown): string {
  // What is inside of the document begins on its first line.
  const lines = isObject(object) && Object.keys(object).length > 0 ? node(object, '', new Set()) : undefined;
  return lines?.slice(1) ?? Yaml.stringify(object);
}

/**
 * What follows a colon or a dash, with the end of the line; undefined if it is nothing that a manifest has, such as one object in
 * two places, which the package writes as an anchor.
 */
function node(value: unknown, indent: string, seen: Set<unknown>): string | undefined {
  if (typeof value === 'string') return text(value, indent);
  if (typeof value === 'number') return ` ${Number.isSafeInteger(value) && value !== 0 ? value : quoted(value)}\n`;
  if (value === null || typeof value === 'boolean') return ` ${String(value)}\n`;
  if (seen.has(value)) return undefined;
  seen.add(value);
  if (Array.isArray(value)) return value.length === 0 ? ' []\n' : sequence(value, indent, seen);
  if (!isObject(value)) return undefined;
  const entries = Object.entries(value);
  return entries.length === 0 ? ' {}\n' : mapping(entries, indent, seen);
}

function mapping(entries: readonly (readonly [string, unknown])[], indent: string, seen: Set<unknown>) {
  let lines = '\n';
  for (const [key, value] of entries) {
    const name = keyText(key);
    const inside = name === undefined ? undefined : node(value, `${indent}  `, seen);
    if (name === undefined || inside === undefined) return undefined;
    lines += `${indent}${name}:${inside}`;
  }
  return lines;
}

function sequence(list: readonly unknown[], indent: string, seen: Set<unknown>) {
  let lines = '\n';
  for (const value of list) {
    const inside = node(value, `${indent}  `, seen);
    if (inside === undefined) return undefined;
    // The first line of what is inside stands beside the dash.
    lines += `${indent}-${inside.startsWith('\n') ? ` ${inside.slice(indent.length + 3)}` : inside}`;
  }
  return lines;
}

/** A text of one line or of several, which follow with the indent. */
function text(value: string, indent: string): string {
  const written = quotedText(value);
  if (!written.includes('\n')) return ` ${written}\n`;
  return ` ${written.replaceAll(/^ {2}/gm, indent)}\n`;
}

function keyText(key: string): string | undefined {
  const written = quotedText(key);
  return written.length > 1000 || /\n|^(%|---|\.\.\.)/.test(key) ? undefined : written;
}

/** Most texts: a letter first, nothing that could be a sign of YAML, and none of its words and numbers (`e3`). */
const PLAIN = /^(?!(?:y|yes|n|no|true|false|on|off|null|e-?\d+)$)[a-z][\w./-]*(?::[\w./-]+)*$/i;

const known = new Map<string, string>();

function quotedText(value: string): string {
  if (PLAIN.test(value)) return value;
  const present = known.get(value);
  if (present !== undefined) return present;
  const made = quoted(value);
  if (known.size > 10_000) known.clear();
  known.set(value, made);
  return made;
}

/** As the package writes it in a list: there the lines of a text have the indent of one level. */
function quoted(value: unknown): string {
  return Yaml.stringify([value]).slice('- '.length, -1);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

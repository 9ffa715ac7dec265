import { SecretValue } from '../core/secrets';
import { gapsBetween } from './sequence';
import { at, equal, isList, isMap, textAt, Value, ValueMap, valueOf } from '../manifests/value';

/**
 * A field that differs. Without `before` it is new, without `after` it is gone; what was inside it is not named again.
 */
export interface FieldChange {
  /**
   * Such as `spec.template.spec.containers[fms].env[JAVA_OPTS].value`. An element without a name has the index it has now, or had
   * if it is gone or changed.
   */
  readonly path: string;
  readonly before?: Value;
  readonly after?: Value;
}

/** Every field that differs, each once. */
export function compare(before: Value | undefined, after: Value | undefined, path = ''): FieldChange[] {
  if (equal(before, after)) return [];
  if (isMap(before) && isMap(after)) return compareMaps(before, after, path);
  if (isList(before) && isList(after)) return compareLists(before, after, path);
  const inside = typeof before === 'string' && typeof after === 'string' ? compareJson(before, after, path) : [];
  return inside.length > 0 ? inside : [changeOf(path, before, after)];
}

function changeOf(path: string, before: Value | undefined, after: Value | undefined): FieldChange {
  return { path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
}

function compareMaps(before: ValueMap, after: ValueMap, path: string): FieldChange[] {
  const keys = new Set([...before.keys(), ...after.keys()]);
  return [...keys].flatMap((key) => compare(before.get(key), after.get(key), `${path}${keyInPath(key, path)}`));
}

function keyInPath(key: string, path: string): string {
  if (!/^[\w-]+$/.test(key)) return `[${JSON.stringify(key)}]`;
  return path === '' ? key : `.${key}`;
}

/** A text that is JSON, as a dashboard in a ConfigMap is, by its fields. */
function compareJson(before: string, after: string, path: string): FieldChange[] {
  const [one, other] = [jsonOf(before), jsonOf(after)];
  return one === undefined || other === undefined ? [] : compare(one, other, path);
}

function jsonOf(text: string): Value | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    return valueOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function compareLists(before: readonly Value[], after: readonly Value[], path: string): FieldChange[] {
  const list = /([\w-]+)$/.exec(path)?.[1] ?? '';
  const [were, are] = [named(list, before), named(list, after)];
  return were === undefined || are === undefined
    ? compareSequences(before, after, path)
    : compareNamed(were, are, path);
}

function compareNamed(before: ReadonlyMap<string, Value>, after: ReadonlyMap<string, Value>, path: string) {
  const names = new Set([...before.keys(), ...after.keys()]);
  const changes = [...names].flatMap((name) => compare(before.get(name), after.get(name), `${path}[${name}]`));
  const [were, are] = [
    [...before.keys()].filter((name) => after.has(name)),
    [...after.keys()].filter((name) => before.has(name)),
  ];
  // The order matters to some lists (init containers, an env that refers to another), so it is never left unsaid.
  return equal(were, are) ? changes : [...changes, changeOf(`${path} (order)`, were, are)];
}

function compareSequences(before: readonly Value[], after: readonly Value[], path: string): FieldChange[] {
  return gapsBetween(before, after, equal).flatMap((gap) => {
    const paired = Math.min(gap.before.length, gap.after.length);
    return [
      ...gap.before.flatMap((element, index) =>
        compare(element, index < paired ? gap.after[index] : undefined, `${path}[${gap.beforeIndex + index}]`),
      ),
      ...gap.after
        .slice(paired)
        .map((element, index) => changeOf(`${path}[${gap.afterIndex + paired + index}]`, undefined, element)),
    ];
  });
}

/** The elements by their names, a second one of the same name as `name#2`; undefined if one of them has none. */
function named(list: string, elements: readonly Value[]): Map<string, Value> | undefined {
  const found = new Map<string, Value>();
  for (const element of elements) {
    const name = isMap(element) ? nameIn(list, element) : undefined;
    if (name === undefined) return undefined;
    let unique = name;
    for (let number = 2; found.has(unique); number += 1) unique = `${name}#${number}`;
    found.set(unique, element);
  }
  return found;
}

/** Lists whose elements have another name than `name`. */
const naming: Readonly<Record<string, (element: ValueMap) => string | undefined>> = {
  volumeMounts: (element) => textAt(element, 'mountPath'),
  ports: (element) => textAt(element, 'name') ?? port(element),
  rules: (element) => textAt(element, 'alert') ?? textAt(element, 'record') ?? textAt(element, 'host'),
  paths: (element) => textAt(element, 'path'),
  triggers: (element) =>
    words(textAt(element, 'type'), textAt(element, 'metadata', 'topic'), textAt(element, 'metadata', 'metricName')),
  metrics: metric,
  subjects: (element) => words(textAt(element, 'kind'), textAt(element, 'name')),
  endpoints: (element) => textAt(element, 'port'),
  podMetricsEndpoints: (element) => textAt(element, 'port'),
  topologySpreadConstraints: (element) => textAt(element, 'topologyKey'),
  tolerations: (element) => textAt(element, 'key'),
  matchExpressions: (element) => textAt(element, 'key'),
  items: (element) => textAt(element, 'key'),
  secretTargetRef: (element) => textAt(element, 'parameter'),
  envFrom: (element) => textAt(element, 'configMapRef', 'name') ?? textAt(element, 'secretRef', 'name'),
  volumeClaimTemplates: (element) => textAt(element, 'metadata', 'name'),
  panels: (element) => textAt(element, 'title'),
  targets: (element) => textAt(element, 'refId'),
};

function nameIn(list: string, element: ValueMap): string | undefined {
  const naturally = Object.hasOwn(naming, list) ? naming[list] : undefined;
  return (naturally ?? ((each: ValueMap) => textAt(each, 'name')))(element);
}

/** Those of a Service, a container or a policy: `8080`, `53/UDP`. */
function port(element: ValueMap): string | undefined {
  const number = textAt(element, 'containerPort') ?? textAt(element, 'port');
  const protocol = textAt(element, 'protocol') ?? 'TCP';
  return number === undefined || protocol === 'TCP' ? number : `${number}/${protocol}`;
}

/** A metric of an autoscaler: `Resource cpu`, `External s0-kafka-orders`. */
function metric(element: ValueMap): string | undefined {
  const type = textAt(element, 'type') ?? '';
  const source = at(element, type.charAt(0).toLowerCase() + type.slice(1));
  return words(type, textAt(source, 'name') ?? textAt(source, 'metric', 'name'));
}

function words(...parts: readonly (string | undefined)[]): string | undefined {
  const [first] = parts;
  return first === undefined || first === '' ? undefined : parts.filter((part) => part !== undefined).join(' ');
}

/** A value as one line of text; `<redacted>` for what a Secret holds. */
export function shown(value: Value): string {
  if (value instanceof SecretValue) return value.toString();
  if (isList(value)) return `[${value.map(shown).join(', ')}]`;
  if (isMap(value)) return `{${[...value].map(([key, each]) => `${key}: ${shown(each)}`).join(', ')}}`;
  return typeof value === 'string' && value !== '' && value === value.trim() ? value : JSON.stringify(value);
}

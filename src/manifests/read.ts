import { parseAllDocuments } from 'yaml';
import { InvalidInputError } from '../core/errors';
import { groupOf } from '../core/names';
import { SecretValue } from '../core/secrets';
import { isList, isMap, listAt, plain, textAt, Value, ValueMap, valueOf } from './value';

/** A file of manifests, as it is read. */
export interface ManifestText {
  /** Its name, for messages. */
  readonly name: string;
  readonly yaml: string;
}

/** An object of a manifest. */
export interface KubeObject {
  /** Name of the file that it is in. */
  readonly file: string;
  readonly group: string;
  readonly kind: string;
  /** Empty if it has none. */
  readonly namespace: string;
  readonly name: string;
  /** All of it, with what a Secret holds as {@link SecretValue}. */
  readonly body: ValueMap;
}

/** The objects of some manifests. */
export class ManifestSet {
  /** By their identity; of two with the same one the later counts, as it is applied last. */
  readonly objects: ReadonlyMap<string, KubeObject>;

  constructor(objects: readonly KubeObject[]) {
    this.objects = new Map(objects.map((object) => [identityOf(object), object]));
  }

  ofKind(...kinds: readonly string[]): KubeObject[] {
    return [...this.objects.values()].filter(({ kind }) => kinds.includes(kind));
  }

  find(kind: string, namespace: string, name: string): KubeObject | undefined {
    return this.ofKind(kind).find((object) => object.namespace === namespace && object.name === name);
  }
}

/** By which the API server knows an object. Not by its version: several may be served at once. */
export function identityOf({ group, kind, namespace, name }: KubeObject): string {
  return [group, kind, namespace, name].join('/');
}

/** The namespace that goes without saying: that of most objects. */
export function homeNamespace(...sets: readonly ManifestSet[]): string {
  const counts = new Map<string, number>();
  for (const { namespace } of sets.flatMap(({ objects }) => [...objects.values()])) {
    if (namespace !== '') counts.set(namespace, (counts.get(namespace) ?? 0) + 1);
  }
  return [...counts].sort(([, one], [, other]) => other - one)[0]?.[0] ?? 'default';
}

/**
 * Reads manifests. The YAML is version 1.1, as cdk8s writes it and the API server's clients read it.
 *
 * @throws InvalidInputError with the file and the line, never with a text of the file, which may be a secret
 */
export function parseManifests(files: readonly ManifestText[]): ManifestSet {
  return new ManifestSet(files.flatMap(parseFile));
}

function parseFile({ name, yaml }: ManifestText): KubeObject[] {
  return parseAllDocuments(yaml, { version: '1.1', logLevel: 'error' }).flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined)
      throw unreadable(name, `line ${error.linePos?.[0].line ?? '?'} is not YAML (${error.code})`);
    return objectsIn(hideSecrets(bodyOf(name, () => document.toJS())), name);
  });
}

function bodyOf(file: string, parse: () => unknown): Value {
  try {
    return valueOf(parse());
  } catch (error) {
    // Aliases without end, or too many of them. The message of the parser may quote the file.
    throw unreadable(file, error instanceof RangeError ? error.message : 'its aliases can not be resolved');
  }
}

/** The object, or those of a List; nothing for an empty document. */
function objectsIn(body: Value, file: string): KubeObject[] {
  if (body === null) return [];
  const [apiVersion, kind] = [textAt(body, 'apiVersion'), textAt(body, 'kind')];
  if (!isMap(body) || apiVersion === undefined || kind === undefined) {
    throw unreadable(file, 'it has a document without apiVersion and kind');
  }
  if (kind.endsWith('List') && isList(body.get('items'))) {
    return listAt(body, 'items').flatMap((item) => objectsIn(asItemOf(kind, apiVersion, item), file));
  }
  const name = textAt(body, 'metadata', 'name');
  if (name === undefined) throw unreadable(file, `it has an object ${kind} without metadata.name`);
  const namespace = textAt(body, 'metadata', 'namespace') ?? '';
  return [{ file, group: groupOf(apiVersion), kind, namespace, name, body }];
}

/** The items of a typed list, as the API server gives them, have no kind of their own. */
function asItemOf(list: string, apiVersion: string, item: Value): Value {
  if (!isMap(item) || item.has('kind')) return item;
  return new Map<string, Value>([['apiVersion', apiVersion], ['kind', list.slice(0, -'List'.length)], ...item]);
}

/** Where the API server's clients keep the manifest that was applied, values and all. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** Takes the values of every Secret out of sight, wherever in a manifest it is. */
function hideSecrets(value: Value, isSecret = false): Value {
  if (isList(value)) return value.map((element) => hideSecrets(element, isSecret));
  if (!isMap(value)) return value;
  const kind = value.get('kind');
  const secret = kind === 'Secret' || (isSecret && kind === undefined);
  return new Map(
    [...value].map(([key, each]) => {
      if (secret && (key === 'data' || key === 'stringData')) return [key, hidden(each)];
      if (secret && key === 'metadata') return [key, withoutLastApplied(each)];
      return [key, hideSecrets(each, kind === 'SecretList' && key === 'items')];
    }),
  );
}

/** The keys of a map stay; anything else is hidden as a whole. */
function hidden(value: Value): Value {
  if (!isMap(value)) return new SecretValue(JSON.stringify(plain(value)));
  return new Map([...value].map(([key, each]) => [key, new SecretValue(JSON.stringify(plain(each)))]));
}

function withoutLastApplied(metadata: Value): Value {
  const annotations = isMap(metadata) ? metadata.get('annotations') : undefined;
  if (!isMap(metadata) || !isMap(annotations)) return metadata;
  return new Map(metadata).set('annotations', new Map([...annotations].filter(([key]) => key !== LAST_APPLIED)));
}

function unreadable(file: string, problem: string): InvalidInputError {
  return new InvalidInputError(file, problem, 'Give files of Kubernetes manifests');
}

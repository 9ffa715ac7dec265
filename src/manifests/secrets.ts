/* The Secrets that manifests name, and those that they make. Values are never looked at. */

import { KubeObject, ManifestSet } from './read';
import { at, entriesAt, isList, isMap, listAt, textAt, Value, valuesOf } from './value';

/** A Secret that is needed, and the keys that are needed of it. */
export interface NeededSecret {
  readonly namespace: string;
  readonly name: string;
  readonly keys: readonly string[];
  /** What makes it, if the manifests do: a Secret, or an ExternalSecret. */
  readonly source: KubeObject | undefined;
}

type Reference = Pick<NeededSecret, 'namespace' | 'name' | 'keys'>;

/** Every Secret that objects name, or that the manifests make; not those that an operator makes of its own. */
export function secretsOf(manifests: ManifestSet): NeededSecret[] {
  const objects = [...manifests.objects.values()];
  const byName = new Map<string, Reference>();
  for (const each of objects.flatMap(referencesOf)) {
    const id = `${each.namespace}/${each.name}`;
    byName.set(id, { ...each, keys: [...(byName.get(id)?.keys ?? []), ...each.keys] });
  }
  return [...byName.values()]
    .filter((each) => manifests.find('KafkaUser', each.namespace, each.name) === undefined)
    .map((each) => {
      const source = objects.find((object) => makes(object, each));
      return { ...each, keys: [...new Set([...each.keys, ...keysOf(source)])].sort(), source };
    });
}

/** Groups whose objects name Secrets that their operators make, or that are kept elsewhere. */
const OTHER_SECRETS = ['cert-manager.io', 'external-secrets.io'];

function referencesOf({ group, kind, namespace, name, body }: KubeObject): Reference[] {
  if (group === '' && kind === 'Secret') return [{ namespace, name, keys: [] }];
  // cert-manager makes the certificate of an Ingress that names an issuer.
  const issued = entriesAt(body, 'metadata', 'annotations').some(([key]) => key.startsWith('cert-manager.io/'));
  if (namespace === '' || OTHER_SECRETS.includes(group) || (kind === 'Ingress' && issued)) return [];
  return named(at(body, 'spec'), '').map((each) => ({ namespace, ...each }));
}

/** The Secrets that a value names, in the forms that Kubernetes and the operators have for that. */
function named(value: Value | undefined, property: string): Omit<Reference, 'namespace'>[] {
  if (property === 'configSecret' && typeof value === 'string') return [{ name: value, keys: [] }];
  if (isList(value)) return value.flatMap((element) => named(element, property));
  if (!isMap(value) || value.get('optional') === true) return [];
  const volume = textAt(value, 'secretName');
  if (volume !== undefined) {
    return [{ name: volume, keys: listAt(value, 'items').flatMap((item) => textAt(item, 'key') ?? []) }];
  }
  const name = /secret|accessKeyId/i.test(property) ? textAt(value, 'name') : undefined;
  if (name !== undefined) return [{ name, keys: [textAt(value, 'key')].filter((key) => key !== undefined) }];
  return [...value].flatMap(([key, inner]) => named(inner, key));
}

/** Whether an object makes the Secret, at once or by an operator. */
function makes({ kind, namespace, name, body }: KubeObject, secret: Reference): boolean {
  if (namespace !== secret.namespace) return false;
  return kind === 'ExternalSecret'
    ? (textAt(body, 'spec', 'target', 'name') ?? name) === secret.name
    : kind === 'Secret' && name === secret.name;
}

function keysOf(source: KubeObject | undefined): string[] {
  if (source === undefined) return [];
  return source.kind === 'Secret'
    ? ['data', 'stringData'].flatMap((field) => entriesAt(source.body, field).map(([key]) => key))
    : valuesOf(at(source.body, 'spec'), 'secretKey').filter((key) => typeof key === 'string');
}

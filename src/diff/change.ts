import { compare, FieldChange } from './compare';
import { homeNamespace, KubeObject, ManifestSet } from '../manifests/read';

/** An object that is on one side only, or differs. */
export interface ObjectChange {
  readonly change: 'added' | 'removed' | 'changed';
  /** The object as it is, or was if it is removed. */
  readonly object: KubeObject;
  readonly before: KubeObject | undefined;
  readonly after: KubeObject | undefined;
  /** What differs, if it is on both sides. */
  readonly fields: readonly FieldChange[];
}

/** Two sets of manifests, and what differs between them. */
export class ManifestChange {
  /** Changed objects in the order of the manifests as they are, then those that are gone. */
  readonly objects: readonly ObjectChange[];
  /** The namespace that goes without saying: that of most objects. */
  private readonly home: string;

  constructor(
    readonly before: ManifestSet,
    readonly after: ManifestSet,
  ) {
    const identities = new Set([...after.objects.keys(), ...before.objects.keys()]);
    this.objects = [...identities].flatMap((identity) =>
      changesOf(before.objects.get(identity), after.objects.get(identity)),
    );
    this.home = homeNamespace(after, before);
  }

  /** The changes of objects of some kinds. */
  ofKind(...kinds: readonly string[]): ObjectChange[] {
    return this.objects.filter(({ object }) => kinds.includes(object.kind));
  }

  /** Whether objects of one of these kinds differ. */
  touches(...kinds: readonly string[]): boolean {
    return this.ofKind(...kinds).length > 0;
  }

  /** A name, with its namespace if that is not the one of most objects. */
  nameIn(namespace: string, name: string): string {
    return namespace === '' || namespace === this.home ? name : `${namespace}/${name}`;
  }

  /** `Deployment fms`, or `Deployment logging/promtail`. */
  label({ kind, namespace, name }: KubeObject): string {
    return `${kind} ${this.nameIn(namespace, name)}`;
  }
}

function changesOf(before: KubeObject | undefined, after: KubeObject | undefined): ObjectChange[] {
  const object = after ?? before;
  if (object === undefined) return [];
  if (before === undefined) return [{ change: 'added', object, before, after, fields: [] }];
  if (after === undefined) return [{ change: 'removed', object, before, after, fields: [] }];
  const fields = compare(before.body, after.body);
  return fields.length === 0 ? [] : [{ change: 'changed', object, before, after, fields }];
}

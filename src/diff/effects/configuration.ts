import { ManifestChange, ObjectChange } from '../change';
import { Effect } from '../effect';
import { KubeObject } from '../../manifests/read';
import { at, entriesAt, equal, isList, isMap, listAt, textAt, Value } from '../../manifests/value';
import { containersOf, templateOf, workloadKinds } from '../../manifests/workloads';
import { restarts } from './pods';

/** How pods use a ConfigMap or Secret. */
interface Reference {
  readonly kind: string;
  readonly name: string;
  /** The one key that is used, or all. */
  readonly key?: string;
  readonly how: 'environment' | 'files' | 'subPath';
  readonly optional: boolean;
}

/** Who has to be restarted to see a ConfigMap or Secret that differs, and who misses one that is gone. */
export function configurationEffects(change: ManifestChange): Effect[] {
  return change.ofKind('ConfigMap', 'Secret').flatMap((changed) => {
    if (changed.change === 'added') return [];
    const users = [...change.after.objects.values()].filter(({ namespace }) => namespace === changed.object.namespace);
    return users.flatMap((user) =>
      workloadKinds.includes(user.kind) ? ofWorkload(change, changed, user) : ofCustomResource(change, changed, user),
    );
  });
}

function ofWorkload(change: ManifestChange, changed: ObjectChange, workload: KubeObject): Effect[] {
  const { object } = changed;
  const keys = changedKeys(changed);
  const references = referencesOf(workload).filter(
    ({ kind, name, key }) => kind === object.kind && name === object.name && (key === undefined || keys.has(key)),
  );
  const [first] = references;
  const subject = change.label(workload);
  if (first === undefined) return [];
  if (changed.change === 'removed') {
    const text = `refers to ${change.label(object)}, which is removed: its next pod can't start`;
    return references.every(({ optional }) => optional) ? [] : [{ kind: 'may interrupt', subject, text }];
  }
  const restarted = change.ofKind(workload.kind).find((each) => each.after === workload);
  if (keys.size === 0 || (restarted !== undefined && restarts(restarted))) return [];
  const { namespace, kind, name } = workload;
  const command = `kubectl rollout restart ${kind.toLowerCase()}/${name}${namespace === '' ? '' : ` -n ${namespace}`}`;
  const uses = `uses ${change.label(object)}`;
  return references.some(({ how }) => how !== 'files')
    ? [{ kind: 'needs a restart', subject, text: `${uses}, which its pods read only as they start: ${command}` }]
    : [
        {
          kind: 'may need a restart',
          subject,
          text: `${uses}, whose files change in its pods within minutes; if the program reads them only once: ${command}`,
        },
      ];
}

/** What a custom resource refers to is read by its operator. */
function ofCustomResource(change: ManifestChange, changed: ObjectChange, user: KubeObject): Effect[] {
  const { object } = changed;
  const reference = object.kind === 'ConfigMap' ? 'configMapKeyRef' : 'secretKeyRef';
  if (!user.group.includes('.') || user.group.endsWith('.k8s.io')) return [];
  if (!refersTo(user.body, reference, object.name)) return [];
  const fate = changed.change === 'removed' ? 'which is removed' : 'which its operator reads';
  return [
    { kind: 'left to an operator', subject: change.label(user), text: `refers to ${change.label(object)}, ${fate}` },
  ];
}

function refersTo(value: Value, reference: string, name: string): boolean {
  if (isList(value)) return value.some((element) => refersTo(element, reference, name));
  if (!isMap(value)) return false;
  return (
    textAt(value, reference, 'name') === name || [...value.values()].some((each) => refersTo(each, reference, name))
  );
}

/** The keys whose values differ, or are gone. */
function changedKeys({ before, after }: ObjectChange): Set<string> {
  const dataOf = (object: KubeObject | undefined) =>
    new Map(['data', 'binaryData', 'stringData'].flatMap((field) => entriesAt(object?.body, field)));
  const [were, are] = [dataOf(before), dataOf(after)];
  return new Set([...were.keys(), ...are.keys()].filter((key) => !equal(were.get(key), are.get(key))));
}

function referencesOf(workload: KubeObject): Reference[] {
  const template = templateOf(workload);
  const containers = containersOf(template);
  return [
    ...containers
      .flatMap((container) => listAt(container, 'env'))
      .flatMap((variable) => keyReferences(at(variable, 'valueFrom'))),
    ...containers
      .flatMap((container) => listAt(container, 'envFrom'))
      .flatMap((source) => [
        ...reference('ConfigMap', at(source, 'configMapRef'), 'environment'),
        ...reference('Secret', at(source, 'secretRef'), 'environment'),
      ]),
    ...listAt(template, 'spec', 'volumes').flatMap((volume) => volumeReferences(volume, containers)),
  ];
}

function keyReferences(source: Value | undefined): Reference[] {
  return [
    ...reference('ConfigMap', at(source, 'configMapKeyRef'), 'environment'),
    ...reference('Secret', at(source, 'secretKeyRef'), 'environment'),
  ];
}

function volumeReferences(volume: Value, containers: readonly Value[]): Reference[] {
  const mounts = containers
    .flatMap((container) => listAt(container, 'volumeMounts'))
    .filter((mount) => textAt(mount, 'name') === textAt(volume, 'name'));
  const partly = mounts.some((mount) => at(mount, 'subPath') !== undefined || at(mount, 'subPathExpr') !== undefined);
  const how = partly ? 'subPath' : 'files';
  return [volume, ...listAt(volume, 'projected', 'sources')].flatMap((source) => [
    ...reference('ConfigMap', at(source, 'configMap'), how),
    ...reference('Secret', at(source, 'secret'), how),
  ]);
}

function reference(kind: string, source: Value | undefined, how: Reference['how']): Reference[] {
  const name = textAt(source, 'name') ?? textAt(source, 'secretName');
  const key = textAt(source, 'key');
  if (name === undefined) return [];
  return [{ kind, name, how, optional: at(source, 'optional') === true, ...(key === undefined ? {} : { key }) }];
}

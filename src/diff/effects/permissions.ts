import { POD_SECURITY_LABEL } from '../../core/names';
import { ManifestChange, ObjectChange } from '../change';
import { Effect } from '../effect';
import { KubeObject } from '../../manifests/read';
import { at, entriesAt, listAt, textAt, textsAt, Value } from '../../manifests/value';
import { containersOf, templateOf, workloadKinds } from '../../manifests/workloads';

/** One verb on one resource. */
interface Right {
  readonly group: string;
  readonly resource: string;
  readonly name: string;
  readonly verb: string;
}

/** What a role lets its subjects do more or less, who gets a role, and what pods may do to their node. */
export function permissionEffects(change: ManifestChange): Effect[] {
  return [
    ...change.ofKind('Role', 'ClusterRole').flatMap((changed) => ofRole(change, changed)),
    ...change.ofKind('RoleBinding', 'ClusterRoleBinding').flatMap((changed) => ofBinding(change, changed)),
    ...change.ofKind(...workloadKinds).flatMap((changed) => ofPods(change, changed)),
    ...change.ofKind('Namespace').flatMap((changed) => ofNamespace(change, changed)),
  ];
}

/** A kind of effect for what is there only after, and one for what was there only before. */
function gainedAndLost(subject: string, verb: string, before: readonly string[], after: readonly string[]): Effect[] {
  const gained = after.filter((each) => !before.includes(each));
  const lost = before.filter((each) => !after.includes(each));
  return [
    ...(gained.length === 0
      ? []
      : [{ kind: 'widens permissions' as const, subject, text: `${verb} ${gained.join('; ')}` }]),
    ...(lost.length === 0
      ? []
      : [{ kind: 'narrows permissions' as const, subject, text: `no longer ${verb} ${lost.join('; ')}` }]),
  ];
}

function ofRole(change: ManifestChange, { object, before, after }: ObjectChange): Effect[] {
  const [were, are] = [rightsOf(before), rightsOf(after)];
  const beyond = (rights: readonly Right[], others: readonly Right[]) =>
    rights.filter((right) => !others.some((other) => includes(other, right)));
  return gainedAndLost(change.label(object), 'allows', described(beyond(were, are)), described(beyond(are, were)));
}

function rightsOf(role: KubeObject | undefined): Right[] {
  return listAt(role?.body, 'rules').flatMap((rule) => {
    const resources = textsAt(rule, 'apiGroups').flatMap((group) =>
      textsAt(rule, 'resources').flatMap((resource) => namesOf(rule).map((name) => ({ group, resource, name }))),
    );
    const urls = textsAt(rule, 'nonResourceURLs').map((url) => ({ group: '', resource: url, name: '*' }));
    return [...resources, ...urls].flatMap((right) => textsAt(rule, 'verbs').map((verb) => ({ ...right, verb })));
  });
}

function namesOf(rule: Value): string[] {
  const names = textsAt(rule, 'resourceNames');
  return names.length === 0 ? ['*'] : names;
}

function includes(wide: Right, narrow: Right): boolean {
  const matches = (field: keyof Right) => wide[field] === '*' || wide[field] === narrow[field];
  return matches('group') && matches('resource') && matches('name') && matches('verb');
}

/** `get, list secrets`, a text for each resource. */
function described(rights: readonly Right[]): string[] {
  const verbs = new Map<string, string[]>();
  for (const { group, resource, name, verb } of rights) {
    const what = `${resource}${group === '' ? '' : `.${group}`}${name === '*' ? '' : ` "${name}"`}`;
    verbs.set(what, [...(verbs.get(what) ?? []), verb]);
  }
  return [...verbs].map(([what, its]) => `${its.join(', ')} ${what}`);
}

function ofBinding(change: ManifestChange, { object, before, after }: ObjectChange): Effect[] {
  const grants = (binding: KubeObject | undefined) =>
    listAt(binding?.body, 'subjects').map((subject) => {
      const who = change.nameIn(textAt(subject, 'namespace') ?? '', textAt(subject, 'name') ?? '?');
      const role = `${textAt(binding?.body, 'roleRef', 'kind') ?? ''} ${textAt(binding?.body, 'roleRef', 'name') ?? '?'}`;
      return `${role} to ${textAt(subject, 'kind') ?? ''} ${who}`;
    });
  return gainedAndLost(change.label(object), 'gives', grants(before), grants(after));
}

function ofPods(change: ManifestChange, { object, before, after }: ObjectChange): Effect[] {
  const powers = (workload: KubeObject | undefined) => (workload === undefined ? [] : powersOf(templateOf(workload)));
  return gainedAndLost(change.label(object), 'runs with', powers(before), powers(after));
}

/** What the Pod Security Standards call privileged, as the manifest asks for it. */
function powersOf(template: Value | undefined): string[] {
  const ofHost = ['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => at(template, 'spec', field) === true);
  const paths = listAt(template, 'spec', 'volumes').flatMap((volume) => {
    const path = textAt(volume, 'hostPath', 'path');
    return path === undefined ? [] : [`the host's ${path}`];
  });
  const ofContainers = containersOf(template).flatMap((container) => {
    const context = at(container, 'securityContext');
    const added = textsAt(context, 'capabilities', 'add').map((capability) => `capability ${capability}`);
    const powers = ['privileged', 'allowPrivilegeEscalation'].filter((field) => at(context, field) === true);
    return [...powers, ...added].map((power) => `${power} in ${textAt(container, 'name') ?? '?'}`);
  });
  return [...ofHost, ...paths, ...ofContainers];
}

const LEVELS = ['restricted', 'baseline', 'privileged'];

/** The Pod Security level that a namespace enforces; none is as good as privileged. */
function ofNamespace(change: ManifestChange, { change: how, object, before, after }: ObjectChange): Effect[] {
  if (how !== 'changed') return [];
  const levelOf = (namespace: KubeObject | undefined) => {
    const labels = new Map(entriesAt(namespace?.body, 'metadata', 'labels'));
    const level = labels.get(POD_SECURITY_LABEL);
    return typeof level === 'string' && LEVELS.includes(level) ? level : 'privileged';
  };
  const [was, is] = [levelOf(before), levelOf(after)];
  if (was === is) return [];
  const kind = LEVELS.indexOf(is) > LEVELS.indexOf(was) ? 'widens permissions' : 'narrows permissions';
  return [{ kind, subject: change.label(object), text: `enforces Pod Security ${is}, was ${was}` }];
}

import { NAMESPACE_LABEL } from '../../core/names';
import { KubeObject, identityOf, ManifestSet } from '../read';
import { everyAddress, addressesOf } from './addresses';
import { pieces, Range } from './ranges';
import { templateOf, workloadKinds } from '../workloads';
import { at, entriesAt, labelsAt, listAt, textAt, textsAt, Value } from '../value';

export type Labels = ReadonlyMap<string, string>;

/** Pods that the same policies apply to. */
export interface PodPlace {
  readonly type: 'pods';
  /** Empty where only the labels of the namespace are known, or where it may be any. */
  readonly namespace: string;
  readonly namespaceLabels: Labels;
  readonly labels: Labels;
  /** The workload that runs them, where the manifests have it: its labels may differ before and after. */
  readonly workload?: KubeObject;
}

/** Addresses that the same policies mean. */
interface AddressPlace {
  readonly type: 'addresses';
  readonly range: Range;
}

export type Place = PodPlace | AddressPlace;

/** Pods that nothing else names, of a namespace or of any. */
export function isAnyPod(place: Place): boolean {
  return place.type === 'pods' && place.workload === undefined && place.labels.size === 0;
}

/** The namespace of an object that needs one: kubectl takes the one of its context if none is named. */
export function namespaceOf({ namespace }: KubeObject): string {
  return namespace === '' ? 'default' : namespace;
}

/** Every set of pods and every range of addresses that one of the sides tells apart, the first of them before the others. */
export function placesOf(...sides: readonly ManifestSet[]): Place[] {
  const workloads = unique(
    sides.flatMap((side) => side.ofKind(...workloadKinds)).map(placeOfWorkload),
    ({ workload }) => (workload === undefined ? '' : identityOf(workload)),
  );
  const selected = sides.flatMap(selectedPlaces);
  const namespaces = new Set([...workloads, ...selected].map(({ namespace }) => namespace));
  const anyPods = [...namespaces, ''].map((namespace) => podPlace(namespace, new Map(), new Map()));
  const pods = unique([...selected, ...anyPods], keyOf);
  // The most specific labels stand for the pods: who has all of them is selected by fewer of them as well.
  const distinct = pods.filter(
    (place) =>
      isAnyPod(place) ||
      ![...workloads, ...pods].some(
        (other) =>
          other !== place &&
          sameNamespace(other, place) &&
          includes(other.labels, place.labels) &&
          (other.workload !== undefined || other.labels.size > place.labels.size),
      ),
  );
  return [...workloads, ...distinct, ...addressPlaces(sides)];
}

function addressPlaces(sides: readonly ManifestSet[]): AddressPlace[] {
  const blocks = sides
    .flatMap((side) => side.ofKind('NetworkPolicy').flatMap(peersOf))
    .map((peer) => at(peer, 'ipBlock'));
  const cuts = blocks
    .flatMap((block) => [textAt(block, 'cidr') ?? '', ...textsAt(block, 'except')])
    .flatMap(addressesOf);
  return pieces(everyAddress, cuts).map((range) => ({ type: 'addresses', range }));
}

/** Tells whether pods are spoken of by a side's policies, so that they are taken to be there. */
export function mentioned(side: ManifestSet): (place: PodPlace) => boolean {
  const places = selectedPlaces(side).filter(({ labels }) => labels.size > 0);
  return (place) => places.some((other) => sameNamespace(other, place) && includes(place.labels, other.labels));
}

/** The pods that policies apply to, and those that their rules name. */
function selectedPlaces(side: ManifestSet): PodPlace[] {
  return side.ofKind('NetworkPolicy').flatMap((policy) => {
    const namespace = namespaceOf(policy);
    const subjects = examplesOf(at(policy.body, 'spec', 'podSelector')).map((labels) =>
      podPlace(namespace, new Map(), labels),
    );
    return [...subjects, ...peersOf(policy).flatMap((peer) => placesOfPeer(namespace, peer))];
  });
}

function peersOf({ body }: KubeObject): readonly Value[] {
  return [
    ...listAt(body, 'spec', 'ingress').flatMap((rule) => listAt(rule, 'from')),
    ...listAt(body, 'spec', 'egress').flatMap((rule) => listAt(rule, 'to')),
  ];
}

function placesOfPeer(namespace: string, peer: Value): PodPlace[] {
  if (at(peer, 'ipBlock') !== undefined) return [];
  const selector = at(peer, 'namespaceSelector');
  const namespaces = selector === undefined ? [new Map([[NAMESPACE_LABEL, namespace]])] : examplesOf(selector);
  return namespaces.flatMap((labels) =>
    examplesOf(at(peer, 'podSelector')).map((pods) => podPlace(labels.get(NAMESPACE_LABEL) ?? '', labels, pods)),
  );
}

function placeOfWorkload(workload: KubeObject): PodPlace {
  const labels = labelsAt(templateOf(workload), 'metadata', 'labels');
  return { ...podPlace(namespaceOf(workload), new Map(), labels), workload };
}

/** The labels of a namespace that has a name are those of its object, so that none is kept here. */
function podPlace(namespace: string, namespaceLabels: Labels, labels: Labels): PodPlace {
  return { type: 'pods', namespace, namespaceLabels: namespace === '' ? namespaceLabels : new Map(), labels };
}

/** Labels that a selector selects: those it names, and each of the values it allows. */
function examplesOf(selector: Value | undefined): Labels[] {
  const expressions = listAt(selector, 'matchExpressions').flatMap((expression) => {
    const [key, operator] = [textAt(expression, 'key') ?? '', textAt(expression, 'operator')];
    if (operator === 'In') return [{ key, values: textsAt(expression, 'values') }];
    return operator === 'Exists' ? [{ key, values: ['any'] }] : [];
  });
  return expressions.reduce<Labels[]>(
    (examples, { key, values }) => examples.flatMap((labels) => values.map((value) => new Map(labels).set(key, value))),
    [labelsAt(selector, 'matchLabels')],
  );
}

/** Whether a selector selects something with these labels. */
export function selects(selector: Value | undefined, labels: Labels): boolean {
  return (
    entriesAt(selector, 'matchLabels').every(([key, value]) => labels.get(key) === value) &&
    listAt(selector, 'matchExpressions').every((expression) => {
      const value = labels.get(textAt(expression, 'key') ?? '');
      const listed = value !== undefined && textsAt(expression, 'values').includes(value);
      switch (textAt(expression, 'operator')) {
        case 'In':
          return listed;
        case 'NotIn':
          return !listed;
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
        default:
          return false;
      }
    })
  );
}

/** Whether labels have all of some others. */
export function includes(labels: Labels, some: Labels): boolean {
  return [...some].every(([key, value]) => labels.get(key) === value);
}

function sameNamespace(one: PodPlace, other: PodPlace): boolean {
  return one.namespace === other.namespace && textOf(one.namespaceLabels) === textOf(other.namespaceLabels);
}

function keyOf({ namespace, namespaceLabels, labels }: PodPlace): string {
  return [namespace, textOf(namespaceLabels), textOf(labels)].join('/');
}

/** `app=kafka,role=broker`. */
export function textOf(labels: Labels): string {
  return [...labels]
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(',');
}

/** Labels that are a name by themselves. */
const NAMES = ['app', 'app.kubernetes.io/name', 'k8s-app', 'name', 'control-plane'];

/** `kafka`, or `jaeger (component=collector)`. */
export function describeLabels(labels: Labels): string {
  const key = NAMES.find((name) => labels.has(name));
  const name = key === undefined ? undefined : labels.get(key);
  if (name === undefined) return textOf(labels);
  const others = [...labels]
    .filter(([each]) => each !== key)
    .map(([each, value]) => `${each.replace(/.*\//, '')}=${value}`);
  return others.length === 0 ? name : `${name} (${others.join(', ')})`;
}

function unique<T>(values: readonly T[], keyOfValue: (value: T) => string): T[] {
  return [...new Map(values.map((value) => [keyOfValue(value), value])).values()];
}

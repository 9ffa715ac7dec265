/* Who may talk to whom: every connection that NetworkPolicies leave open, between ends that have the names people know. */

import { ManifestSet } from '../read';
import { Network } from './network';
import { outsideConnections } from './outside';
import { placeNames } from './place-names';
import { isAnyPod, placesOf, PodPlace } from './places';
import { everyPort, PortNames } from './ports';
import { contains, Ranges } from './ranges';

/** Where a connection begins or ends. */
export interface ConnectionEnd {
  /**
   * Of the workload, the Service or the policy of the pods, or their labels; with the namespace before it if that is not the one
   * of most objects: `keda/keda-operator`. `*` is everything, as far as its own policies allow it.
   */
  readonly name: string;
  /** Namespace of the pods. Undefined: any. */
  readonly namespace?: string;
  /** Labels of the pods. */
  readonly podLabels?: Readonly<Record<string, string>>;
  /** Whether it is every pod of the namespace, also those that have a name of their own. */
  readonly everyPod?: true;
  /** Address ranges of what is outside the cluster. */
  readonly cidrs?: readonly string[];
}

/** All ports that one end may open at another. */
export interface OpenConnection {
  readonly from: ConnectionEnd;
  readonly to: ConnectionEnd;
  /** `8080`, `9090-9099`, `53/UDP`, `every port`. */
  readonly ports: readonly string[];
}

/** What the NetworkPolicies of some manifests say. */
export interface Connections {
  /** All that they tell apart, whether a connection of it is open or not. */
  readonly ends: readonly ConnectionEnd[];
  /** Everything that is open, sorted by name. What a row for every pod of a namespace says is not repeated for each of them. */
  readonly open: readonly OpenConnection[];
}

/** The other end of what no policy restricts. */
const ANYTHING = 'anything';

/** Either end of an opening. */
type End = PodPlace | typeof ANYTHING;

/** Ports that are open between pods. */
interface Opening {
  readonly from: End;
  readonly to: End;
  readonly ports: Ranges;
}

/** What the NetworkPolicies of some manifests leave open. */
export function connectionsIn(manifests: ManifestSet): Connections {
  const portNames = new PortNames();
  const network = new Network(manifests, portNames);
  const places = placesOf(manifests);
  const pods = places.filter((place) => place.type === 'pods');
  const nameOf = placeNames(manifests, pods);
  const openings = openingsBetween(network, pods);
  const wide = openings.filter(({ from, to }) => isWide(from) || isWide(to));
  const general = new Set(wide.filter((opening) => isGeneral(opening, openings, pods)));
  const endOf = (place: End, every = false): ConnectionEnd => {
    if (place === ANYTHING) return { name: '*' };
    const { namespace, labels } = place;
    return {
      name: nameOf(place, every),
      ...(namespace === '' ? {} : { namespace }),
      podLabels: Object.fromEntries(labels),
      ...(every && isAnyPod(place) ? { everyPod: true } : {}),
    };
  };
  const inside = openings
    .filter((opening) => general.has(opening) || !isOfStrangers(opening))
    .filter((opening) => !wide.some((other) => other !== opening && repeats(opening, other, general)))
    .map((opening) => ({
      from: endOf(opening.from, general.has(opening)),
      to: endOf(opening.to, general.has(opening)),
      ports: portNames.list(opening.ports),
    }));
  const outside = pods.flatMap((place) =>
    outsideConnections(network, portNames, place, places).map(({ direction, end, ports }) => {
      const [from, to] = direction === 'egress' ? [endOf(place), end] : [end, endOf(place)];
      return { from, to, ports };
    }),
  );
  const open = [...inside, ...outside].sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
  const ends = [
    ...pods.filter((place) => !isAnyPod(place)).map((place) => endOf(place)),
    ...open.flatMap(({ from, to }) => [from, to]),
  ].filter(({ name }) => name !== '*');
  return { ends: [...new Map(ends.map((end) => [shownEnd(end), end])).values()], open };
}

/** The name of an end, with the addresses behind a name that is outside the cluster. */
export function shownEnd({ name, cidrs = [] }: ConnectionEnd): string {
  const isSaid = cidrs.length === 0 || name === 'any address' || name === cidrs.join(', ');
  return isSaid ? name : `${name} (${cidrs.join(', ')})`;
}

/** Whether an end is among the pods that another stands for. */
export function isPartOf(end: ConnectionEnd, wide: ConnectionEnd): boolean {
  return wide.everyPod === true && end.podLabels !== undefined && [undefined, end.namespace].includes(wide.namespace);
}

/** What is open between pods because a policy of one of them says so, and where there is no such policy. */
function openingsBetween(network: Network, pods: readonly PodPlace[]): Opening[] {
  const decided = pods.flatMap((from) =>
    pods
      .filter((to) => network.restricts(from, 'egress') || network.restricts(to, 'ingress'))
      .map((to) => ({ from, to, ports: network.open(from, to) })),
  );
  const ours = new Set(pods.filter((place) => isOurs(network, place)).map(({ namespace }) => namespace));
  const known = pods.filter((place) => isOurs(network, place) || (isAnyPod(place) && ours.has(place.namespace)));
  const unrestricted = known.flatMap((place): Opening[] => [
    ...(network.restricts(place, 'egress') ? [] : [{ from: place, to: ANYTHING, ports: everyPort } as const]),
    ...(network.restricts(place, 'ingress') ? [] : [{ from: ANYTHING, to: place, ports: everyPort } as const]),
  ]);
  return [...decided, ...unrestricted].filter(({ ports }) => ports.length > 0);
}

/** Whether the manifests run the pods, or a policy of theirs selects them: of others there may be policies elsewhere. */
function isOurs(network: Network, place: PodPlace): boolean {
  return place.workload !== undefined || network.policiesOf(place).length > 0;
}

/** Whether what is open for the pods without a name is open for all others of their namespace as well. */
function isGeneral({ from, to, ports }: Opening, openings: readonly Opening[], pods: readonly PodPlace[]): boolean {
  const within = (end: End): End[] => (end === ANYTHING ? [end] : pods.filter((place) => spans(end, place)));
  const [clients, servers] = [within(from), within(to)];
  const same = openings.filter(
    (other) => clients.includes(other.from) && servers.includes(other.to) && contains(other.ports, ports),
  );
  return same.length === clients.length * servers.length;
}

/** Whether a wider opening says the same. */
function repeats({ from, to, ports }: Opening, wide: Opening, general: ReadonlySet<Opening>): boolean {
  const isUnnamed = (end: End, wider: End) => end === wider || isWide(end);
  return (
    spans(wide.from, from) &&
    spans(wide.to, to) &&
    contains(wide.ports, ports) &&
    (general.has(wide) || (isUnnamed(from, wide.from) && isUnnamed(to, wide.to)))
  );
}

/** Whether it says of no pods of the manifests that nothing restricts them. */
function isOfStrangers({ from, to }: Opening): boolean {
  return (from === ANYTHING && isWide(to)) || (isWide(from) && to === ANYTHING);
}

function isWide(end: End): boolean {
  return end !== ANYTHING && isAnyPod(end);
}

function spans(wide: End, end: End): boolean {
  if (wide === end) return true;
  if (wide === ANYTHING || end === ANYTHING || !isAnyPod(wide) || wide.namespaceLabels.size > 0) return false;
  return wide.namespace === '' || wide.namespace === end.namespace;
}

function keyOf({ from, to, ports }: OpenConnection): string {
  return [shownEnd(from), shownEnd(to), ...ports].join('\n');
}

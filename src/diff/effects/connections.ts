import { Effect } from '../effect';
import { ManifestChange } from '../change';
import { contains, difference, Ranges } from '../../manifests/network/ranges';
import { describeAddresses } from '../../manifests/network/addresses';
import { Network } from '../../manifests/network/network';
import {
  describeLabels,
  isAnyPod,
  namespaceOf,
  Place,
  placesOf,
  PodPlace,
  textOf,
} from '../../manifests/network/places';
import { PortNames } from '../../manifests/network/ports';
import { workloadKinds } from '../../manifests/workloads';

/** Ports between two places that were closed and are open, or the other way round. */
interface Difference {
  readonly from: Place;
  readonly to: Place;
  readonly ports: Ranges;
}

/** What the NetworkPolicies open that was closed, and close that was open, pair by pair. */
export function connectionEffects(change: ManifestChange): Effect[] {
  if (!change.touches('NetworkPolicy', 'Namespace', ...workloadKinds)) return [];
  const portNames = new PortNames();
  const [before, after] = [new Network(change.before, portNames), new Network(change.after, portNames)];
  const namespaces = new Set(
    [change.before, change.after].flatMap((side) => side.ofKind('NetworkPolicy')).map(namespaceOf),
  );
  const governed = (place: Place) => place.type === 'pods' && namespaces.has(place.namespace);
  // Pods that only policies speak of are taken to be there still when no policy does any more: that may be what opens them.
  const gone = (place: Place) => place.type === 'pods' && place.workload !== undefined && !after.has(place);
  const places = placesOf(change.after, change.before).filter((place) => !gone(place));
  const pairs = places.flatMap((from) =>
    places.filter((to) => governed(from) || governed(to)).map((to) => ({ from, to })),
  );
  const known = new Set(places.filter((place) => !governed(place) || before.has(place)));
  const differences = pairs.map((pair) => ({
    pair,
    // What was not there before had nothing open.
    was: known.has(pair.from) && known.has(pair.to) ? before.open(pair.from, pair.to) : [],
    is: after.open(pair.from, pair.to),
  }));
  const opened = differences.map(({ pair, was, is }) => ({ ...pair, ports: difference(is, was) }));
  const closed = differences.map(({ pair, was, is }) => ({ ...pair, ports: difference(was, is) }));
  const describe = (kind: Effect['kind'], found: readonly Difference[]) =>
    summarized(found, change).map(({ from, to, ports }) => ({
      kind,
      subject: `${from} → ${to}`,
      text: portNames.describe(ports),
    }));
  return [...describe('opens a connection', opened), ...describe('closes a connection', closed)];
}

/** Without what a wider difference says already, and with addresses that share a difference in one. */
function summarized(differences: readonly Difference[], change: ManifestChange) {
  const real = differences.filter(({ ports }) => ports.length > 0);
  const said = real.filter(
    (one) =>
      !real.some(
        (other) =>
          other !== one && covers(other.from, one.from) && covers(other.to, one.to) && contains(other.ports, one.ports),
      ),
  );
  const grouped = new Map<string, Difference[]>();
  for (const difference of said) {
    const end = (place: Place) => (place.type === 'addresses' ? 'addresses' : describePods(place, change));
    const ports = difference.ports.map(({ from, to }) => `${from}-${to}`).join();
    const key = JSON.stringify([end(difference.from), end(difference.to), ports]);
    grouped.set(key, [...(grouped.get(key) ?? []), difference]);
  }
  return [...grouped.values()].map((group) => ({
    from: describe(
      group.map(({ from }) => from),
      change,
    ),
    to: describe(
      group.map(({ to }) => to),
      change,
    ),
    ports: group[0]?.ports ?? [],
  }));
}

function covers(wide: Place, narrow: Place): boolean {
  if (wide === narrow) return true;
  if (wide.type !== 'pods' || !isAnyPod(wide) || narrow.type !== 'pods' || wide.namespaceLabels.size > 0) return false;
  return wide.namespace === '' || wide.namespace === narrow.namespace;
}

function describe(places: readonly Place[], change: ManifestChange): string {
  const [pods] = places.filter((place) => place.type === 'pods');
  const ranges = places.flatMap((place) => (place.type === 'addresses' ? [place.range] : []));
  return pods === undefined ? describeAddresses(ranges) : describePods(pods, change);
}

function describePods(place: PodPlace, change: ManifestChange): string {
  const { namespace, namespaceLabels, labels, workload } = place;
  if (workload !== undefined) return change.nameIn(namespace, workload.name);
  const where = namespaceLabels.size > 0 ? `namespaces ${textOf(namespaceLabels)}` : 'any namespace';
  if (labels.size === 0) return `any pod in ${namespace === '' ? where : namespace}`;
  const pods = describeLabels(labels);
  return namespace === '' ? `${pods} in ${where}` : change.nameIn(namespace, pods);
}

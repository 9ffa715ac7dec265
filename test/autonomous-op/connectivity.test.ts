import { describe, expect, it } from 'vitest';
import { autonomousOp } from '../../src/autonomous-op/deployment';
import { settingsOf } from '../../src/autonomous-op/environments';
import { NetworkPolicyBundle } from '../../src/constructs/network/network-policy-bundle';
import { Connection } from '../../src/constructs/network/connection';
import { Peer } from '../../src/constructs/network/peer';
import { asPort, Protocol } from '../../src/constructs/network/port';
import { ConnectionEnd, connectionsIn, OpenConnection } from '../../src/manifests/network/connections';
import { parseManifests } from '../../src/manifests/read';
import { synthesize } from './production';
import { allows, inRange, Place, policy } from '../network-plugin';
import { objectsOf } from '../synthesize';

const NAMESPACE = 'autonomous-op';

/** Pods that belong to nothing here, one in our namespace and one in each that has a peer of ours, and an address outside. */
const strangers = (namespaces: readonly string[]): Place[] => [
  ...[NAMESPACE, 'default', ...namespaces].map((namespace) => ({ namespace, labels: { app: 'stranger' } })),
  { labels: {}, address: '203.0.113.7' },
];

/** Ports that nothing listens on, beside all that something does. */
const FURTHER_PORTS = [22, 53, 80, 8888];

function placeOf({ namespace, podLabels, cidrs }: Peer): Place {
  return cidrs === undefined
    ? { namespace: namespace ?? NAMESPACE, labels: podLabels ?? { app: 'any pod of the namespace' } }
    : { labels: {}, address: '203.0.113.7' };
}

/** Whether a connection's end means the place. */
function means(peer: Peer, place: Place): boolean {
  if (peer.cidrs !== undefined) return place.address !== undefined;
  return (
    place.namespace === (peer.namespace ?? NAMESPACE) &&
    Object.entries(peer.podLabels ?? {}).every(([key, value]) => place.labels[key] === value)
  );
}

describe.each(['production', 'staging', 'local'])('in %s', (environment) => {
  const app = autonomousOp(settingsOf(environment), { clusterSecretStore: 'any' });
  const [bundle] = app.node.findAll().filter((construct) => construct instanceof NetworkPolicyBundle);
  if (bundle === undefined) throw new Error('there is no NetworkPolicyBundle');
  const { connections } = bundle;
  const policies = objectsOf(app, 'NetworkPolicy', policy);
  const peers = [...bundle.pods, ...connections.flatMap(({ from, to }) => [from, to])];
  const places = unique([
    ...peers.map(placeOf),
    ...strangers(peers.flatMap(({ namespace }) => (namespace === undefined ? [] : [namespace]))),
  ]);
  const declaredPorts = peers.flatMap((peer) => Object.values(peer.ports)).map((port) => asPort(port).number);
  const ports = [...new Set([...declaredPorts, ...FURTHER_PORTS])];
  const ways = ports.flatMap((port): Way[] => [
    { port, protocol: 'TCP' },
    { port, protocol: 'UDP' },
  ]);

  it('exactly the declared connections are open, of all pairs of pods and all ports', () => {
    const open: string[] = [];
    const declared: string[] = [];
    for (const from of places) {
      for (const to of places) {
        // Where neither end is in the namespace, other people's policies decide.
        if (from.namespace !== NAMESPACE && to.namespace !== NAMESPACE) continue;
        for (const way of ways) {
          const connection = JSON.stringify({ from, to, ...way });
          if (allows(policies, NAMESPACE, from, to, way.port, way.protocol)) open.push(connection);
          if (connections.some((its) => isThat(its, from, to, way))) declared.push(connection);
        }
      }
    }
    expect(open).toEqual(declared);
    expect(open.length).toBeGreaterThanOrEqual(connections.length);
  });

  it('exactly what aop graph tells is open, of all pairs of pods and all ports', () => {
    const told = connectionsIn(parseManifests(synthesize(environment).files)).open;
    // Pods have all the labels that select them: a peer with fewer is the same pods.
    const pods = places.filter((place) => !places.some((other) => isMoreSpecific(other, place)));
    const pairs = pods
      .flatMap((from) => pods.map((to) => ({ from, to })))
      .filter(({ from, to }) => from.namespace === NAMESPACE || to.namespace === NAMESPACE);
    const arrows = pairs.flatMap((pair) => ports.map((port) => ({ ...pair, port })));
    const open = arrows.filter(({ from, to, port }) => allows(policies, NAMESPACE, from, to, port));
    expect(arrows.filter((arrow) => told.some((each) => tells(each, arrow)))).toEqual(open);
    expect(told.length).toBeGreaterThan(10);
  });

  it('every pod has a policy of its own, beside the one that closes everything', () => {
    const without = bundle.pods.filter(
      ({ podLabels }) =>
        !policies.some(({ spec: { podSelector } }) => {
          const labels = Object.entries(podSelector.matchLabels ?? {});
          return labels.length > 0 && labels.every(([key, value]) => podLabels?.[key] === value);
        }),
    );
    expect(without).toEqual([]);
  });
});

interface Way {
  readonly port: number;
  readonly protocol: Protocol;
}

function isThat(connection: Connection, from: Place, to: Place, { port, protocol }: Way): boolean {
  const same = connection.port === port && connection.protocol === protocol;
  return same && means(connection.from, from) && means(connection.to, to);
}

function isMoreSpecific(place: Place, than: Place): boolean {
  const [labels, fewer] = [place, than].map((each) => Object.entries(each.labels));
  return (
    place.namespace === than.namespace &&
    (labels?.length ?? 0) > (fewer?.length ?? 0) &&
    (fewer ?? []).every(([key, value]) => place.labels[key] === value)
  );
}

/** Whether a connection of `aop graph` is this one. */
function tells({ from, to, ports }: OpenConnection, arrow: { from: Place; to: Place; port: number }): boolean {
  const within = (range: string) => {
    const [first, last = first] = range.split('-').map(Number);
    return first !== undefined && first <= arrow.port && arrow.port <= (last ?? first);
  };
  return standsFor(from, arrow.from) && standsFor(to, arrow.to) && ports.some(within);
}

function standsFor({ namespace, podLabels, everyPod, cidrs }: ConnectionEnd, place: Place): boolean {
  const { address } = place;
  if (cidrs !== undefined) return address !== undefined && cidrs.some((cidr) => inRange(address, cidr));
  const labels = Object.entries(podLabels ?? {});
  const isThere = place.namespace !== undefined && (namespace === undefined || namespace === place.namespace);
  return isThere && (everyPod ?? labels.length > 0) && labels.every(([key, value]) => place.labels[key] === value);
}

function unique(places: readonly Place[]): Place[] {
  return [...new Map(places.map((place) => [JSON.stringify(place), place])).values()];
}

/* What is open between pods and addresses outside the cluster, by the names that the policies give these. */

import { z } from 'zod';
import { EXTERNAL_PEERS_ANNOTATION } from '../../core/names';
import { KubeObject } from '../read';
import { textAt, Value } from '../value';
import { addressesOf, cidrsOf, describeAddresses } from './addresses';
import { Network } from './network';
import { Place, PodPlace } from './places';
import { PortNames, protocols } from './ports';
import { contains, difference, intersection, Ranges, union } from './ranges';

/** A system outside the cluster, or addresses without a name, and what is open between it and some pods. */
export interface OutsideConnection {
  /** `egress` if the pods open it. */
  readonly direction: 'ingress' | 'egress';
  readonly end: { readonly name: string; readonly cidrs: readonly string[] };
  readonly ports: readonly string[];
}

/** Addresses, and what is open between them and some pods. */
interface Opened {
  readonly addresses: Ranges;
  readonly ports: Ranges;
}

const externalPeers = z.array(
  z.object({
    name: z.string(),
    cidrs: z.array(z.string()),
    except: z.array(z.string()).default([]),
    ports: z.array(z.number()),
  }),
);

/** What is open between some pods and each range of addresses, in both directions, as far as policies restrict it. */
export function outsideConnections(
  network: Network,
  portNames: PortNames,
  pods: PodPlace,
  places: readonly Place[],
): OutsideConnection[] {
  const peers = network
    .policiesOf(pods)
    .flatMap(externalPeersOf)
    .map((peer) => ({
      ...peer,
      addresses: difference(union(...peer.cidrs.map(addressesOf)), union(...peer.except.map(addressesOf))),
      declared: portNames.portsOf(peer.ports.flatMap(ofAnyProtocol), undefined),
    }));
  return (['egress', 'ingress'] as const)
    .filter((direction) => network.restricts(pods, direction))
    .flatMap((direction) => {
      const pieces = places
        .filter((place) => place.type === 'addresses')
        .map((place) => ({
          addresses: [place.range],
          ports: direction === 'egress' ? network.open(pods, place) : network.open(place, pods),
        }));
      const named = peers.map((peer) => ({ ...peer, ports: openAt(peer.addresses, peer.declared, pieces) }));
      const unnamed = pieces.map(({ addresses, ports }) => ({
        addresses,
        ports: named
          .filter((peer) => contains(peer.addresses, addresses))
          .reduce((left, peer) => difference(left, peer.ports), ports),
      }));
      return [
        ...named.map(({ name, cidrs, except, ports }) => ({
          end: { name, cidrs: [...cidrs, ...except.map((range) => `not ${range}`)] },
          ports,
        })),
        ...groupByPorts(unnamed).map(({ addresses, ports }) => ({
          end: { name: describeAddresses(addresses), cidrs: cidrsOf(addresses) },
          ports,
        })),
      ]
        .filter(({ ports }) => ports.length > 0)
        .map(({ end, ports }) => ({ direction, end, ports: portNames.list(ports) }));
    });
}

/** What a policy says of its address ranges. An annotation that is not valid says nothing. */
function externalPeersOf({ body }: KubeObject): z.output<typeof externalPeers> {
  try {
    const text = textAt(body, 'metadata', 'annotations', EXTERNAL_PEERS_ANNOTATION) ?? '[]';
    return externalPeers.safeParse(JSON.parse(text)).data ?? [];
  } catch {
    return [];
  }
}

/** A port as a rule has it, once for each protocol. */
function ofAnyProtocol(port: number): Value[] {
  return protocols.map(
    (protocol) =>
      new Map<string, Value>([
        ['port', port],
        ['protocol', protocol],
      ]),
  );
}

/** The ports that are open at every one of some addresses. */
function openAt(addresses: Ranges, ports: Ranges, pieces: readonly Opened[]): Ranges {
  return pieces
    .filter((piece) => intersection(piece.addresses, addresses).length > 0)
    .reduce((open, piece) => intersection(open, piece.ports), addresses.length === 0 ? [] : ports);
}

/** Addresses with the same ports in one. */
function groupByPorts(pieces: readonly Opened[]): Opened[] {
  const groups = new Map<string, Opened>();
  for (const { addresses, ports } of pieces) {
    const key = ports.map(({ from, to }) => `${from}-${to}`).join();
    groups.set(key, { addresses: union(groups.get(key)?.addresses ?? [], addresses), ports });
  }
  return [...groups.values()];
}

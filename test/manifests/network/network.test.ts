import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressesOf, cidrsOf } from '../../../src/manifests/network/addresses';
import { Network } from '../../../src/manifests/network/network';
import { Place, placesOf, PodPlace } from '../../../src/manifests/network/places';
import { PortNames } from '../../../src/manifests/network/ports';
import { contains, Range } from '../../../src/manifests/network/ranges';
import { ManifestSet, parseManifests } from '../../../src/manifests/read';
import { labelsAt } from '../../../src/manifests/value';
import { templateOf } from '../../../src/manifests/workloads';
import { production } from '../../autonomous-op/production';
import { allows, policy } from '../../network-plugin';

describe('what is open in production', () => {
  const parsed = parseManifests(production.files);
  const portNames = new PortNames();
  const workloads = placesOf(parsed).filter(
    (place): place is PodPlace => place.type === 'pods' && place.workload !== undefined,
  );
  const policies = production.ofKind('NetworkPolicy').map((each) => policy.parse(each));
  const labelsOf = ({ workload: runs }: PodPlace) =>
    Object.fromEntries(labelsAt(runs && templateOf(runs), 'metadata', 'labels'));
  /** The first of some addresses, written as people do. */
  const firstOf = (range: Range) => /^[^/ ]+/.exec(cidrsOf([range])[0] ?? '')?.[0] ?? '';
  const plugged = (place: Place) =>
    place.type === 'pods'
      ? { namespace: place.namespace, labels: labelsOf(place) }
      : { labels: {}, address: firstOf(place.range) };

  // The other reading of the policies is that of the tests, which knows of TCP in one namespace and of IPv4 only.
  it('is what the tests read of the policies as well, whichever of them are left out', () => {
    const ipv4 = addressesOf('0.0.0.0/0');
    const address = placesOf(parsed).filter((place) => place.type === 'addresses' && contains(ipv4, [place.range]));
    fc.assert(
      fc.property(
        fc.subarray(policies),
        fc.constantFrom(...workloads),
        fc.constantFrom(...workloads, ...address),
        fc.constantFrom(53, 443, 5432, 6379, 8080, 8081, 8082, 9090, 9092),
        (kept, client, server, port) => {
          const names = new Set(kept.map(({ metadata }) => `${metadata.namespace ?? ''}/${metadata.name}`));
          const objects = [...parsed.objects.values()].filter(
            ({ kind, namespace, name }) => kind !== 'NetworkPolicy' || names.has(`${namespace}/${name}`),
          );
          const side = new Network(new ManifestSet(objects), portNames);
          const own = kept.filter(({ metadata }) => metadata.namespace === 'autonomous-op');
          fc.pre([client, server].every((place) => place.type === 'addresses' || place.namespace === 'autonomous-op'));
          const open = contains(side.open(client, server), [{ from: BigInt(port), to: BigInt(port) }]);
          expect(open).toBe(allows(own, 'autonomous-op', plugged(client), plugged(server), port));
        },
      ),
      { numRuns: 400 },
    );
  });
});

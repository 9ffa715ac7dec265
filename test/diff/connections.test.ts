import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManifestSet, parseManifests } from '../../src/manifests/read';
import { addressesOf, describeAddresses, everyAddress } from '../../src/manifests/network/addresses';
import { Network } from '../../src/manifests/network/network';
import { Place, placesOf, PodPlace } from '../../src/manifests/network/places';
import { PortNames } from '../../src/manifests/network/ports';
import { contains, difference, intersection, pieces, Ranges, union } from '../../src/manifests/network/ranges';
import { labelsAt } from '../../src/manifests/value';
import { templateOf } from '../../src/manifests/workloads';
import { production } from '../autonomous-op/production';
import { allows, policy } from '../network-plugin';
import { effectsOf, effectsOfEdit, replaced } from './reported';

const workload = (name: string, ports = '') => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: shop }
spec: { replicas: 0, template: { metadata: { labels: { app: ${name} } }, spec: { containers: [{ name: a${ports} }] } } }
`;
const network = (name: string, spec: string) => `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: ${name}, namespace: shop }
spec: ${spec}
`;
const from = (app: string) => `from: [{ podSelector: { matchLabels: { app: ${app} } } }]`;
const ingress = (app: string, rules: string) =>
  network(app, `{ podSelector: { matchLabels: { app: ${app} } }, policyTypes: [Ingress], ingress: [${rules}] }`);
const closed = network('default-deny', '{ podSelector: {}, policyTypes: [Ingress, Egress] }');

const shop = [workload('cart'), workload('stock', ', ports: [{ name: http, containerPort: 8080 }]'), workload('web')];
const all = (...policies: string[]) => [...shop, ...policies].join('---');

describe('a connection', () => {
  const stock = ingress('stock', `{ ${from('cart')}, ports: [{ port: 8080 }] }`);

  it('is opened by a rule, from whom to whom by which port', () => {
    const more = ingress(
      'stock',
      `{ ${from('cart')}, ports: [{ port: 8080 }] }, { ${from('web')}, ports: [{ port: 8080 }, { port: 53, protocol: UDP }] }`,
    );
    expect(effectsOf(all(stock), all(more))).toEqual(['opens a connection: web → stock: 8080, 53/UDP']);
    expect(effectsOf(all(more), all(stock))).toEqual(['closes a connection: web → stock: 8080, 53/UDP']);
  });

  it('needs both ends', () => {
    const out = network(
      'cart',
      '{ podSelector: { matchLabels: { app: cart } }, policyTypes: [Egress], egress: [{ to: [{ podSelector: { matchLabels: { app: stock } } }] }] }',
    );
    expect(effectsOf(all(closed, stock), all(closed, stock, out))).toEqual(['opens a connection: cart → stock: 8080']);
    expect(effectsOf(all(closed), all(closed, out))).toEqual([]);
  });

  it('is opened to all where the only policy of some pods vanishes', () => {
    expect(effectsOf(all(stock), all())).toEqual([
      'opens a connection: any pod in any namespace → stock: every port',
      'opens a connection: any address → stock: every port',
    ]);
    expect(effectsOf(all(closed, stock), all(closed))).toEqual([]);
  });

  it('is opened to every other pod where the policy that closes everything vanishes', () => {
    expect(effectsOf(all(closed, stock), all(stock))).toEqual(
      expect.arrayContaining([
        'opens a connection: any pod in any namespace → any pod in shop: every port',
        'opens a connection: any pod in shop → any address: every port',
      ]),
    );
  });

  it('is opened to pods that nothing but the vanished policy speaks of', () => {
    const redis = ingress('redis', `{ ${from('cart')}, ports: [{ port: 6379 }] }`);
    expect(effectsOf(all(redis), all())).toContain('opens a connection: any pod in any namespace → redis: every port');
  });

  it('is opened to other addresses', () => {
    const out = (block: string) =>
      all(
        closed,
        network(
          'cart',
          `{ podSelector: { matchLabels: { app: cart } }, policyTypes: [Egress], egress: [{ to: [{ ipBlock: ${block} }], ports: [{ port: 443 }] }] }`,
        ),
      );
    const metadata = out('{ cidr: 0.0.0.0/0, except: [169.254.169.254/32, 10.0.0.0/8] }');
    expect(effectsOfEdit(metadata, '169.254.169.254/32, ', '')).toEqual([
      'opens a connection: cart → 169.254.169.254/32: 443',
    ]);
    expect(effectsOf(out('{ cidr: 10.1.0.0/16 }'), out('{ cidr: 10.0.0.0/8 }'))).toEqual([
      'opens a connection: cart → 10.0.0.0/16, 10.2.0.0 to 10.255.255.255: 443',
    ]);
    expect(effectsOf(out('{ cidr: 2001:db8::/32 }'), out('{ cidr: 2001:db8::/33 }'))).toEqual([
      'closes a connection: cart → 2001:db8:8000::/33: 443',
    ]);
  });

  it('is by a range of ports, by a name, or by all of a protocol', () => {
    const ports = (text: string) => all(ingress('stock', `{ ${from('cart')}, ports: [${text}] }`));
    expect(effectsOf(ports('{ port: 8000, endPort: 8010 }'), ports('{ port: 8000, endPort: 8020 }'))).toEqual([
      'opens a connection: cart → stock: 8011-8020',
    ]);
    expect(effectsOf(ports('{ port: http }'), ports('{ port: 8080 }'))).toEqual([]);
    expect(effectsOf(ports('{ port: http }'), ports('{ port: http }, { port: admin }'))).toEqual([
      'opens a connection: cart → stock: admin',
    ]);
    expect(effectsOf(ports('{ port: 1 }'), ports('{ port: 1 }, { protocol: UDP }'))).toEqual([
      'opens a connection: cart → stock: every UDP port',
    ]);
  });

  it('is from the pods of a namespace by its labels, which may change without the policy', () => {
    const team = all(
      '\n{ apiVersion: v1, kind: Namespace, metadata: { name: shop } }\n',
      '\n{ apiVersion: v1, kind: Namespace, metadata: { name: other, labels: { team: a } } }\n',
      workload('client').replace('namespace: shop', 'namespace: other'),
      ingress('stock', '{ from: [{ namespaceSelector: { matchLabels: { team: b } } }] }'),
    );
    expect(effectsOfEdit(team, 'team: a', 'team: b')).toEqual([
      'opens a connection: any pod in other → stock: every port',
    ]);
  });

  it('is of pods by their labels, which may change without the policy', () => {
    expect(effectsOf(all(stock), replaced(all(stock), 'labels: { app: cart }', 'labels: { app: basket }'))).toContain(
      'closes a connection: cart → stock: 8080',
    );
  });

  it('is by expressions as well', () => {
    const not = (values: string) =>
      all(
        ingress(
          'stock',
          `{ from: [{ podSelector: { matchExpressions: [{ key: app, operator: NotIn, values: [${values}] }] } }] }`,
        ),
      );
    expect(effectsOf(not('cart, web'), not('web'))).toEqual(['opens a connection: cart → stock: every port']);
    const some = (values: string) =>
      all(
        ingress(
          'stock',
          `{ from: [{ podSelector: { matchExpressions: [{ key: app, operator: In, values: [${values}] }] } }] }`,
        ),
      );
    expect(effectsOf(some('cart'), some('cart, web'))).toEqual(['opens a connection: web → stock: every port']);
  });

  it('of a workload that is new is told, and one of a workload that is gone is not', () => {
    const without = [workload('stock'), stock].join('---');
    expect(effectsOf(without, [without, workload('web'), ingress('web', `{ ${from('stock')} }`)].join('---'))).toEqual([
      'opens a connection: stock → web: every port',
      'opens a connection: web → any pod in any namespace: every port',
      'opens a connection: web → any address: every port',
    ]);
    expect(effectsOf(all(stock), without).filter((effect) => effect.includes('connection'))).toEqual([]);
  });
});

describe('what is open in production', () => {
  const parsed = parseManifests(production.files);
  const portNames = new PortNames();
  const workloads = placesOf(parsed, parsed).filter(
    (place): place is PodPlace => place.type === 'pods' && place.workload !== undefined,
  );
  const policies = production.ofKind('NetworkPolicy').map((each) => policy.parse(each));
  const labelsOf = ({ workload: runs }: PodPlace) =>
    Object.fromEntries(labelsAt(runs && templateOf(runs), 'metadata', 'labels'));
  const plugged = (place: Place) =>
    place.type === 'pods'
      ? { namespace: place.namespace, labels: labelsOf(place) }
      : { labels: {}, address: '203.0.113.7' };

  // The other reading of the policies is that of the tests, which knows of TCP in one namespace and of IPv4 only.
  it('is what the tests read of the policies as well, whichever of them are left out', () => {
    const ipv4 = addressesOf('0.0.0.0/0');
    const address = placesOf(parsed, parsed).filter(
      (place) => place.type === 'addresses' && contains(ipv4, [place.range]),
    );
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

describe('ranges', () => {
  const range = fc
    .tuple(fc.bigInt(0n, 30n), fc.bigInt(0n, 30n))
    .map(([one, other]) => (one < other ? { from: one, to: other } : { from: other, to: one }));
  const set = fc.array(range, { maxLength: 4 }).map((ranges) => union(ranges));
  const has = (ranges: Ranges, number: bigint) => ranges.some(({ from: first, to }) => first <= number && number <= to);
  const numbers = Array.from({ length: 32 }, (_, index) => BigInt(index));

  it('are sets of numbers', () => {
    fc.assert(
      fc.property(set, set, (one, other) => {
        for (const number of numbers) {
          const [inOne, inOther] = [has(one, number), has(other, number)];
          expect(has(union(one, other), number)).toBe(inOne || inOther);
          expect(has(intersection(one, other), number)).toBe(inOne && inOther);
          expect(has(difference(one, other), number)).toBe(inOne && !inOther);
        }
        const parts = pieces(one, other);
        expect(union(parts)).toEqual(one);
        expect(parts.filter((part) => other.some((cut) => ![0, 1].includes(share(part, cut))))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  /** How much of a range another has: 0 is nothing, 1 is all of it. */
  const share = (part: Ranges[number], cut: Ranges[number]) =>
    intersection([part], [cut]).length === 0 ? 0 : contains([cut], [part]) ? 1 : 0.5;
});

describe('addresses', () => {
  it.each(['0.0.0.0/0', '10.0.0.0/8', '203.0.113.7/32', '::/0', '2001:db8::/32', '2001:db8:0:1::/64', 'fe80::1/128'])(
    'of %s are written as they were',
    (cidr) => {
      expect(describeAddresses(addressesOf(cidr))).toBe(cidr);
    },
  );

  it('of IPv4 in IPv6 are of IPv6', () => {
    expect(describeAddresses(addressesOf('::ffff:10.0.0.1/128'))).toBe('::ffff:a00:1/128');
  });

  it('of what is no block are none', () => {
    expect(
      ['10.0.0.0', '10.0.0.0/33', '10.0.0/8', '::1::/64', 'fe80/10', 'fe80::1%eth0/64', 'x/8'].flatMap(addressesOf),
    ).toEqual([]);
  });

  it('of both families are any', () => {
    expect(describeAddresses(everyAddress)).toBe('any address');
  });
});

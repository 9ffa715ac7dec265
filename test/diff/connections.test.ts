import { describe, expect, it } from 'vitest';
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

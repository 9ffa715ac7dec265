import { describe, expect, it } from 'vitest';
import { connectionsIn, shownEnd } from '../../../src/manifests/network/connections';
import { parseManifests } from '../../../src/manifests/read';

/** The rows for some YAML: `cart → stock: 8080`. */
function rows(...yaml: readonly string[]): string[] {
  const { open } = connectionsIn(parseManifests([{ name: 'shop.yaml', yaml: yaml.join('\n---\n') }]));
  return open.map(({ from, to, ports }) => `${shownEnd(from)} → ${shownEnd(to)}: ${ports.join(', ')}`);
}

const app = (name: string, ports = '[]', namespace = 'shop') => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: ${namespace} }
spec: { template: { metadata: { labels: { app: ${name}, part-of: shop } }, spec: { containers: [{ ports: ${ports} }] } } }
`;
const policy = (name: string, spec: string, metadata = '') => `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: ${name}, namespace: shop${metadata} }
spec: ${spec}
`;
const closed = policy('closed', '{ podSelector: {}, policyTypes: [Ingress, Egress] }');
const egress = (of: string, rules: string, metadata = '') =>
  policy(
    `${of}-out`,
    `{ podSelector: { matchLabels: { app: ${of} } }, policyTypes: [Egress], egress: [${rules}] }`,
    metadata,
  );
const ingress = (of: string, rules: string, metadata = '') =>
  policy(`${of}-in`, `{ podSelector: { matchLabels: { app: ${of} } }, ingress: [${rules}] }`, metadata);
const pods = (name: string) => `[{ podSelector: { matchLabels: { app: ${name} } } }]`;

const shop = [
  app('cart'),
  app('stock', '[{ name: http, containerPort: 8080 }, { name: dns, containerPort: 53, protocol: UDP }]'),
];
const cartToStock = egress('cart', `{ to: ${pods('stock')} }`);

describe('what is open', () => {
  it('is what both ends allow', () => {
    const stock = ingress('stock', `{ from: ${pods('cart')}, ports: [{ port: 8080 }] }`);
    expect(rows(...shop, closed, cartToStock, stock)).toEqual(['cart → stock: 8080']);
    expect(rows(...shop, closed, cartToStock)).toEqual([]);
    expect(rows(...shop, closed, stock)).toEqual([]);
  });

  it('is what one of several policies of a pod allows, by whatever tool they are made', () => {
    const first = ingress('stock', `{ from: ${pods('cart')}, ports: [{ port: 8080 }] }`);
    const second = policy(
      'allow-9000',
      `{ podSelector: { matchExpressions: [{ key: app, operator: In, values: [stock] }] }, policyTypes: [Ingress], ingress: [{ from: [{ podSelector: { matchExpressions: [{ key: part-of, operator: Exists }, { key: app, operator: NotIn, values: [stock] }] } }], ports: [{ port: 9000 }] }] }`,
    );
    expect(rows(...shop, closed, cartToStock, first, second)).toEqual(['cart → stock: 8080, 9000']);
  });

  it.each([
    ['{ port: 8080 }, { port: 8081 }, { port: 9000 }', '8080-8081, 9000'],
    ['{ port: 8000, endPort: 8010 }', '8000-8010'],
    ['{ port: 53, protocol: UDP }, { port: 53 }, { port: 132, protocol: SCTP }', '53, 53/UDP, 132/SCTP'],
    ['{ protocol: SCTP }', 'every SCTP port'],
    // By the name of a container's port; of another protocol it is none of them.
    ['{ port: http }, { port: dns, protocol: UDP }', '8080, 53/UDP'],
    ['{ port: dns }, { port: admin }', 'dns, admin'],
  ])('has the ports of the rule: %s', (ports, shown) => {
    const stock = ingress('stock', `{ from: ${pods('cart')}, ports: [${ports}] }`);
    expect(rows(...shop, closed, cartToStock, stock)).toEqual([`cart → stock: ${shown}`]);
  });

  it('has every port if the rule has none', () => {
    expect(rows(...shop, closed, cartToStock, ingress('stock', `{ from: ${pods('cart')} }`))).toEqual([
      'cart → stock: every port',
    ]);
  });

  it('is said once for every pod of a namespace, if it is open to each of them', () => {
    const dns = `{ podSelector: {}, policyTypes: [Egress], egress: [{ to: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: kube-system } }, podSelector: { matchLabels: { k8s-app: kube-dns } } }], ports: [{ port: 53, protocol: UDP }] }] }`;
    expect(rows(...shop, closed, policy('dns', dns))).toEqual(['any pod in shop → kube-system/kube-dns: 53/UDP']);
  });

  it('is said of each pod, if it is not open to every one of its namespace', () => {
    const unlabelled = `[{ podSelector: { matchExpressions: [{ key: app, operator: NotIn, values: [web] }] } }]`;
    const stock = ingress('stock', `{ from: ${unlabelled}, ports: [{ port: 8080 }] }`);
    expect(rows(...shop, app('web'), stock).filter((row) => row.endsWith('8080'))).toEqual([
      'cart → stock: 8080',
      'other pods in shop → stock: 8080',
      'stock → stock: 8080',
    ]);
  });

  it('is everything where no policy restricts a direction', () => {
    const stock = ingress('stock', `{ from: ${pods('cart')}, ports: [{ port: 8080 }] }`);
    expect(rows(...shop, stock)).toEqual([
      '* → cart: every port',
      'any pod in shop → *: every port',
      'cart → stock: 8080',
    ]);
    expect(rows(...shop)).toEqual(['* → any pod in shop: every port', 'any pod in shop → *: every port']);
  });

  it('is open from everywhere, if a rule names nobody', () => {
    expect(rows(...shop, closed, ingress('stock', '{ ports: [{ port: 8080 }] }'))).toEqual([
      'any address → stock: 8080',
      'other pods in any namespace → stock: 8080',
    ]);
  });

  it('is open from the pods of another namespace, by its name, by its labels, and by those that a Namespace has', () => {
    const from = (labels: string) =>
      ingress('stock', `{ from: [{ namespaceSelector: { matchLabels: { ${labels} } } }], ports: [{ port: 80 }] }`);
    const team = '{ apiVersion: v1, kind: Namespace, metadata: { name: desk, labels: { team: a } } }';
    expect(rows(...shop, closed, from('kubernetes.io/metadata.name: desk'))).toEqual(['any pod in desk → stock: 80']);
    expect(rows(...shop, closed, from('team: b'))).toEqual(['any pod in namespaces team=b → stock: 80']);
    expect(
      rows(...shop, team, app('phone', '[]', 'desk'), closed, from('team: a')).filter((row) => row.endsWith(' 80')),
    ).toEqual(['any pod in desk → stock: 80', 'any pod in namespaces team=a → stock: 80']);
  });

  it('is between pods that the policies select, whose workloads are not in the manifests', () => {
    const redis = policy(
      'redis-network-policy',
      `{ podSelector: { matchLabels: { role: cache, tier: data } }, ingress: [{ from: ${pods('cart')}, ports: [{ port: 6379 }] }] }`,
    );
    const service =
      '{ apiVersion: v1, kind: Service, metadata: { name: kafka, namespace: shop }, spec: { selector: { strimzi: kafka } } }';
    const kafka = policy(
      'brokers',
      '{ podSelector: { matchLabels: { strimzi: kafka } }, ingress: [{ from: [{ podSelector: { matchLabels: { x: "1", app.kubernetes.io/name: sink } } }], ports: [{ port: 9092 }] }] }',
    );
    expect(rows(service, redis, kafka).filter((row) => !row.includes('*'))).toEqual([
      'cart → redis: 6379',
      'sink (x=1) → kafka: 9092',
    ]);
  });

  it('is of pods that have not the name of a Service which leads to others as well', () => {
    const service =
      '{ apiVersion: v1, kind: Service, metadata: { name: database, namespace: shop }, spec: { selector: { app: db } } }';
    const role = (name: string) =>
      policy(
        name,
        `{ podSelector: { matchLabels: { app: db, role: ${name} } }, ingress: [{ from: ${pods('cart')}, ports: [{ port: 5432 }] }] }`,
      );
    expect(rows(service, role('primary'), role('replica')).filter((row) => !row.includes('*'))).toEqual([
      'cart → db (role=primary): 5432',
      'cart → db (role=replica): 5432',
    ]);
  });

  it('is in one namespace, if the manifests name none', () => {
    const bare = (yaml: string) => yaml.replaceAll(', namespace: shop', '');
    const stock = ingress('stock', `{ from: ${pods('cart')}, ports: [{ port: 8080 }] }`);
    expect(rows(...[...shop, closed, cartToStock, stock].map(bare))).toEqual(['cart → stock: 8080']);
  });
});

describe('what is open to addresses', () => {
  const out = (block: string, ports: string, metadata = '') =>
    egress('cart', `{ to: [${block}], ports: [${ports}] }`, metadata);
  const named = (peers: unknown) =>
    `, annotations: { autonomous-op.nodeorb.com/external-peers: '${JSON.stringify(peers)}' }`;
  const keycloak = { name: 'keycloak.example.com', cidrs: ['10.0.0.0/8'], ports: [443] };

  it.each([
    ['{ ipBlock: { cidr: 192.0.2.0/24 } }', '192.0.2.0/24'],
    ['{ ipBlock: { cidr: 2001:db8::/32 } }', '2001:db8::/32'],
    ['{ ipBlock: { cidr: 10.0.0.0/8, except: [10.128.0.0/9] } }', '10.0.0.0/9'],
    ['{ ipBlock: { cidr: 0.0.0.0/0 } }, { ipBlock: { cidr: ::/0 } }', 'any address'],
    ['{ ipBlock: { cidr: 192.0.2.0/25 } }, { ipBlock: { cidr: 192.0.2.128/25 } }', '192.0.2.0/24'],
  ])('has the range of the rule: %s', (block, shown) => {
    expect(rows(...shop, closed, out(block, '{ port: 443 }'))).toEqual([`cart → ${shown}: 443`]);
  });

  it('is in both directions', () => {
    const stock = ingress('stock', '{ from: [{ ipBlock: { cidr: 192.0.2.0/24 } }], ports: [{ port: http }] }');
    expect(rows(...shop, closed, stock)).toEqual(['192.0.2.0/24 → stock: 8080']);
  });

  it('is by no name of a port, which an address has not', () => {
    expect(rows(...shop, closed, out('{ ipBlock: { cidr: 192.0.2.0/24 } }', '{ port: http }'))).toEqual([]);
  });

  it('has the names that the policy says in an annotation, and the rest by its range', () => {
    const block = '{ ipBlock: { cidr: 10.0.0.0/8 } }';
    const s3 = { name: 's3.example.com', cidrs: ['10.1.0.0/16'], ports: [443, 9000] };
    expect(rows(...shop, closed, out(block, '{ port: 443 }, { port: 22 }', named([keycloak, s3])))).toEqual([
      'cart → 10.0.0.0/8: 22',
      'cart → keycloak.example.com (10.0.0.0/8): 443',
      'cart → s3.example.com (10.1.0.0/16): 443',
    ]);
  });

  it('has what a peer leaves out of its ranges', () => {
    const block = '{ ipBlock: { cidr: 10.0.0.0/8, except: [10.244.0.0/16] } }';
    const peers = named([{ ...keycloak, except: ['10.244.0.0/16'] }]);
    expect(rows(...shop, closed, out(block, '{ port: 443 }', peers))).toEqual([
      'cart → keycloak.example.com (10.0.0.0/8, not 10.244.0.0/16): 443',
    ]);
  });

  it.each([
    ['is open to less', named([{ ...keycloak, cidrs: ['0.0.0.0/0'] }])],
    ['has other ports', named([{ ...keycloak, ports: [8443] }])],
    ['is not valid', named([{ name: 'keycloak.example.com' }])],
    ['is not JSON', ", annotations: { autonomous-op.nodeorb.com/external-peers: '[' }"],
  ])('has no name that %s', (_, annotation) => {
    const policies = out('{ ipBlock: { cidr: 10.0.0.0/8 } }', '{ port: 443 }', annotation);
    expect(rows(...shop, closed, policies)).toEqual(['cart → 10.0.0.0/8: 443']);
  });
});

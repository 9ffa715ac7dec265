import { App, Chart } from 'cdk8s';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AutonomousOpService } from '../../../src/constructs/service/autonomous-op-service';
import { NetworkPolicyBundle, NetworkPolicyBundleProps } from '../../../src/constructs/network/network-policy-bundle';
import { Connection, connection, Endpoint, Peer } from '../../../src/constructs/network/peer';
import { InvalidInputError } from '../../../src/core/errors';
import { allows, NAMESPACE, Place, policy } from '../../network-plugin';
import { appOf, newChart, objectsOf } from '../../synthesize';

const policiesOf = (scope: Chart) => objectsOf(scope, 'NetworkPolicy', policy);
const specOf = (scope: Chart, name: string) => policiesOf(scope).find(({ metadata }) => metadata.name === name)?.spec;

function service(chart: Chart, name: string): AutonomousOpService {
  return new AutonomousOpService(chart, name, { image: 'acme/service:1' });
}

const kafka = Endpoint.inCluster('kafka', { labels: { app: 'kafka' }, port: 9092 });
const prometheus = Endpoint.inCluster('prometheus', { namespace: 'monitoring', labels: { app: 'prometheus' } });
const ingress = Endpoint.inCluster('ingress', { namespace: 'ingress' });
const bank = Endpoint.external('bank.example.com', { port: 443, cidrs: ['10.1.0.0/16', '10.2.0.0/16'] });

const tcp = (port: number) => [{ protocol: 'TCP', port }];
const pods = (app: string) => ({ podSelector: { matchLabels: { app } } });
const namespace = (name: string) => ({ namespaceSelector: { matchLabels: { [NAMESPACE]: name } } });

describe('a bundle', () => {
  const chart = newChart();
  const orders = service(chart, 'orders');
  const stock = service(chart, 'stock');
  orders.connectTo(stock);
  orders.connectTo(kafka);
  orders.connectTo(bank);
  const allProps: Required<NetworkPolicyBundleProps> = {
    services: [orders, stock],
    endpoints: [kafka],
    connections: [
      connection(prometheus, orders, 'management'),
      connection(ingress, orders, 'http'),
      connection(prometheus, stock, 'management'),
    ],
    denyUndeclared: true,
    allowDns: true,
  };
  const bundle = new NetworkPolicyBundle(chart, 'network', allProps);

  it('has a policy of each peer of the namespace, and none of the peers elsewhere', () => {
    expect(policiesOf(chart).map(({ metadata }) => metadata.name)).toEqual([
      'default-deny',
      'allow-dns',
      'orders-network-policy',
      'stock-network-policy',
      'kafka-network-policy',
    ]);
    expect(policiesOf(chart).map((object) => object.metadata.namespace)).toEqual(Array(5).fill('shop'));
  });

  it('lists every connection that it opens', () => {
    expect(bundle.connections.map(({ from, to, port }) => `${from.name}>${to.name}:${port}`)).toEqual([
      'orders>stock:8080',
      'orders>kafka:9092',
      'orders>bank.example.com:443',
      'prometheus>orders:8081',
      'ingress>orders:8080',
      'prometheus>stock:8081',
    ]);
  });

  it('opens a connection at the end that begins it, to its target and its port only', () => {
    expect(specOf(chart, 'orders-network-policy')?.egress).toEqual([
      { to: [pods('stock')], ports: tcp(8080) },
      { to: [pods('kafka')], ports: tcp(9092) },
      { to: [{ ipBlock: { cidr: '10.1.0.0/16' } }, { ipBlock: { cidr: '10.2.0.0/16' } }], ports: tcp(443) },
    ]);
  });

  it('opens a connection at the end that takes it, each peer on the port it uses', () => {
    expect(specOf(chart, 'orders-network-policy')?.ingress).toEqual([
      { from: [{ ...pods('prometheus'), ...namespace('monitoring') }], ports: tcp(8081) },
      { from: [namespace('ingress')], ports: tcp(8080) },
    ]);
    expect(specOf(chart, 'kafka-network-policy')).toEqual({
      podSelector: { matchLabels: { app: 'kafka' } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [pods('orders')], ports: tcp(9092) }],
    });
  });

  it('closes everything else, for every pod', () => {
    expect(specOf(chart, 'default-deny')).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  });

  it("lets every pod ask the cluster's DNS, and nothing else", () => {
    expect(specOf(chart, 'allow-dns')).toEqual({
      podSelector: {},
      policyTypes: ['Egress'],
      egress: [
        {
          to: [{ ...namespace('kube-system'), podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } }],
          ports: [
            { protocol: 'UDP', port: 53 },
            { protocol: 'TCP', port: 53 },
          ],
        },
      ],
    });
  });

  it('of nothing closes the namespace', () => {
    const bare = newChart();
    new NetworkPolicyBundle(bare, 'network', {});
    expect(policiesOf(bare).map(({ metadata }) => metadata.name)).toEqual(['default-deny', 'allow-dns']);
  });

  it('leaves DNS and the rest to others where that is said', () => {
    const bare = newChart();
    new NetworkPolicyBundle(bare, 'network', { denyUndeclared: false, allowDns: false });
    expect(policiesOf(bare)).toEqual([]);
  });

  it('closes a service without any connection', () => {
    const bare = newChart();
    new NetworkPolicyBundle(bare, 'network', { services: [service(bare, 'hermit')], denyUndeclared: false });
    expect(specOf(bare, 'hermit-network-policy')).toEqual({
      podSelector: { matchLabels: { app: 'hermit' } },
      policyTypes: ['Ingress', 'Egress'],
    });
  });

  it('names a connection once, although it is declared twice', () => {
    const own = newChart();
    const client = service(own, 'client');
    const declared = client.connectTo(kafka);
    const twice = new NetworkPolicyBundle(own, 'network', {
      services: [client],
      endpoints: [kafka],
      connections: [declared],
    });
    expect(twice.connections).toEqual([declared]);
    expect(specOf(own, 'client-network-policy')?.egress).toHaveLength(1);
  });

  it('knows a peer whose labels are written in another order', () => {
    const own = newChart();
    const database = (its: Record<string, string>) => Endpoint.inCluster('db', { labels: its, port: 5432 });
    const client = service(own, 'client');
    const connections = [
      connection(client, database({ app: 'db', role: 'primary' })),
      connection(client, database({ role: 'primary', app: 'db' })),
      connection(database({ role: 'primary', app: 'db' }), client),
    ];
    const bundle = new NetworkPolicyBundle(own, 'network', {
      services: [client],
      endpoints: [database({ role: 'primary', app: 'db' })],
      connections,
    });
    expect(bundle.connections).toHaveLength(2);
    expect(specOf(own, 'db-network-policy')?.ingress).toEqual([{ from: [pods('client')], ports: tcp(5432) }]);
  });

  it('does not make a policy for a service of another namespace', () => {
    const own = newChart();
    const elsewhere = service(new Chart(appOf(own), 'elsewhere', { namespace: 'stock' }), 'stock');
    const api = Endpoint.inCluster('api', { namespace: 'shop', labels: { app: 'api' }, port: 80 });
    elsewhere.connectTo(api);
    new NetworkPolicyBundle(own, 'network', { services: [elsewhere], endpoints: [api] });
    expect(policiesOf(own).map(({ metadata }) => metadata.name)).toEqual([
      'default-deny',
      'allow-dns',
      'api-network-policy',
    ]);
  });
});

describe('a bundle is refused where', () => {
  it('neither end is in the namespace, whose pods are all that its policies can open', () => {
    expect(
      () => new NetworkPolicyBundle(newChart(), 'network', { connections: [connection(prometheus, bank)] }),
    ).toThrow(
      new InvalidInputError(
        'test/network',
        'the connection from "prometheus" to "bank.example.com" on port 443 has no end in the chart\'s namespace',
        'Declare it in a chart of the namespace of one of them',
      ),
    );
  });

  it('two peers share a name', () => {
    const impostor = Endpoint.inCluster('kafka', { labels: { app: 'impostor' }, port: 9092 });
    const connections = [connection(kafka, kafka), connection(kafka, impostor)];
    const endpoints = [kafka, impostor];
    expect(() => new NetworkPolicyBundle(newChart(), 'network', { endpoints, connections })).toThrow(
      new InvalidInputError(
        'test/network',
        'two peers are called "kafka", with labels {"app":"kafka"} and {"app":"impostor"}',
        'Give each a name of its own',
      ),
    );
  });

  it('a connection begins or ends at pods that nothing declared runs', () => {
    const own = newChart();
    const client = service(own, 'client');
    client.connectTo(kafka);
    const stranger = Endpoint.inCluster('stranger', { labels: { app: 'kafka', role: 'broker' } });
    const problem = (arrow: string, its: string) =>
      `the connection from ${arrow} on port 9092 selects pods ${its}, which nothing declared here runs`;
    const remedy = (name: string) => `Add "${name}" to services, or to endpoints where something else makes its pods`;
    expect(() => new NetworkPolicyBundle(own, 'network', { services: [client] })).toThrow(
      new InvalidInputError('test/network', problem('"client" to "kafka"', '{"app":"kafka"}'), remedy('kafka')),
    );
    const connections = [connection(stranger, kafka)];
    expect(() => new NetworkPolicyBundle(own, 'other', { endpoints: [kafka], connections })).toThrow(
      new InvalidInputError(
        'test/other',
        problem('"stranger" to "kafka"', '{"app":"kafka","role":"broker"}'),
        remedy('stranger'),
      ),
    );
  });

  it.each(['default-deny', 'allow-dns'])('a peer takes the name %s', (name) => {
    const peer = Endpoint.inCluster(name, { labels: { app: 'a' }, port: 80 });
    expect(() => new NetworkPolicyBundle(newChart(), 'network', { endpoints: [peer] })).toThrow(
      new InvalidInputError('test/network', `a peer is called "${name}", as a policy of the bundle`, 'Rename the peer'),
    );
  });
});

describe('what Kubernetes allows', () => {
  const PORTS = [80, 443, 9092];
  const namespaces = ['shop', 'monitoring', 'stock'];

  /** Peers of every kind, each with a pod or an address of its own; several elsewhere share their names. */
  const candidates: readonly { peer: Peer; place: Place }[] = [
    ...['a', 'b', 'c', 'd'].map((app) => ({ namespace: undefined, app, name: app })),
    { namespace: 'shop', app: 'e', name: 'e' },
    ...['f', 'g'].map((app) => ({ namespace: 'monitoring', app, name: 'same' })),
    ...['f', 'h'].map((app) => ({ namespace: 'stock', app, name: 'same' })),
  ]
    .map(({ namespace: its, app, name }): { peer: Peer; place: Place } => ({
      peer: Endpoint.inCluster(name, {
        labels: { app },
        ports: Object.fromEntries(PORTS.map((port) => [`p${port}`, port])),
        ...(its === undefined ? {} : { namespace: its }),
      }),
      place: { namespace: its ?? 'shop', labels: { app, version: '1' } },
    }))
    .concat(
      ['10.1.0.0/16', '10.2.0.0/16'].map((cidr) => ({
        peer: Endpoint.external('api.example.com', { port: 443, cidrs: [cidr] }),
        place: { labels: {}, address: cidr.replace('0.0/16', '3.4') },
      })),
    );
  const bystanders: readonly Place[] = [
    ...namespaces.map((its) => ({ namespace: its, labels: { app: 'bystander' } })),
    { labels: {}, address: '10.3.0.1' },
  ];
  const inShop = ({ place }: { place: Place }) => place.namespace === 'shop';

  const arrow = fc
    .tuple(fc.constantFrom(...candidates), fc.constantFrom(...candidates), fc.nat(PORTS.length - 1))
    .filter(([from, to]) => inShop(from) || inShop(to))
    .map(([from, to, index]) => {
      const names = Object.keys(to.peer.ports);
      return { from, to, connection: connection(from.peer, to.peer, names[index % names.length]) };
    });

  it('is exactly what is declared, for any topology', () => {
    fc.assert(
      fc.property(fc.array(arrow, { maxLength: 12 }), (arrows) => {
        const chart = new Chart(new App(), 'test', { namespace: 'shop' });
        const connections: Connection[] = arrows.map((its) => its.connection);
        const endpoints = candidates.filter(inShop).map(({ peer }) => peer);
        new NetworkPolicyBundle(chart, 'network', { endpoints, connections });
        const policies = policiesOf(chart);
        const places = [...candidates.map(({ place }) => place), ...bystanders];
        const declared = new Set(
          arrows.map(({ from, to, connection: { port } }) =>
            [places.indexOf(from.place), places.indexOf(to.place), port].join('>'),
          ),
        );
        const allowed = new Set<string>();
        for (const [f, from] of places.entries()) {
          for (const [t, to] of places.entries()) {
            // Where neither end is in the namespace, other people's policies decide.
            if (from.namespace !== 'shop' && to.namespace !== 'shop') continue;
            for (const port of [...PORTS, 53, 22]) {
              if (allows(policies, 'shop', from, to, port)) allowed.add([f, t, port].join('>'));
            }
          }
        }
        expect([...allowed].sort()).toEqual([...declared].sort());
      }),
      { numRuns: 60 },
    );
  });

  it('from and to a whole namespace is all of its pods, at both ends, whether it is another or our own', () => {
    for (const its of ['team', 'shop']) {
      const chart = newChart();
      const everyone = Endpoint.inCluster('everyone', { namespace: its, port: 80 });
      new NetworkPolicyBundle(chart, 'network', {
        endpoints: [kafka],
        connections: [connection(everyone, kafka), connection(kafka, everyone)],
      });
      const policies = policiesOf(chart);
      const anyone = { namespace: its, labels: { app: 'anyone' } };
      const broker = { namespace: 'shop', labels: { app: 'kafka' } };
      expect(allows(policies, 'shop', anyone, broker, 9092)).toBe(true);
      expect(allows(policies, 'shop', broker, anyone, 80)).toBe(true);
      expect(allows(policies, 'shop', anyone, broker, 80)).toBe(false);
      expect(allows(policies, 'shop', { namespace: 'foreign', labels: {} }, broker, 9092)).toBe(false);
    }
  });
});

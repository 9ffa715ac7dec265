import { App, Chart } from 'cdk8s';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AutonomousOpService } from '../../../src/constructs/service/autonomous-op-service';
import { NetworkPolicyBundle, NetworkPolicyBundleProps } from '../../../src/constructs/network/network-policy-bundle';
import { Connection, connection, NetworkedWorkload } from '../../../src/constructs/network/connection';
import { Endpoint, Peer } from '../../../src/constructs/network/peer';
import { Port, Protocol, shownPort } from '../../../src/constructs/network/port';
import { InvalidInputError } from '../../../src/core/errors';
import { allows, NAMESPACE, Place, policy } from '../../network-plugin';
import { appOf, newChart, objectsOf, validationOf } from '../../synthesize';

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
    workloads: [orders, stock],
    endpoints: [kafka],
    connections: [
      connection(prometheus, orders, 'management'),
      connection(ingress, orders, 'http'),
      connection(prometheus, stock, 'management'),
    ],
    denyUndeclared: true,
    podCidrs: [],
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
    new NetworkPolicyBundle(bare, 'network', { workloads: [service(bare, 'hermit')], denyUndeclared: false });
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
      workloads: [client],
      endpoints: [kafka],
      connections: [declared],
    });
    expect(twice.connections.map(({ to, port }) => [to.name, port])).toEqual([['kafka', 9092]]);
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
      workloads: [client],
      endpoints: [database({ role: 'primary', app: 'db' })],
      connections,
    });
    expect(bundle.connections).toHaveLength(2);
    expect(specOf(own, 'db-network-policy')?.ingress).toEqual([{ from: [pods('client')], ports: tcp(5432) }]);
  });

  it('knows a peer whose namespace is written out as the one whose namespace is not', () => {
    const own = newChart();
    const client = service(own, 'client');
    const itself = { labels: { app: 'kafka' }, port: 9092 };
    client.connectTo(Endpoint.inCluster('kafka', { ...itself, namespace: 'shop' }));
    client.connectTo(Endpoint.inCluster('kafka', itself));
    const bundle = new NetworkPolicyBundle(own, 'network', { workloads: [client], endpoints: [kafka] });
    expect(bundle.connections).toHaveLength(1);
    expect(specOf(own, 'client-network-policy')?.egress).toEqual([{ to: [pods('kafka')], ports: tcp(9092) }]);
    expect(specOf(own, 'kafka-network-policy')?.ingress).toEqual([{ from: [pods('client')], ports: tcp(9092) }]);
  });

  it('opens TCP and UDP of one number by themselves', () => {
    const own = newChart();
    const resolver = Endpoint.inCluster('resolver', {
      labels: { app: 'resolver' },
      ports: { dns: Port.udp(53), 'dns-tcp': Port.tcp(53), signalling: Port.sctp(53) },
    });
    const [one, other] = ['one', 'other'].map((app) => Endpoint.inCluster(app, { labels: { app } }));
    if (one === undefined || other === undefined) throw new Error('there are two');
    new NetworkPolicyBundle(own, 'network', {
      endpoints: [resolver, one, other],
      connections: [
        connection(one, resolver),
        connection(one, resolver, 'dns-tcp'),
        connection(other, resolver, 'dns-tcp'),
        connection(other, resolver, 'signalling'),
      ],
    });
    const port = (protocol: Protocol) => ({ protocol, port: 53 });
    expect(specOf(own, 'one-network-policy')?.egress).toEqual([
      { to: [pods('resolver')], ports: [port('UDP'), port('TCP')] },
    ]);
    expect(specOf(own, 'resolver-network-policy')?.ingress).toEqual([
      { from: [pods('one')], ports: [port('UDP')] },
      { from: [pods('one'), pods('other')], ports: [port('TCP')] },
      { from: [pods('other')], ports: [port('SCTP')] },
    ]);
  });

  it('names the systems behind the address ranges of a policy, sorted, in an annotation', () => {
    const own = newChart();
    const client = service(own, 'client');
    const mail = Endpoint.external('mail.example.com', {
      port: 587,
      ports: { web: 443 },
      cidrs: ['10.2.0.0/16', '10.1.0.0/16'],
    });
    client.connectTo(mail);
    client.connectTo(mail, { port: 'web' });
    client.connectTo(bank);
    const office = Endpoint.external('office.example.com', { port: 443, cidrs: ['192.0.2.0/24'] });
    new NetworkPolicyBundle(own, 'network', {
      workloads: [client, service(own, 'inner')],
      connections: [connection(office, client, 'http')],
    });
    const annotationsOf = (name: string) =>
      policiesOf(own).find(({ metadata }) => metadata.name === name)?.metadata.annotations;
    expect(annotationsOf('client-network-policy')).toEqual({
      'autonomous-op.nodeorb.com/external-peers':
        '[{"name":"bank.example.com","cidrs":["10.1.0.0/16","10.2.0.0/16"],"ports":[443]},' +
        '{"name":"mail.example.com","cidrs":["10.1.0.0/16","10.2.0.0/16"],"ports":[443,587]},' +
        '{"name":"office.example.com","cidrs":["192.0.2.0/24"],"ports":[8080]}]',
    });
    expect(annotationsOf('inner-network-policy')).toBeUndefined();
  });

  it("takes a link's addresses out of larger ranges, and no range that is declared", () => {
    const own = newChart();
    const client = service(own, 'client');
    const cidrs = ['0.0.0.0/0', '169.254.169.254/32', '::/0'];
    client.connectTo(Endpoint.external('bank.example.com', { port: 443, cidrs }));
    new NetworkPolicyBundle(own, 'network', { workloads: [client] });
    const policy = policiesOf(own).find(({ metadata }) => metadata.name === 'client-network-policy');
    expect(policy?.spec.egress?.flatMap(({ to }) => to)).toEqual([
      { ipBlock: { cidr: '0.0.0.0/0', except: ['169.254.0.0/16'] } },
      { ipBlock: { cidr: '169.254.169.254/32' } },
      { ipBlock: { cidr: '::/0', except: ['fe80::/10'] } },
    ]);
  });

  it("takes the pods' addresses out of larger ranges, and no range that is within them or elsewhere", () => {
    const own = newChart();
    const client = service(own, 'client');
    const cidrs = ['0.0.0.0/0', '10.244.3.0/24', '10.244.0.0/16', '192.0.2.0/24', '::/0'];
    client.connectTo(Endpoint.external('bank.example.com', { port: 443, cidrs }));
    new NetworkPolicyBundle(own, 'network', { workloads: [client], podCidrs: ['10.244.0.0/16', 'fd00:10:244::/56'] });
    const policy = policiesOf(own).find(({ metadata }) => metadata.name === 'client-network-policy');
    expect(policy?.spec.egress).toEqual([
      {
        to: [
          { ipBlock: { cidr: '0.0.0.0/0', except: ['10.244.0.0/16', '169.254.0.0/16'] } },
          { ipBlock: { cidr: '10.244.3.0/24' } },
          { ipBlock: { cidr: '10.244.0.0/16' } },
          { ipBlock: { cidr: '192.0.2.0/24' } },
          { ipBlock: { cidr: '::/0', except: ['fd00:10:244::/56', 'fe80::/10'] } },
        ],
        ports: tcp(443),
      },
    ]);
    expect(JSON.stringify(policy?.metadata.annotations)).toContain('except');
  });

  it('tells a workload who may connect to its pods, with the namespaces written out', () => {
    const own = newChart();
    const told: Connection[] = [];
    const store: NetworkedWorkload = {
      pods: [kafka],
      connections: [],
      admit: (inbound) => told.push(...inbound),
    };
    const elsewhere = Endpoint.inCluster('kafka', { namespace: 'streams', labels: { app: 'kafka' }, port: 9092 });
    const client = Endpoint.inCluster('client', { labels: { app: 'client' } });
    new NetworkPolicyBundle(own, 'network', {
      workloads: [store],
      endpoints: [client],
      connections: [connection(client, kafka), connection(client, elsewhere)],
    });
    expect(told.map(({ from, to }) => [from.name, from.namespace, to.name, to.namespace])).toEqual([
      ['client', 'shop', 'kafka', 'shop'],
    ]);
  });

  it('does not make a policy for a service of another namespace', () => {
    const own = newChart();
    const elsewhere = service(new Chart(appOf(own), 'elsewhere', { namespace: 'stock' }), 'stock');
    const api = Endpoint.inCluster('api', { namespace: 'shop', labels: { app: 'api' }, port: 80 });
    elsewhere.connectTo(api);
    new NetworkPolicyBundle(own, 'network', { workloads: [elsewhere], endpoints: [api] });
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

  it('a peer says neither what its pods are nor what its addresses are', () => {
    const connections = [connection(kafka, { name: 'vague', ports: { default: 1 } })];
    expect(() => new NetworkPolicyBundle(newChart(), 'network', { endpoints: [kafka], connections })).toThrow(
      new InvalidInputError(
        'peer "vague"',
        'it has neither labels, nor a namespace, nor address ranges',
        'Declare it by Endpoint.inCluster or Endpoint.external',
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
    const remedy = (name: string) => `Add "${name}" to workloads, or to endpoints if something else makes its pods`;
    expect(() => new NetworkPolicyBundle(own, 'network', { workloads: [client] })).toThrow(
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

  it('a workload is there twice', () => {
    const own = newChart();
    const twice = service(own, 'twice');
    expect(() => new NetworkPolicyBundle(own, 'network', { workloads: [twice, service(own, 'once'), twice] })).toThrow(
      new InvalidInputError('test/network', 'the workload with the pods "twice" is in workloads twice', 'Name it once'),
    );
  });

  it('another bundle of the namespace makes a policy of the same name, in whatever chart', () => {
    const own = newChart();
    new NetworkPolicyBundle(own, 'network', {});
    const second = new Chart(appOf(own), 'second', { namespace: 'shop' });
    new NetworkPolicyBundle(second, 'network', { allowDns: false });
    expect(second.node.findAll().flatMap(({ node }) => node.validate())).toEqual([
      'second/network: test/network makes the NetworkPolicy "default-deny" of the namespace too.\n' +
        '  Give what both declare to one of them, and delete the other.',
    ]);
  });

  it.each([
    ['is in another namespace', { namespace: 'stock' }, {}],
    ['makes other policies', { namespace: 'shop' }, { denyUndeclared: false, allowDns: false }],
  ])('but not if the other bundle %s', (_, where, props) => {
    const own = newChart();
    new NetworkPolicyBundle(own, 'network', {});
    const second = new Chart(appOf(own), 'second', where);
    new NetworkPolicyBundle(second, 'network', props);
    expect([own, second].map((chart) => validationOf(chart))).toEqual(['', '']);
  });
});

describe('what Kubernetes allows', () => {
  const PORTS = [Port.tcp(80), Port.tcp(53), Port.udp(53), Port.udp(443), Port.tcp(9092)];
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
        ports: Object.fromEntries(PORTS.map((port) => [`${port.protocol}-${port.number}`, port])),
        ...(its === undefined ? {} : { namespace: its }),
      }),
      place: { namespace: its ?? 'shop', labels: { app, version: '1' } },
    }))
    .concat(
      [
        ['10.1.0.0/16', '10.1.3.4'],
        ['10.2.0.0/16', '10.2.3.4'],
        ['2001:db8::/32', '2001:db8::4'],
      ].map(([cidr = '', address = '']) => ({
        peer: Endpoint.external('api.example.com', { port: 443, cidrs: [cidr] }),
        place: { labels: {}, address },
      })),
    );
  const bystanders: readonly Place[] = [
    ...namespaces.map((its) => ({ namespace: its, labels: { app: 'bystander' } })),
    { labels: {}, address: '10.3.0.1' },
    { labels: {}, address: '2001:db9::1' },
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
          arrows.map(({ from, to, connection: { port, protocol } }) =>
            [places.indexOf(from.place), places.indexOf(to.place), shownPort(port, protocol)].join('>'),
          ),
        );
        const allowed = new Set<string>();
        for (const [f, from] of places.entries()) {
          for (const [t, to] of places.entries()) {
            // Where neither end is in the namespace, other people's policies decide.
            if (from.namespace !== 'shop' && to.namespace !== 'shop') continue;
            for (const { number, protocol } of [...PORTS, Port.tcp(443), Port.tcp(22)]) {
              if (!allows(policies, 'shop', from, to, number, protocol)) continue;
              allowed.add([f, t, shownPort(number, protocol)].join('>'));
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

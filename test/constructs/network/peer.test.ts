import { describe, expect, it } from 'vitest';
import { connection } from '../../../src/constructs/network/connection';
import {
  Endpoint,
  ExternalEndpointProps,
  hostName,
  InClusterEndpointProps,
  qualifiedHostName,
} from '../../../src/constructs/network/peer';
import { InvalidInputError } from '../../../src/core/errors';

const NAME_RULE =
  'Use at most 63 lower-case letters, digits and "-", starting with a letter and ending with a letter or a digit';

describe('an endpoint in the cluster', () => {
  it('has everything that was said of it', () => {
    const props: Required<InClusterEndpointProps> = {
      labels: { app: 'kafka' },
      namespace: 'streams',
      port: 9092,
      ports: { metrics: 9308 },
    };
    expect(Endpoint.inCluster('kafka', props)).toEqual({
      name: 'kafka',
      namespace: 'streams',
      podLabels: { app: 'kafka' },
      ports: { default: 9092, metrics: 9308 },
    });
  });

  it('needs no port and no namespace: it then only connects to others, in the namespace of the chart', () => {
    expect(Endpoint.inCluster('job', { labels: { app: 'job' } })).toEqual({
      name: 'job',
      podLabels: { app: 'job' },
      ports: {},
    });
  });

  it('without labels is every pod of its namespace', () => {
    expect(Endpoint.inCluster('team', { namespace: 'team' })).toEqual({
      name: 'team',
      namespace: 'team',
      ports: {},
    });
  });

  it.each<[string, InClusterEndpointProps, string, string]>([
    ['Kafka', { labels: { app: 'a' } }, '"Kafka" is not a valid name', NAME_RULE],
    ['a', { namespace: 'My_NS' }, '"My_NS" is not a valid name', NAME_RULE],
    ['a', { labels: {} }, 'labels is empty, which selects every pod', 'Name a label of its pods, or leave labels out'],
    ['a', {}, 'it has neither labels nor a namespace', 'Say which pods it is: set labels, namespace or both'],
    ['a', { port: 80 }, 'it has neither labels nor a namespace', 'Say which pods it is: set labels, namespace or both'],
    ['a', { namespace: 'b', port: 0 }, 'port is 0', 'Set port to a whole number from 1 to 65535'],
    [
      'a',
      { namespace: 'b', ports: { admin: 70000 } },
      'port "admin" is 70000',
      'Set port "admin" to a whole number from 1 to 65535',
    ],
    [
      'a',
      { labels: { app: 'a b' } },
      '"a b" is not a valid value for label "app"',
      'Use at most 63 letters, digits, "-", "_" and ".", starting and ending with a letter or a digit',
    ],
  ])('%j with %j is an error', (name, props, problem, remedy) => {
    expect(() => Endpoint.inCluster(name, props)).toThrow(new InvalidInputError(`Endpoint "${name}"`, problem, remedy));
  });
});

describe('an endpoint outside the cluster', () => {
  it('answers from the address ranges that are said', () => {
    const props: Required<ExternalEndpointProps> = {
      port: 443,
      ports: { admin: 8443 },
      cidrs: ['10.1.0.0/16', '192.168.1.7/32'],
    };
    expect(Endpoint.external('api.example.com', props)).toEqual({
      name: 'api.example.com',
      ports: { default: 443, admin: 8443 },
      cidrs: ['10.1.0.0/16', '192.168.1.7/32'],
    });
  });

  it('may answer by IPv4 and by IPv6', () => {
    const cidrs = ['0.0.0.0/0', '::/0', '2001:db8::/32'];
    expect(Endpoint.external('api.example.com', { port: 443, cidrs }).cidrs).toEqual(cidrs);
  });

  it('answers from any IPv4 address where none is said, and may be an address', () => {
    expect(Endpoint.external('10.1.2.3', { port: 443 }).cidrs).toEqual(['0.0.0.0/0']);
  });

  it.each<[string, ExternalEndpointProps, string, string]>([
    [
      'https://api',
      { port: 443 },
      '"https://api" is not a valid object name',
      'Use at most 253 lower-case letters, digits, "-" and ".", starting and ending with a letter or a digit',
    ],
    ['api', { port: 0 }, 'port is 0', 'Set port to a whole number from 1 to 65535'],
    ['api', { port: 1, cidrs: [] }, 'cidrs is empty', 'Name at least one address range, such as "10.1.0.0/16"'],
    [
      'api',
      { port: 1, cidrs: ['10.0.0.0/8', '10.1.2.3/8'] },
      '"10.1.2.3/8" is not a valid address range',
      'Write "10.0.0.0/8" for the range, or "10.1.2.3/32" for that one address',
    ],
  ])('%j with %j is an error', (host, props, problem, remedy) => {
    expect(() => Endpoint.external(host, props)).toThrow(new InvalidInputError(`Endpoint "${host}"`, problem, remedy));
  });
});

describe('a connection', () => {
  const client = Endpoint.inCluster('client', { labels: { app: 'client' } });
  const store = Endpoint.inCluster('store', { labels: { app: 'store' }, port: 5432, ports: { metrics: 9187 } });

  it('goes to the first port where none is named', () => {
    expect(connection(client, store)).toEqual({ from: client, to: store, port: 5432, protocol: 'TCP' });
  });

  it('goes to the port that is named', () => {
    expect(connection(client, store, 'metrics').port).toBe(9187);
  });

  it('to a port that the peer does not have lists those it has', () => {
    expect(() => connection(client, store, 'admin')).toThrow(
      new InvalidInputError(
        'connection from "client" to "store"',
        '"store" has no port "admin"',
        'Use one of its ports: default, metrics',
      ),
    );
  });

  it('to a peer that does not listen says so', () => {
    expect(() => connection(store, client)).toThrow(
      new InvalidInputError(
        'connection from "store" to "client"',
        '"client" listens on no port',
        'Declare a port on "client"',
      ),
    );
  });

  it('is not fooled by the names of things that every object has', () => {
    expect(() => connection(client, store, 'toString')).toThrow(
      new InvalidInputError(
        'connection from "client" to "store"',
        '"store" has no port "toString"',
        'Use one of its ports: default, metrics',
      ),
    );
  });
});

describe('the host name of a peer', () => {
  const here = Endpoint.inCluster('kafka', { labels: { app: 'kafka' } });
  const there = Endpoint.inCluster('kafka', { namespace: 'streams' });
  const outside = Endpoint.external('api.example.com', { port: 443 });

  it('is the bare one inside its namespace and outside the cluster, the qualified one elsewhere', () => {
    expect([hostName(here, 'shop'), hostName(there, 'streams'), hostName(outside, 'shop')]).toEqual([
      'kafka',
      'kafka',
      'api.example.com',
    ]);
    expect([hostName(there, 'shop'), hostName(there, undefined)]).toEqual(['kafka.streams.svc', 'kafka.streams.svc']);
  });

  it('for any pod of the cluster is qualified wherever the namespace is known', () => {
    expect(
      [here, there, outside].flatMap((peer) => [qualifiedHostName(peer, 'shop'), qualifiedHostName(peer, undefined)]),
    ).toEqual([
      'kafka.shop.svc',
      'kafka',
      'kafka.streams.svc',
      'kafka.streams.svc',
      'api.example.com',
      'api.example.com',
    ]);
  });
});

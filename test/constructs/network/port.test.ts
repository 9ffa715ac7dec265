import { describe, expect, it } from 'vitest';
import { asPort, Port, schemeOf, shownPort, urlOf } from '../../../src/constructs/network/port';
import { InvalidInputError } from '../../../src/core/errors';

describe('a port', () => {
  it.each([
    [Port.tcp(9092), { number: 9092, protocol: 'TCP' }],
    [Port.udp(53), { number: 53, protocol: 'UDP' }],
    [Port.sctp(3868), { number: 3868, protocol: 'SCTP' }],
    [Port.http(8080), { number: 8080, protocol: 'TCP', scheme: 'http' }],
    [Port.https(8443), { number: 8443, protocol: 'TCP', scheme: 'https' }],
    [asPort(9092), { number: 9092, protocol: 'TCP' }],
    [asPort(Port.udp(53)), { number: 53, protocol: 'UDP' }],
  ])('%o has a number, a protocol and perhaps a scheme', (port, fields) => {
    expect(port).toEqual(fields);
  });

  it('is refused if no such number can be', () => {
    expect(() => Port.udp(0)).toThrow(
      new InvalidInputError('Port.udp', 'number is 0', 'Set number to a whole number from 1 to 65535'),
    );
    expect(() => Port.https(70000)).toThrow('Port.https: number is 70000.');
  });

  it('is shown with its protocol unless that is TCP', () => {
    expect([shownPort(53, 'TCP'), shownPort(53, 'UDP')]).toEqual(['53', '53/UDP']);
  });
});

describe('the URL of a port', () => {
  it.each([
    [443, 'https', 'https://a.example'],
    [80, 'http', 'http://a.example'],
    [8443, 'http', 'http://a.example:8443'],
    [Port.https(8443), 'https', 'https://a.example:8443'],
    [Port.http(443), 'http', 'http://a.example:443'],
    [Port.https(80), 'https', 'https://a.example:80'],
  ])('%o is %s, and leaves out the number that this implies', (port, scheme, url) => {
    expect([schemeOf(asPort(port)), urlOf('a.example', asPort(port))]).toEqual([scheme, url]);
  });

  it('needs TCP', () => {
    expect(() => urlOf('a.example', Port.udp(53))).toThrow(
      new InvalidInputError('URL of "a.example"', 'port 53/UDP is not a TCP port', 'Name a TCP port of the peer'),
    );
  });
});

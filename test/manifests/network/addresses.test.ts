import { describe, expect, it } from 'vitest';
import { addressesOf, describeAddresses, everyAddress } from '../../../src/manifests/network/addresses';

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

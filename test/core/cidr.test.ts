import { describe, expect, it } from 'vitest';
import { cidrRemedy, requireCidr } from '../../src/core/cidr';
import { InvalidInputError } from '../../src/core/errors';

const FORM = 'it as address/prefix, such as "10.1.0.0/16" or "2001:db8::/32"';

describe('an address range', () => {
  it.each(['0.0.0.0/0', '10.0.0.0/8', '192.168.1.7/32', '::/0', 'fe80::/10', '2001:DB8::/32', '2001:db8::1/128'])(
    '%s is valid',
    (cidr) => {
      expect([requireCidr('here', cidr), cidrRemedy(cidr)]).toEqual([cidr, undefined]);
    },
  );

  it.each([
    ['10.1.0.0'],
    ['10.1.0.256/16'],
    ['10.1.0.0/33'],
    ['10.1.0.0/08'],
    ['10.1/16'],
    ['010.1.1.1/8'],
    ['0x0a.0.0.0/8'],
    ['fe80::/129'],
    ['fe80::%eth0/64'],
    [' 10.0.0.0/8'],
    [''],
  ])('%j is not', (cidr) => {
    expect(() => requireCidr('here', cidr)).toThrow(
      new InvalidInputError('here', `"${cidr}" is not a valid address range`, `Write ${FORM}`),
    );
  });

  it.each([
    ['10.1.2.3/8', '"10.0.0.0/8" for the range, or "10.1.2.3/32" for that one address'],
    ['2001:db8::1/32', '"2001:db8::/32" for the range, or "2001:db8::1/128" for that one address'],
  ])('%s has bits behind its prefix, and the error says what it may mean', (cidr, remedy) => {
    expect(cidrRemedy(cidr)).toBe(remedy);
  });
});

/* IP addresses as numbers on one line: IPv4 first, IPv6 well behind it. */

import { fromByteArray, isValidCIDR, parseCIDR } from 'ipaddr.js';
import { Range, Ranges, union } from './ranges';

const FAMILIES = {
  ipv4: { bits: 32, start: 0n },
  ipv6: { bits: 128, start: 1n << 40n },
} as const;

/** Every address there is. */
export const everyAddress: Ranges = Object.values(FAMILIES).map(({ bits, start }) => block(start, bits));

/** The addresses of a CIDR block; none if it is not one that the API server takes. */
export function addressesOf(cidr: string): Ranges {
  if (!isValidCIDR(cidr) || cidr.includes('%')) return [];
  const [address, prefix] = parseCIDR(cidr);
  // The library also reads `010.0.0.0/8` and `10.1/8`, as C does.
  if (address.kind() === 'ipv4' && !cidr.startsWith(`${address.toString()}/`)) return [];
  const { bits, start } = FAMILIES[address.kind()];
  const number = BigInt(`0x${Buffer.from(address.toByteArray()).toString('hex')}`);
  const hostBits = bits - prefix;
  return [block(start + ((number >> BigInt(hostBits)) << BigInt(hostBits)), hostBits)];
}

function block(from: bigint, hostBits: number): Range {
  return { from, to: from + (1n << BigInt(hostBits)) - 1n };
}

/** Each range as people write it: `10.0.0.0/8`, or `10.0.0.1 to 10.0.0.9`. */
export function cidrsOf(ranges: Ranges): string[] {
  return union(ranges).map(describeRange);
}

/** `any address`, or the ranges: `10.0.0.0/8, 2001:db8::/32`. */
export function describeAddresses(ranges: Ranges): string {
  const all = cidrsOf(ranges).join(', ');
  return all === cidrsOf(everyAddress).join(', ') ? 'any address' : all;
}

function describeRange({ from, to }: Range): string {
  const { bits, start } = from >= FAMILIES.ipv6.start ? FAMILIES.ipv6 : FAMILIES.ipv4;
  const written = (address: bigint) =>
    fromByteArray([...Buffer.from((address - start).toString(16).padStart(bits / 4, '0'), 'hex')]).toString();
  const size = to - from + 1n;
  const hostBits = size.toString(2).length - 1;
  const isBlock = size === 1n << BigInt(hostBits) && (from - start) % size === 0n;
  return isBlock ? `${written(from)}/${bits - hostBits}` : `${written(from)} to ${written(to)}`;
}

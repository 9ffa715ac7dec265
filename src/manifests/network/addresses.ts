import { isIPv4, isIPv6 } from 'node:net';
import { union, Range, Ranges } from './ranges';

/* Addresses as numbers on one line: IPv4 first, IPv6 well behind it. */

const IPV6 = 1n << 40n;
const FAMILIES = { 4: { bits: 32, start: 0n }, 6: { bits: 128, start: IPV6 } } as const;

const wholeFamily = (family: 4 | 6): Range => {
  const { bits, start } = FAMILIES[family];
  return { from: start, to: start + (1n << BigInt(bits)) - 1n };
};

/** Every address there is. */
export const everyAddress: Ranges = [wholeFamily(4), wholeFamily(6)];

/** The addresses of a CIDR block; none where it is not one, which the API server would refuse. */
export function addressesOf(cidr: string): Ranges {
  const [address = '', prefix = ''] = cidr.split('/');
  const family = address.includes(':') ? 6 : 4;
  const { bits, start } = FAMILIES[family];
  const number = family === 6 ? ipv6(address) : ipv4(address);
  if (number === undefined || !/^\d+$/.test(prefix) || Number(prefix) > bits) return [];
  const size = 1n << BigInt(bits - Number(prefix));
  const from = start + (number / size) * size;
  return [{ from, to: from + size - 1n }];
}

function ipv4(address: string): bigint | undefined {
  return isIPv4(address) ? address.split('.').reduce((sum, octet) => sum * 256n + BigInt(octet), 0n) : undefined;
}

function ipv6(address: string): bigint | undefined {
  if (!isIPv6(address) || address.includes('%')) return undefined;
  const [first = [], last = []] = canonical(address)
    .split('::')
    .map((half) => half.split(':').filter((group) => group !== ''));
  const groups = [...first, ...Array<string>(8 - first.length - last.length).fill('0'), ...last];
  return groups.reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n);
}

/** `any address`, `10.0.0.0/8`, or `10.0.0.1 to 10.0.0.9`. */
export function describeAddresses(ranges: Ranges): string {
  const joined = union(ranges);
  const same = (one: Range, other: Range | undefined) => one.from === other?.from && one.to === other.to;
  if (joined.length === 2 && everyAddress.every((range, index) => same(range, joined[index]))) return 'any address';
  return joined.map(describeRange).join(', ');
}

function describeRange({ from, to }: Range): string {
  const family = from >= IPV6 ? 6 : 4;
  const { bits, start } = FAMILIES[family];
  const [first, size] = [from - start, to - from + 1n];
  const hostBits = size.toString(2).length - 1;
  const isBlock = size === 1n << BigInt(hostBits) && first % size === 0n;
  return isBlock
    ? `${written(family, first)}/${bits - hostBits}`
    : `${written(family, first)} to ${written(family, to - start)}`;
}

function written(family: 4 | 6, address: bigint): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 255n).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => ((address >> BigInt(112 - 16 * index)) & 65535n).toString(16));
  return canonical(groups.join(':'));
}

/** An IPv6 address with its longest run of zeros left out, and nothing of it in the way of IPv4. */
function canonical(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}

/* Address ranges as NetworkPolicy takes them: CIDR blocks, IPv4 or IPv6. */
import { IPv4, IPv6, isValidCIDR, parseCIDR } from 'ipaddr.js';
import { InvalidInputError } from './errors';

/** What to write instead of an address range that is not valid, after the word "write". Undefined: it is valid. */
export function cidrRemedy(cidr: string): string | undefined {
  const remedy = 'it as address/prefix, such as "10.1.0.0/16" or "2001:db8::/32"';
  if (!isValidCIDR(cidr) || /%|\/0\d/.test(cidr)) return remedy;
  const [address, prefix] = parseCIDR(cidr);
  const isV4 = address.kind() === 'ipv4';
  // The library also reads octal numbers and addresses of fewer parts, as C does; Go, and so Kubernetes, does not.
  if (isV4 && !cidr.startsWith(`${address.toString()}/`)) return remedy;
  const network = (isV4 ? IPv4 : IPv6).networkAddressFromCIDR(cidr).toString();
  if (network === address.toString()) return undefined;
  return `"${network}/${prefix}" for the range, or "${address.toString()}/${isV4 ? 32 : 128}" for that one address`;
}

/** Whether all addresses of a valid range are among those of another, larger one. */
export function isWithin(inner: string, outer: string): boolean {
  const [[address, prefix], [around, shorter]] = [parseCIDR(inner), parseCIDR(outer)];
  return address.kind() === around.kind() && prefix > shorter && address.match(around, shorter);
}

/** Fails unless `cidr` is an address range, IPv4 or IPv6, without bits behind its prefix. */
export function requireCidr(where: string, cidr: string): string {
  const remedy = cidrRemedy(cidr);
  if (remedy !== undefined)
    throw new InvalidInputError(where, `"${cidr}" is not a valid address range`, `Write ${remedy}`);
  return cidr;
}

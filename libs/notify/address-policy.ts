import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Addresses and hosts to which notifications may go although they are not public. */
export interface AllowList {
  readonly hosts: ReadonlySet<string>;
  readonly ranges: readonly (readonly [Address, number])[];
}

export const ALLOW_NOTHING: AllowList = { hosts: new Set(), ranges: [] };

const PUBLIC_IPV6 = ipaddr.parseCIDR('2000::/3');

/** Reads entries such as `10.0.0.0/8`, `::1` or `alertmanager.internal`. @throws RangeError naming the wrong one */
export function parseAllowList(entries: readonly string[]): AllowList {
  const hosts = new Set<string>();
  const ranges: (readonly [Address, number])[] = [];
  for (const entry of entries) {
    if (ipaddr.isValidCIDR(entry)) ranges.push(ipaddr.parseCIDR(entry));
    else if (ipaddr.IPv4.isValidFourPartDecimal(entry) || ipaddr.IPv6.isValid(entry)) ranges.push(wholeAddress(entry));
    else if (/^(?=.*[a-z])[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i.test(entry)) hosts.add(entry.toLowerCase());
    else throw new RangeError(`${entry} is neither a range such as 10.0.0.0/8 nor the name of a host`);
  }
  return { hosts, ranges };
}

export type AddressDecision = { readonly allowed: true; readonly reason: 'public' | 'allowed-host' | 'allowed-range' } | { readonly allowed: false; readonly reason: 'not-public' | 'not-an-address' };

/**
 * Decides whether to connect to an address that a host stands for. Public is only what is set aside for
 * everyone: neither private, loopback, link-local, shared, multicast nor reserved, nor an IPv6 address that
 * carries an IPv4 one within (mapped, NAT64, 6to4, Teredo), where the one within could be private.
 */
export function decideAddress(host: string, address: string, allow: AllowList): AddressDecision {
  // ipaddr.js also reads old spellings such as 1.2.3, which no connection is made to.
  if (isIP(address) === 0) return { allowed: false, reason: 'not-an-address' };
  // A zone, as in fe80::1%eth0, does not change what kind of address it is.
  const parsed = ipaddr.process(address.replace(/%.*$/, ''));
  if (allow.hosts.has(host.toLowerCase())) return { allowed: true, reason: 'allowed-host' };
  if (allow.ranges.some(([range, bits]) => range.kind() === parsed.kind() && parsed.match(range, bits))) return { allowed: true, reason: 'allowed-range' };
  const isPublic = parsed.range() === 'unicast' && (parsed.kind() === 'ipv4' || parsed.match(PUBLIC_IPV6));
  return isPublic ? { allowed: true, reason: 'public' } : { allowed: false, reason: 'not-public' };
}

function wholeAddress(entry: string): readonly [Address, number] {
  const address = ipaddr.process(entry);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type AllowList, decideAddress } from './address-policy.ts';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** All addresses of a host name. */
export type Resolver = (host: string) => Promise<readonly ResolvedAddress[]>;

export const systemResolver: Resolver = (host) => lookup(host, { all: true });

/** A host stands for an address to which nothing may be sent. */
export class BlockedAddressError extends Error {
  override readonly name = 'BlockedAddressError';
}

/** Where to connect: addresses that were checked, so that no second look-up can give others. */
export interface CheckedHost {
  readonly addresses: readonly ResolvedAddress[];
  /** Whether it may be reached without encryption: only what was allowed by name or range. */
  readonly isAllowed: boolean;
}

/**
 * Resolves a host once and checks every address it stands for; one that is not public blocks all.
 * @param host a name or an address, IPv6 with or without brackets
 * @throws BlockedAddressError; the resolver's error where the name is unknown
 */
export async function resolveHost(host: string, allow: AllowList, resolver: Resolver): Promise<CheckedHost> {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(bare);
  const addresses = family === 0 ? await resolver(bare) : [{ address: bare, family }];
  if (addresses.length === 0) throw new Error(`the name ${bare} has no address`);
  let isAllowed = true;
  for (const { address } of addresses) {
    const decision = decideAddress(bare, address, allow);
    if (!decision.allowed) throw new BlockedAddressError(`${bare} is at an address that is not public; SIGNALBOX_RECEIVER_ALLOW would have to allow it`);
    if (decision.reason === 'public') isAllowed = false;
  }
  return { addresses, isAllowed };
}

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ALLOW_NOTHING, decideAddress, parseAllowList } from './address-policy.ts';

const PUBLIC = ['1.1.1.1', '8.8.8.8', '93.184.216.34', '100.63.255.255', '100.128.0.0', '172.15.255.255', '172.32.0.1', '2606:4700:4700::1111', '2a00:1450:4001:80b::200e'];
const NOT_PUBLIC: Readonly<Record<string, readonly string[]>> = {
  'this network': ['0.0.0.0', '0.1.2.3'],
  private: ['10.0.0.1', '10.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
  shared: ['100.64.0.1', '100.127.255.255'],
  loopback: ['127.0.0.1', '127.255.0.1', '::1'],
  'link-local': ['169.254.169.254', '169.254.0.1', 'fe80::1', 'fe80::1%eth0'],
  'unique local': ['fc00::1', 'fd12:3456::1', 'fd00:ec2::254'],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1'],
  broadcast: ['255.255.255.255'],
  reserved: ['192.0.0.1', '192.0.2.1', '198.18.0.1', '198.51.100.1', '203.0.113.1', '240.0.0.1', '2001:db8::1', '3fff::1'],
  unspecified: ['::'],
  'an IPv4 address within': ['::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:7f00:1', '::127.0.0.1', '::ffff:0:127.0.0.1', '64:ff9b::10.0.0.1', '64:ff9b:1::1', '2002:7f00:1::', '2001:0:7f00:1::'],
  'site-local and discarded': ['fec0::1', '100::1', '5f00::1'],
};

describe('decideAddress', () => {
  it.each(PUBLIC)('lets through %s', (address) => {
    expect(decideAddress('h', address, ALLOW_NOTHING)).toEqual({ allowed: true, reason: 'public' });
  });

  it.each(Object.entries(NOT_PUBLIC).flatMap(([what, addresses]) => addresses.map((address) => [what, address] as const)))('keeps from %s: %s', (_, address) => {
    expect(decideAddress('h', address, ALLOW_NOTHING).allowed).toBe(false);
  });

  it('lets no private IPv4 address through, also when mapped into IPv6', () => {
    const octet = fc.nat(255);
    const start = fc.constantFrom([10], [127], [169, 254], [192, 168], [172, 16], [100, 64], [0], [224]);
    fc.assert(
      fc.property(start, octet, octet, octet, (first, ...rest) => {
        const address = [...first, ...rest].slice(0, 4).join('.');
        expect(decideAddress('h', address, ALLOW_NOTHING).allowed).toBe(false);
        expect(decideAddress('h', `::ffff:${address}`, ALLOW_NOTHING).allowed).toBe(false);
      }),
    );
  });

  it('takes what is no address for blocked', () => {
    expect(['', 'localhost', '1.2.3', '300.1.1.1'].map((text) => decideAddress('h', text, ALLOW_NOTHING).allowed)).toEqual([false, false, false, false]);
  });

  it('lets through what is allowed by range, address or host, and nothing beside it', () => {
    const allow = parseAllowList(['127.0.0.0/8', '10.1.2.3', 'Alertmanager.internal', 'fd00::/8']);
    const of = (host: string, address: string) => decideAddress(host, address, allow);
    expect(of('h', '127.9.9.9')).toEqual({ allowed: true, reason: 'allowed-range' });
    expect(of('h', '::ffff:127.9.9.9')).toEqual({ allowed: true, reason: 'allowed-range' });
    expect(of('h', '10.1.2.3').allowed).toBe(true);
    expect(of('h', '10.1.2.4').allowed).toBe(false);
    expect(of('h', 'fd00::1').allowed).toBe(true);
    expect(of('alertmanager.INTERNAL', '192.168.0.9')).toEqual({ allowed: true, reason: 'allowed-host' });
    expect(of('other.internal', '192.168.0.9').allowed).toBe(false);
    expect(() => parseAllowList(['10.0.0.0/99'])).toThrow(/10\.0\.0\.0\/99/);
  });
});

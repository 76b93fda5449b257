import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { packShares, unpackShares } from './packed-shares.ts';

it('keeps shares to half of 1/65535, two bytes each, 0 and 1 exactly', () => {
  fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 64 }), (shares) => {
    const packed = packShares(shares);
    expect(packed.length).toBe(shares.length * 2);
    for (const [at, share] of unpackShares(packed).entries()) expect(Math.abs(share - shares[at]!)).toBeLessThanOrEqual(0.5 / 65_535 + 1e-12);
  }));
  expect([...unpackShares(packShares([0, 1, 2, -1]))]).toEqual([0, 1, 1, 0]);
});

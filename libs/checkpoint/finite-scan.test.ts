import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstNotFinite, isWeightDtype, type WeightDtype } from './finite-scan.ts';

/** Fields of the formats, from which the test decides without the scan's arithmetic. */
const FORMATS: readonly { dtype: WeightDtype; bits: 16 | 32; exponent: number }[] = [
  { dtype: 'F16', bits: 16, exponent: 0b0_11111_0000000000 },
  { dtype: 'BF16', bits: 16, exponent: 0b0_11111111_0000000 },
  { dtype: 'F32', bits: 32, exponent: 0x7f800000 },
];

describe('firstNotFinite', () => {
  it.each(FORMATS)('finds the first NaN or infinity among any $dtype bit patterns', ({ dtype, bits, exponent }) => {
    const pattern = fc.oneof(fc.nat({ max: 2 ** bits - 1 }), fc.constantFrom(exponent, exponent + 1, exponent - 1, 0, 2 ** (bits - 1), 2 ** bits - 1));
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 40 }), (patterns) => {
        const bytes = new Uint8Array((bits === 16 ? Uint16Array : Uint32Array).from(patterns).buffer);
        expect(firstNotFinite(bytes, dtype)).toBe(patterns.findIndex((value) => (value & exponent) === exponent));
      }),
      { numRuns: 500 },
    );
  });

  it.each(FORMATS.filter(({ bits }) => bits === 16))('tells every single $dtype value right, in either half of a word', ({ dtype, exponent }) => {
    const wrong: number[] = [];
    for (let value = 0; value < 65_536; value += 1) {
      const expected = (value & exponent) === exponent;
      const low = firstNotFinite(new Uint8Array(Uint16Array.of(value, 0).buffer), dtype);
      const high = firstNotFinite(new Uint8Array(Uint16Array.of(0xffff & ~exponent, value).buffer), dtype);
      if (low !== (expected ? 0 : -1) || high !== (expected ? 1 : -1)) wrong.push(value);
    }
    expect(wrong).toEqual([]);
  });

  it('agrees with the numbers themselves in F32', () => {
    const values = [0, -0, 1e-45, 3.4e38, -3.4e38, Number.NaN, Infinity, -Infinity];
    for (const value of values) {
      expect(firstNotFinite(new Uint8Array(Float32Array.of(1, value).buffer), 'F32')).toBe(Number.isFinite(value) ? -1 : 1);
    }
  });

  it('knows which dtypes weights may have', () => {
    expect((['F16', 'BF16', 'F32', 'F64', 'I8'] as const).map(isWeightDtype)).toEqual([true, true, true, false, false]);
  });
});

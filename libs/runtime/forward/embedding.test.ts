import { describe, expect, it } from 'vitest';
import { embeddingTable } from './embedding.ts';

function gathered(bytes: ArrayBuffer, type: 'F32' | 'F16' | 'BF16', tokens: number[]): number[] {
  const target = new Float32Array(1 * 2 + tokens.length * 2).fill(9);
  embeddingTable(new Uint8Array(bytes), type, 2).gather(Uint32Array.from(tokens), target, 1);
  expect([...target.subarray(0, 2)]).toEqual([9, 9]);
  return [...target.subarray(2)];
}

describe('embeddingTable', () => {
  it('reads fp32 rows', () => {
    expect(gathered(Float32Array.of(1, 2, 3, 4, 5, 6).buffer, 'F32', [2, 0])).toEqual([5, 6, 1, 2]);
  });

  it('widens fp16: normal, subnormal, negative, zero and infinite values', () => {
    const halves = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x8400, 0x7bff, 0x7c00, 0x3555, 0x8000);
    const values = gathered(halves.buffer, 'F16', [0, 1, 2, 3]);
    expect(values).toEqual([1, -2, 2 ** -24, -(2 ** -14), 65_504, Infinity, 0.333_251_953_125, -0]);
  });

  it('widens bfloat16', () => {
    expect(gathered(Uint16Array.of(0x3f80, 0xbf00, 0x4049, 0x0000).buffer, 'BF16', [1, 0])).toEqual([3.140625, 0, 1, -0.5]);
  });
});

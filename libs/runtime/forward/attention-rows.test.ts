import { describe, expect, it } from 'vitest';
import { CacheMemory } from './cache-memory.ts';
import { attentionMask, rotaryTables, spreadProjected } from './attention-rows.ts';
import { KvCache } from './kv-cache.ts';

const NO = -Infinity;

describe('attentionMask', () => {
  it('lets each sequence of a batch look at its own positions and the new one', () => {
    expect([...attentionMask([0, 2], 1, 4, 3, null)]).toEqual([0, NO, NO, NO, 0, 0, 0, NO]);
  });

  it('is causal within the tokens of one sequence, once for every head of a group', () => {
    const once = [0, 0, NO, NO, 0, 0, 0, NO];
    expect([...attentionMask([1], 2, 4, 2, null)]).toEqual([...once, ...once]);
  });

  it('lets a sliding window see windowTokens positions, the own one included', () => {
    expect([...attentionMask([1], 3, 4, 1, 2)]).toEqual([0, 0, NO, NO, NO, 0, 0, NO, NO, NO, 0, 0]);
    expect([...attentionMask([3], 1, 4, 1, 2)]).toEqual([NO, NO, 0, 0]);
  });
});

describe('spreadProjected', () => {
  it('rotates queries and keys by their position, divides queries by sqrt(headSize) and leaves values as they are', () => {
    const layout = { attentionHeads: 2, keyValueHeads: 1, headSize: 4 };
    const cache = new KvCache({ layers: 1, keyValueHeads: 1, headSize: 4, contextTokens: 64 }, new CacheMemory(2 ** 20));
    const sequence = cache.open();
    cache.reserve(sequence, 7);
    sequence.length = 5;
    // Two rows of two query heads, a key head and a value head.
    const row = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
    const projected = Float32Array.from([...row, ...row.map((value) => -value)]);
    const queries = new Float32Array(16);
    spreadProjected(projected, 0, 2, sequence, 0, layout, rotaryTables(64, 4, 100), queries, 0);

    // Pair j = (j, j + 2) turns by position * 100^(-2j / 4).
    const turned = (values: readonly number[], position: number) => {
      const out = [...values];
      for (const [pair, frequency] of [1, 0.1].entries()) {
        const [cos, sin] = [Math.cos(position * frequency), Math.sin(position * frequency)];
        out[pair] = values[pair]! * cos - values[pair + 2]! * sin;
        out[pair + 2] = values[pair + 2]! * cos + values[pair]! * sin;
      }
      return out;
    };
    const near = (actual: Float32Array, wanted: readonly number[]) => {
      expect(actual).toHaveLength(wanted.length);
      for (const [at, value] of wanted.entries()) expect(actual[at]).toBeCloseTo(value, 5);
    };
    const halved = (values: readonly number[]) => values.map((value) => value / 2);
    near(queries.subarray(0, 4), halved(turned([1, 2, 3, 4], 5)));
    near(queries.subarray(4, 8), halved(turned([-1, -2, -3, -4], 6)));
    near(queries.subarray(8, 12), halved(turned([5, 6, 7, 8], 5)));
    near(sequence.slab!.keys[0]!.subarray(20, 24), turned([9, 10, 11, 12], 5));
    near(sequence.slab!.keys[0]!.subarray(24, 28), turned([-9, -10, -11, -12], 6));
    expect([...sequence.slab!.values[0]!.subarray(20, 28)]).toEqual([13, 14, 15, 16, -13, -14, -15, -16]);
  });
});

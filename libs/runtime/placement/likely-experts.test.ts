import { describe, expect, it } from 'vitest';
import { LikelyExperts } from './likely-experts.ts';

/** Runs tokens whose experts are given by layer, and gives what was expected before each layer. */
function run(likely: LikelyExperts, tokens: readonly (readonly (readonly number[])[])[], count = 2): number[][] {
  return tokens.flatMap((layers) => layers.map((experts, layer) => likely.next(layer, experts, count)));
}

describe('experts that are likely to come next', () => {
  it('are those that followed before, the most frequent first', () => {
    const likely = new LikelyExperts(2, 4);
    run(likely, [[[0], [1]], [[0], [1]], [[0], [2]], [[3], [0]]]);
    expect(likely.next(0, [0], 2)).toEqual([1, 2]);
    expect(likely.next(1, [1], 4)).toEqual([0]);
  });

  it('are none at first, and none that never followed', () => {
    expect(new LikelyExperts(3, 8).next(0, [1, 2], 4)).toEqual([]);
  });

  it('follow a change of the traffic', () => {
    const likely = new LikelyExperts(2, 4);
    run(likely, Array.from({ length: 5000 }, () => [[0], [1]]));
    run(likely, Array.from({ length: 600 }, () => [[0], [2]]));
    expect(likely.next(0, [0], 1)).toEqual([2]);
  });

  it('does not join layers that were not run one after the other', () => {
    const likely = new LikelyExperts(4, 4);
    likely.next(0, [0], 1);
    likely.next(2, [3], 1);
    expect(likely.next(0, [0], 4)).toEqual([]);
  });
});

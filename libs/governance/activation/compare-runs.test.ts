import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareScores, partitionKlBits, routingDisagreement, type ScoredToken } from './compare-runs.ts';

/** The `alternatives` likeliest of a distribution, and a token that followed. */
function scored(probabilities: readonly number[], tokenId: number, alternatives: number): ScoredToken {
  const top = probabilities
    .map((probability, id) => ({ tokenId: id, logprob: Math.log(probability) }))
    .toSorted((a, b) => b.logprob - a.logprob)
    .slice(0, alternatives);
  return { tokenId, logprob: Math.log(probabilities[tokenId] ?? 0), top };
}

function fullKlBits(p: readonly number[], q: readonly number[]): number {
  return p.reduce((sum, probability, id) => sum + probability * Math.log2(probability / (q[id] ?? 0)), 0);
}

const distribution = fc.array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 6, maxLength: 6 }).map((weights) => {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
});

describe('partitionKlBits', () => {
  it('is the divergence itself where all tokens are told, and never more where some are not', () => {
    fc.assert(
      fc.property(distribution, distribution, fc.nat(5), fc.integer({ min: 0, max: 6 }), (p, q, token, alternatives) => {
        expect(partitionKlBits(scored(p, token, 6), scored(q, token, 6))).toBeCloseTo(fullKlBits(p, q), 9);
        const partial = partitionKlBits(scored(p, token, alternatives), scored(q, token, alternatives));
        expect(partial).toBeGreaterThanOrEqual(0);
        expect(partial).toBeLessThanOrEqual(fullKlBits(p, q) + 1e-9);
      }),
    );
  });

  it('gives the textbook value', () => {
    // D((1/2, 1/2) || (3/4, 1/4)) = 1 - (1/2) log2 3: Cover and Thomas, example 2.3.1 with r = 1/2, s = 1/4.
    expect(partitionKlBits(scored([0.5, 0.5], 0, 1), scored([0.75, 0.25], 0, 1))).toBeCloseTo(1 - Math.log2(3) / 2, 12);
  });
});

describe('compareScores', () => {
  it('finds nothing between a release and itself', () => {
    const tokens = [null, scored([0.7, 0.2, 0.1], 1, 2), scored([0.1, 0.8, 0.1], 1, 2)];
    expect(compareScores(tokens, tokens)).toEqual({ tokens: 2, meanLogLikelihoodDifference: 0, meanKlBits: 0, argmaxDisagreement: 0 });
  });

  it('is above zero where the second predicts worse', () => {
    const first = [null, scored([0.8, 0.2], 0, 2), scored([0.8, 0.2], 0, 2)];
    const second = [null, scored([0.4, 0.6], 0, 2), scored([0.8, 0.2], 0, 2)];
    const compared = compareScores(first, second);
    expect(compared).toMatchObject({ tokens: 2, argmaxDisagreement: 0.5 });
    expect(compared.meanLogLikelihoodDifference).toBeCloseTo(Math.log(2) / 2, 12);
    expect(compared.meanKlBits).toBeCloseTo(fullKlBits([0.8, 0.2], [0.4, 0.6]) / 2, 12);
  });

  it('says nothing of nothing', () => {
    expect(compareScores([null], [null])).toEqual({ tokens: 0, meanLogLikelihoodDifference: 0, meanKlBits: 0, argmaxDisagreement: 0 });
  });
});

it('counts selected experts that the other did not select, whatever their order', () => {
  const run = (...expertIds: number[]) => ({ layers: 2, topK: 2, rows: 2, expertIds: Uint16Array.from(expertIds) });
  expect(routingDisagreement(run(0, 1, 2, 3, 0, 1, 2, 3), run(1, 0, 2, 4, 0, 1, 5, 6))).toEqual([0, 0.75]);
  const one = run(0, 1, 2, 3, 4, 5, 6, 7);
  expect(routingDisagreement(one, one)).toEqual([0, 0]);
});

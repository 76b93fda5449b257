import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { clusteredCounts } from './design-effect.ts';
import { mutualInformation } from './mutual-information.ts';
import { correlatedRequest, seededRandom } from './testing/random-requests.ts';

/** Two requests that each hold half of the row, so that the counts are as given. */
const rowOf = (counts: readonly number[]) => clusteredCounts([counts, counts], counts.length);

describe('mutual information', () => {
  it('gives the published 3/8 bit (Cover & Thomas 2006, example 2.2.1)', () => {
    const joint = [[4, 2, 1, 1], [2, 4, 1, 1], [2, 2, 2, 2], [8, 0, 0, 0]].map(rowOf);
    expect(mutualInformation(joint, 1, 'equal')!.uncorrectedBits).toBeCloseTo(0.375, 12);
    expect(mutualInformation(joint, 1, 'pooled')!.uncorrectedBits).toBeCloseTo(0.375, 12);
  });

  it("gives the demo model card's figures from its usage tables, to the rounding of the tables", () => {
    const card = readFileSync(new URL('../../models/tiny-mixtral/MODEL_CARD.md', import.meta.url), 'utf8');
    const layers = [...card.matchAll(/^Layer \d: entropy ([\d.]+) bits, mutual information ([\d.]+) bits$([\s\S]*?)^\| all/gm)];
    expect(layers).toHaveLength(4);
    for (const [, , published, table] of layers) {
      const rows = [...table!.matchAll(/^\| [a-z]+ \|((?: 0\.\d{3} \|){8})$/gm)].map(([, cells]) =>
        cells!.split('|').slice(0, 8).map((cell) => Math.round(Number(cell) * 1000)),
      );
      expect(rows).toHaveLength(8);
      expect(mutualInformation(rows.map(rowOf), 2, 'equal')!.uncorrectedBits).toBeCloseTo(Number(published), 2);
    }
  });

  it('weights segments alike or by their size', () => {
    const uneven = [rowOf([900, 100]), rowOf([1, 9])];
    const equal = mutualInformation(uneven, 1, 'equal')!;
    const pooled = mutualInformation(uneven, 1, 'pooled')!;
    expect(equal.uncorrectedBits).toBeCloseTo(0.531, 3);
    expect(pooled.uncorrectedBits).toBeLessThan(0.1);
  });

  it('has the published first-order bias (E-1)(D-1)/(2n) nats where segments do not differ', () => {
    // Requests differ less than chance would have it, so the design effect is at its floor, 1 for one of two.
    const segment = clusteredCounts(Array.from({ length: 100 }, (_, r) => (r % 2 ? [6, 4] : [4, 6])), 2);
    const result = mutualInformation([segment, segment, segment], 1, 'pooled')!;
    expect(result.biasBits).toBeCloseTo((1 * 2) / (2 * 3000) / Math.LN2, 10);
    expect(result.bits).toBe(0);
  });

  it('is near unbiased, and covers the truth, on simulated correlated requests', () => {
    const domains = [[0.5, 0.2, 0.2, 0.1], [0.1, 0.4, 0.3, 0.2], [0.25, 0.25, 0.25, 0.25]];
    const truth = mutualInformation(domains.map((p) => rowOf(p.map((share) => share * 1000))), 1, 'equal')!.uncorrectedBits;
    const random = seededRandom(31);
    const runs = 200;
    let mean = 0;
    let plugin = 0;
    let covered = 0;
    for (let run = 0; run < runs; run += 1) {
      const sample = domains.map((p) => clusteredCounts(Array.from({ length: 25 }, () => correlatedRequest(random, p, 40, 0.1)), 4));
      const result = mutualInformation(sample, 1, 'equal')!;
      mean += result.bits / runs;
      plugin += result.uncorrectedBits / runs;
      if (result.interval!.low <= truth && truth <= result.interval!.high) covered += 1;
    }
    expect(Math.abs(mean - truth)).toBeLessThan(0.005);
    expect(plugin - truth).toBeGreaterThan(0.005);
    expect(covered / runs).toBeGreaterThan(0.9);
  });

  it('is 0 for one segment and null for none', () => {
    expect(mutualInformation([rowOf([3, 4])], 1, 'equal')!.bits).toBe(0);
    expect(mutualInformation([rowOf([0, 0])], 1, 'equal')).toBeNull();
    expect(mutualInformation([clusteredCounts([[1, 2]], 2), rowOf([2, 1])], 1, 'equal')!.interval).toBeNull();
  });
});

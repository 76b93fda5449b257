import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { biasesOf, meanViolation, mostEven, type Usage } from './balance-bias.ts';

/** Where tokens with these logits go, one expert each, under a bias. */
function route(logits: readonly (readonly number[])[], bias: readonly number[]): number[] {
  const counts = bias.map(() => 0);
  for (const row of logits) {
    let best = 0;
    for (const expert of row.keys()) if (row[expert]! + bias[expert]! > row[best]! + bias[best]!) best = expert;
    counts[best]! += 1;
  }
  return counts;
}

function rounds(logits: readonly (readonly number[])[], count: number, rate: number): Usage[] {
  const usage: Usage[] = [];
  for (let round = 0; round < count; round += 1) usage.push([route(logits, biasesOf(usage, rate, 1, logits[0]!.length)[round]![0]!)]);
  return usage;
}

describe('a bias that evens the load', () => {
  it('follows its formula', () => {
    // Loads 6 and 2 of a mean of 4: -0.5 ln(1.52 / 1.02) = -0.19945, -0.5 ln(0.52 / 1.02) = 0.33686; mean 0.06870.
    expect(biasesOf([[[6, 2]]], 0.5, 1, 2)).toEqual([[[0, 0]], [[-0.2682, 0.2682]]]);
  });

  it('has mean 0 and stays finite, even for experts that nobody chose', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat(1000), { minLength: 8, maxLength: 8 }), { minLength: 1, maxLength: 12 }), (loads) => {
        for (const [bias] of biasesOf(loads.map((load) => [load]), 0.5, 1, 8)) {
          expect(bias!.every((value) => Number.isFinite(value) && Math.abs(value) < 20)).toBe(true);
          expect(Math.abs(bias!.reduce((sum, value) => sum + value, 0))).toBeLessThan(1e-3);
        }
      }),
    );
  });

  it('evens loads that one expert dominates, and gives the most even round', () => {
    const logits = Array.from({ length: 400 }, (_, token) => Array.from({ length: 4 }, (__, expert) => Math.sin(token * 12.9898 + expert * 78.233) * 2 + (expert === 1 ? 1.5 : 0)));
    const usage = rounds(logits, 12, 0.5);
    expect(meanViolation([route(logits, [0, 0, 0, 0]).map(Number)])).toBeGreaterThan(0.5);
    const best = mostEven(usage, biasesOf(usage, 0.5, 1, 4));
    expect(meanViolation([route(logits, best[0]!)])).toBeLessThan(0.15);
    expect(best[0]![1]!).toBeLessThan(Math.min(best[0]![0]!, best[0]![2]!, best[0]![3]!));
  });
});

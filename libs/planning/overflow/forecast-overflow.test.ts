import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RoutingTrace } from '#libs/trace/trace';
import { addOverflow, newLayerOverflow } from './forecast-overflow.ts';

/** One layer, top-1, so that a row is one expert. */
function top1(experts: number, prompt: readonly number[], choices: readonly (readonly number[])[] = []): RoutingTrace {
  const ids = [...prompt, ...choices.flat()];
  return {
    layers: 1, experts, topK: 1, promptRows: prompt.length, choiceRows: choices.map((rows) => rows.length), tokenIds: null,
    expertIds: Uint16Array.from(ids), gates: Float32Array.from(ids, () => 1), flagged: [],
  };
}

function droppedOf(trace: RoutingTrace, factor: number): number {
  const into = Array.from({ length: trace.layers }, newLayerOverflow);
  addOverflow(trace, factor, into);
  return into[0]!.dropped;
}

describe('addOverflow', () => {
  it('drops what is beyond ceil(factor * tokens / experts) of a prompt, later positions first', () => {
    // Capacity of 8 tokens over 4 experts at factor 1: two each.
    expect(droppedOf(top1(4, [0, 0, 0, 0, 1, 1, 1, 2]), 1)).toBe(3);
    expect(droppedOf(top1(4, [0, 0, 0, 0, 1, 1, 1, 2]), 1.5)).toBe(1);
    expect(droppedOf(top1(4, [0, 0, 0, 0, 1, 1, 1, 2]), 2)).toBe(0);
  });

  it('lets an answer use the allowance that grows with it, each choice from the prompt on', () => {
    // 4 experts, prompt of 4: capacity 1. The fifth row is still within the first allowance of 2.
    expect(droppedOf(top1(4, [0, 1, 2, 3], [[0], [0], [0]]), 1)).toBe(0);
    expect(droppedOf(top1(4, [0, 1, 2, 3], [[0, 0]]), 1)).toBe(1);
  });

  it('drops nothing at a factor of experts, never more with a larger one, and counts every selection', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5), { minLength: 1, maxLength: 40 }), fc.array(fc.array(fc.nat(5), { maxLength: 10 }), { maxLength: 3 }), fc.double({ min: 0.1, max: 6, noNaN: true }), (prompt, choices, factor) => {
        const trace = top1(6, prompt, choices);
        expect(droppedOf(trace, 6)).toBe(0);
        expect(droppedOf(trace, factor + 0.5)).toBeLessThanOrEqual(droppedOf(trace, factor));
        const into = [newLayerOverflow()];
        addOverflow(trace, factor, into);
        expect(into[0]!.selections).toBe(prompt.length + choices.flat().length);
        expect(into[0]!.lostMass).toBe(into[0]!.dropped);
      }),
    );
  });
});

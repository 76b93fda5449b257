import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ResidentSet } from './resident-set.ts';

/** Uses things in order, each settled where it was not held, as sessions do. Gives how often one was not there. */
function play(set: ResidentSet, uses: readonly string[]): number {
  let misses = 0;
  for (const id of uses) {
    set.used(id);
    if (set.isHeld(id)) continue;
    misses += 1;
    set.settle(id);
  }
  return misses;
}

function setOf(budgetBytes: number, ids: readonly string[], sizeBytes = 10): ResidentSet {
  const set = new ResidentSet(budgetBytes);
  for (const id of ids) set.add(id, sizeBytes);
  return set;
}

describe('what is held within a budget', () => {
  it('keeps to the budget, and counts what it holds', () => {
    const ids = ['a', 'b', 'c', 'd', 'e'];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...ids), { maxLength: 200 }), fc.integer({ min: 1, max: 60 }), fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 5, maxLength: 5 }), (uses, budgetBytes, sizes) => {
        const set = new ResidentSet(budgetBytes);
        for (const [at, id] of ids.entries()) set.add(id, sizes[at]!);
        for (const id of uses) {
          play(set, [id]);
          const held = ids.reduce((sum, one, at) => sum + (set.isHeld(one) ? sizes[at]! : 0), 0);
          expect(set.heldBytes).toBe(held);
          expect(held).toBeLessThanOrEqual(budgetBytes);
        }
      }),
    );
  });

  it('holds what is used most, though all are used in turn', () => {
    const set = setOf(20, ['a', 'b', 'c', 'd']);
    const round = ['a', 'b', 'c', 'a', 'b', 'd'];
    play(set, Array.from({ length: 10 }, () => round).flat());
    expect(['a', 'b', 'c', 'd'].filter((id) => set.isHeld(id))).toEqual(['a', 'b']);
    expect(play(set, round)).toBe(2);
  });

  it('does not let one use drive out what is used often', () => {
    const set = setOf(10, ['often', 'once']);
    play(set, ['often', 'often']);
    set.used('once');
    expect(set.settle('once')).toEqual({ action: 'let-go', reason: 'used-less' });
    expect(set.isHeld('often')).toBe(true);
  });

  it('forgets old uses when the traffic changes', () => {
    const set = setOf(10, ['before', 'after']);
    play(set, Array<string>(1000).fill('before'));
    play(set, Array<string>(60_000).fill('after'));
    expect(set.isHeld('after')).toBe(true);
    // Scores stay finite, however long it runs.
    play(set, Array<string>(1_000_000).fill('after'));
    play(set, Array<string>(60_000).fill('before'));
    expect(set.isHeld('before')).toBe(true);
  });

  it('never holds what is larger than the budget', () => {
    const set = setOf(9, ['a']);
    set.used('a');
    expect(set.settle('a')).toEqual({ action: 'let-go', reason: 'larger-than-the-budget' });
    expect(set.heldBytes).toBe(0);
  });

  it('gives back the room of what is removed', () => {
    const set = setOf(10, ['a', 'b']);
    play(set, ['a', 'a', 'a']);
    set.remove('a');
    expect(set.heldBytes).toBe(0);
    expect(set.settle('b')).toEqual({ action: 'hold', reason: 'fits', letGo: [] });
  });
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type BothOrders, bothOrders, type Preference } from './judge.ts';
import { judgeConsistency, keepsWinner } from './judge-consistency.ts';

const times = (count: number, pair: BothOrders): BothOrders[] => Array.from({ length: count }, () => pair);

it('counts what keeps, what turns, what is tied and what could not be read', () => {
  const pairs = [...times(8, ['win', 'win']), ...times(4, ['loss', 'loss']), ...times(5, ['win', 'loss']), ...times(2, ['loss', 'win']), ['win', 'tie'] as const, ...times(3, ['tie', 'tie']), ['win', null] as const];
  const found = judgeConsistency(pairs);
  expect(found).toMatchObject({ pairs: 24, unreadable: 1, tied: 3, firstBoth: 5, secondBoth: 2, standing: 'not-shown' });
  // Wilson's interval of 12 in 20, as R's prop.test(12, 20, correct = FALSE) gives it.
  expect(found.consistency).toMatchObject({ value: 0.6, n: 20 });
  expect(found.consistency!.low).toBeCloseTo(0.3866, 4);
  expect(found.consistency!.high).toBeCloseTo(0.7812, 4);
});

it.each<[string, BothOrders[], string]>([
  ['always the first', times(10, ['win', 'loss']), 'cannot-tell'],
  ['the same both times', times(10, ['win', 'win']), 'tells'],
  ['a coin', [...times(20, ['win', 'win']), ...times(20, ['win', 'loss'])], 'not-shown'],
  ['always a tie', times(50, ['tie', 'tie']), 'not-shown'],
  ['nothing that can be read', times(5, [null, 'win']), 'not-shown'],
  ['nothing at all', [], 'not-shown'],
  ['too few to know', times(3, ['win', 'win']), 'not-shown'],
])('knows how far a judge can be believed: %s', (_, pairs, standing) => {
  expect(judgeConsistency(pairs).standing).toBe(standing);
});

it('a judge that does not look at the answers keeps half of its winners at most, whatever it likes to say', () => {
  const weight = fc.double({ min: 0.001, max: 1, noNaN: true });
  fc.assert(
    fc.property(weight, weight, weight, (a, b, t) => {
      const chances = { A: a / (a + b + t), B: b / (a + b + t), tie: t / (a + b + t) };
      let asked = 0;
      let kept = 0;
      for (const first of ['A', 'B', 'tie'] as const) {
        for (const second of ['A', 'B', 'tie'] as const) {
          const keeps = keepsWinner(bothOrders(first, second));
          const chance = chances[first] * chances[second];
          if (keeps !== null) asked += chance;
          if (keeps === true) kept += chance;
        }
      }
      expect(kept / asked).toBeLessThanOrEqual(0.5 + 1e-12);
    }),
  );
});

it('does not depend on which side is called the candidate, nor on the order of the pairs', () => {
  const said = fc.constantFrom<Preference>('A', 'B', 'tie', null);
  const pairs = fc.array(fc.tuple(said, said), { maxLength: 30 });
  fc.assert(
    fc.property(pairs, (all) => {
      const found = judgeConsistency(all.map(([first, second]) => bothOrders(first, second)));
      // With the sides exchanged the judge sees the same two questions in the other order.
      const turned = judgeConsistency(all.toReversed().map(([first, second]) => bothOrders(second, first)));
      expect(turned).toEqual(found);
    }),
  );
});

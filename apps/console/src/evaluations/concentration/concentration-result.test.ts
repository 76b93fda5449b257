import { expect, it } from 'vitest';
import { concentrationOf } from './concentration-result.ts';

const estimate = (value: number) => ({ value, low: value - 0.01, high: value + 0.01, p: 0.01, n: 10 });

it('reads experts by their effects, and what is proposed', () => {
  const found = concentrationOf({
    margins: [{ class: 'harmful', margin: estimate(0.4) }], refusalMargin: estimate(0.4),
    rates: { experts: 2, shown: [{ layer: 0, expert: 1, harmful: 0.4, harmless: 0.2, difference: { ...estimate(0.2), pAdjusted: 0.02 }, isFound: true }] },
    knockOuts: [{ layer: 0, expert: 1, chosen: 'all-experts', effect: estimate(0.3), pAdjusted: 0.01, share: 0.7, isFound: true }, { layer: 'one', expert: 1, effect: estimate(1) }],
    smallestSet: { target: 0.5, isReached: true, carriers: [{ layer: 0, expert: 1, removed: 0.7 }] },
    concentration: { gini: 0.4, effectiveCarriers: 1.4 },
    proposals: [{ layer: 0, expert: 1, effect: 0.3, share: 0.7, reasons: [{ reason: 'in-smallest-set', detail: 'It is number 1.' }] }],
  });
  expect(found.knockOuts).toHaveLength(1);
  expect(found).toMatchObject({ rates: [{ layer: 0, expert: 1, isFound: true }], carriers: [{ removed: 0.7 }], target: 0.5, effectiveCarriers: 1.4, proposals: [{ share: 0.7, reasons: ['It is number 1.'] }] });
});

it.each([null, 'x', { rates: [], knockOuts: [null, 3], smallestSet: 4, proposals: [{ layer: -1, expert: 2 }] }])('breaks on nothing: %j', (result) => {
  expect(concentrationOf(result)).toMatchObject({ knockOuts: [], rates: [], proposals: [] });
});

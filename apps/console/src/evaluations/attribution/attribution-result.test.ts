import { expect, it } from 'vitest';
import { attributionOf } from './attribution-result.ts';

const interval = (value: number) => ({ value, low: value - 0.01, high: value + 0.01 });

it('reads the swap so that effects add up to the change', () => {
  const found = attributionOf({
    cause: 'expert', confidence: 0.97, named: ['expert/2/3'], causes: [{ cause: 'expert', confidence: 0.97 }, { cause: 'both', confidence: 0.03 }],
    old: interval(2), new: interval(2.3), change: interval(0.3),
    effects: { router: interval(0.02), experts: interval(0.25), interaction: interval(0.03), backbone: interval(0), routerMain: interval(0.035), expertsMain: interval(0.265) },
    components: [{ component: 'expert/2/3', share: interval(0.26), part: 0.87, samplingError: null, confidence: 0.99, named: true }, { component: 'router/3', share: interval(0.04), part: 0.13, confidence: 0.4, named: false }],
    knockOut: [{ component: 'expert/2/3', old: interval(0.1), new: interval(-0.2) }],
    replay: { change: interval(0.28), detail: '' }, exchange: null, counterfactual: { tokens: 8, wonBackShare: 0.3, fixedTokens: 2 }, cost: { rows: 1, coalitions: 4, items: 64 },
  });
  expect(found.cells.map(({ router, experts, bitsPerByte }) => [router, experts, Number(bitsPerByte.value.toFixed(6))])).toEqual([['old', 'old', 2], ['old', 'new', 2.25], ['new', 'old', 2.02], ['new', 'new', 2.3]]);
  expect(found.effects.map(({ name }) => name)).toEqual(['router', 'experts', 'interaction']);
  expect(found).toMatchObject({ cause: 'expert', confidence: 0.97, hasBackbone: false, shares: [{ name: 'expert/2/3', isNamed: true }, { isNamed: false }], knockOuts: [{ name: 'expert/2/3' }], others: { wonBackShare: 0.3, fragileTokens: 8 } });
});

it.each([null, 'x', { effects: null, components: [null, {}], old: 'much', replay: 'not possible', counterfactual: 'not possible' }])('breaks on nothing: %j', (result) => {
  expect(attributionOf(result)).toMatchObject({ cells: [], effects: [], shares: [], knockOuts: [] });
});

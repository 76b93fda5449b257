import { expect, it } from 'vitest';
import { emptyUsage } from '#libs/trace/usage';
import { type UsageGroup } from '#libs/store/usage/usage-query';
import { chooseExperts } from './choose-experts.ts';

function group(task: string, loads: readonly (readonly number[])[], gateMass: readonly (readonly number[])[]): UsageGroup {
  const layers = emptyUsage(loads.length, loads[0]!.length).map((usage, layer) => ({ ...usage, layer, load: Float64Array.from(loads[layer]!), gateMass: Float64Array.from(gateMass[layer]!) }));
  return { releaseId: null, segment: { task }, bucketMs: null, layers };
}

const GROUPS = [group('code', [[80, 20, 10]], [[60, 15, 5]]), group('prose', [[0, 30, 70]], [[0, 25, 60]])];

it('takes the experts that every task uses, by their mean gates', () => {
  // Least shares: 0, 2/11 and 1/11.
  expect(chooseExperts(GROUPS, 1, 2)).toEqual([[{ expert: 1, gate: expect.closeTo(40 / 105, 12) }, { expert: 2, gate: expect.closeTo(65 / 105, 12) }]]);
});

it('takes the given experts, and equal gates without traffic', () => {
  expect(chooseExperts(GROUPS, 1, 1, [[0]])).toEqual([[{ expert: 0, gate: 1 }]]);
  expect(chooseExperts([], 1, 2, [[2, 0]])).toEqual([[{ expert: 2, gate: 0.5 }, { expert: 0, gate: 0.5 }]]);
  expect(chooseExperts([], 1, 2)).toBeNull();
});

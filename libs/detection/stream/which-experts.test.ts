import { expect, it } from 'vitest';
import { correlatedRequest, seededRandom } from '#libs/stats/testing/random-requests';
import { freezeUsageBaseline } from '../baseline/usage-baseline.ts';
import { expertBounds, expertEValues, namedExperts, newExpertProcesses, observeExperts } from './which-experts.ts';

const random = seededRandom(15);
const P = [0.2, 0.18, 0.15, 0.12, 0.1, 0.1, 0.08, 0.07];
const draw = (p: readonly number[]): Float32Array => Float32Array.from(correlatedRequest(random, p, 120, 0.03), (count) => count / 120);
const baseline = freezeUsageBaseline([{ name: 'all', shares: Array.from({ length: 4000 }, () => draw(P)) }]);
const bounds = expertBounds(baseline, 0.01);

function after(requests: number, p: readonly number[]): ReturnType<typeof newExpertProcesses> {
  const processes = newExpertProcesses(P.length);
  for (let at = 0; at < requests; at += 1) observeExperts(processes, draw(p), baseline, bounds);
  return processes;
}

it('has e-values: their mean is at most 1 for experts that did not move', () => {
  const values = Array.from({ length: 300 }, () => expertEValues(after(100, P), P.length)).flat();
  // Mean of 2,400; the bounds are well above the means, so it is far below 1 but for a rare large one.
  expect(values.reduce((a, b) => a + b, 0) / values.length).toBeLessThan(1);
});

it('names an expert falsely in no more than the level of runs', () => {
  let named = 0;
  for (let run = 0; run < 200; run += 1) named += namedExperts(after(150, P), baseline, P, P, P.length, 0.05).filter(({ eValue }) => (eValue ?? 0) >= P.length / 0.05).length > 0 ? 1 : 0;
  // At 0.05 at most 10 of 200 are expected; more than 19 have a probability below 0.003.
  expect(named).toBeLessThanOrEqual(19);
});

it('names the experts that moved, the rest only as context', () => {
  const moved = [0.28, 0.1, 0.15, 0.12, 0.1, 0.1, 0.08, 0.07];
  const found = namedExperts(after(300, moved), baseline, moved, P, P.length, 0.05);
  expect(found.slice(0, 2).map(({ expert }) => expert).toSorted()).toEqual([0, 1]);
  expect(found[0]?.eValue).toBeGreaterThan(1000);
  expect(found).toHaveLength(3);
  expect(found[2]?.eValue).toBeLessThan(160);
  expect(found[0]).toMatchObject({ share: moved[found[0]!.expert], baselineShare: P[found[0]!.expert] });
});

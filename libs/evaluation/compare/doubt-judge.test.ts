import { expect, it } from 'vitest';
import { type MetricResult } from '../run/result.ts';
import { type Gate } from '../suite/suite.ts';
import { doubtJudge } from './doubt-judge.ts';
import { judgeGates } from './judge-gates.ts';

const metric = (low: number, high: number, over: Partial<MetricResult> = {}): MetricResult => ({
  name: 'winShare', unit: 'share', slice: null, better: 'higher', candidate: { value: (low + high) / 2, low, high, n: 40 }, reference: null, difference: null, ...over,
});

function outcomeOf(gate: Omit<Gate, 'metric'>, low: number, high: number, standing: Parameters<typeof doubtJudge>[2]) {
  const metrics = [metric(low, high)];
  const [found] = doubtJudge(judgeGates([{ metric: 'winShare', ...gate }], metrics), metrics, standing);
  return `${found!.outcome}: ${found!.reason}`;
}

it.each([
  // An even split keeps "no worse than 0.4" whatever the answers are.
  [{ atLeast: 0.4 }, 0.45, 0.55, 'inconclusive: judge-cannot-tell'],
  [{ atLeast: 0.5 }, 0.5, 0.5, 'inconclusive: judge-cannot-tell'],
  // And breaks "better than 0.6".
  [{ atLeast: 0.6 }, 0.45, 0.55, 'inconclusive: judge-cannot-tell'],
  [{ atLeast: 0.6 }, 0.52, 0.58, 'inconclusive: judge-cannot-tell'],
  // Ties draw towards the even split and never away from it.
  [{ atLeast: 0.4 }, 0.55, 0.7, 'pass: bound-kept'],
  [{ atLeast: 0.55 }, 0.6, 0.7, 'pass: bound-kept'],
  [{ atLeast: 0.5 }, 0.3, 0.4, 'fail: bound-broken'],
  [{ atMost: 0.6 }, 0.45, 0.55, 'inconclusive: judge-cannot-tell'],
  [{ atMost: 0.6 }, 0.3, 0.4, 'pass: bound-kept'],
  [{ atMost: 0.6 }, 0.7, 0.8, 'fail: bound-broken'],
  [{ atLeast: 0.5 }, 0.45, 0.55, 'inconclusive: interval-holds-bound'],
])('a judge that cannot tell decides a gate of %j with %d to %d only by a clear side: %s', (gate, low, high, wanted) => {
  expect(outcomeOf(gate, low, high, 'cannot-tell')).toBe(wanted);
  expect(outcomeOf(gate, low, high, 'not-shown')).toBe(wanted);
});

it('leaves the gates of a judge that tells, and those about the judge, as they are', () => {
  expect(outcomeOf({ atLeast: 0.4 }, 0.45, 0.55, 'tells')).toBe('pass: bound-kept');
  const metrics = [metric(0.1, 0.3, { name: 'positionConsistency' })];
  const gates = judgeGates([{ metric: 'positionConsistency', atLeast: 0.65 }], metrics);
  expect(doubtJudge(gates, metrics, 'cannot-tell')).toEqual(gates);
  expect(gates[0]!.outcome).toBe('fail');
});

import { describe, expect, it } from 'vitest';
import { type GuardFigures, type StepFigures } from '../../api/gen/types.gen.ts';
import { guardTitle, guardVerdict, inUnit, reasonInWords, stepProgress } from './rollout-words.ts';

const guard: GuardFigures = {
  guard: 'error-rate', unit: 'share', stepObservations: 40, observations: 90, minObservations: 20, candidate: 0.02, stable: 0.01, effect: 0.01,
  interval: { low: -0.02, high: 0.04, level: 0.95 }, margin: 0.005, eValue: 1.4, peakEValue: 2, failsAt: 100, layer: null,
};
const step: StepFigures = { elapsedMs: 30_000, step: 0, share: 0.1, candidateRequests: 50, stableRequests: 400, comparedRequests: 0, minRequests: 100, expertTokens: { 'expert/3/5': 900 }, minTokensPerChangedExpert: 1000, guards: [] };

describe('what a guard says', () => {
  it('has seen nothing, too little, enough, or harm', () => {
    expect(guardVerdict({ ...guard, effect: null, interval: null }).verdict).toBe('no data');
    expect(guardVerdict({ ...guard, stepObservations: 3 }).verdict).toBe('too little seen');
    expect(guardVerdict(guard)).toMatchObject({ tone: 'ok', verdict: 'no proof of harm' });
    expect(guardVerdict({ ...guard, interval: { low: -0.01, high: 0.004, level: 0.95 } }).verdict).toBe('within the margin');
    expect(guardVerdict({ ...guard, peakEValue: 100 })).toMatchObject({ tone: 'bad', verdict: 'failed' });
  });

  it('tells effect, interval, margin and evidence with their units', () => {
    expect(guardVerdict({ ...guard, layer: 2 }).words).toBe('The candidate differs by +1% (95% interval -2% to +4%), in layer 2; above 0 is worse, and 0.5% is allowed. Evidence of harm beyond the margin is 1.4 of 100.');
    expect([inUnit(0.25, 'bits'), inUnit(-0.1, 'nats', true), inUnit(0.05, 'score', true), inUnit(null, 'bits')]).toEqual(['0.25 bit', '-0.1 nat', '+0.05 in score', 'none']);
  });
});

describe('how far a step has come', () => {
  it('is what lags most', () => {
    expect(stepProgress(step, 60_000)).toBe(0.5);
    expect(stepProgress({ ...step, candidateRequests: 1000 }, 10_000)).toBe(0.9);
    expect(stepProgress({ ...step, candidateRequests: 1000, minTokensPerChangedExpert: 0 }, 10_000)).toBe(1);
  });

  it('waits for guards that have seen too little', () => {
    expect(stepProgress({ ...step, candidateRequests: 1000, expertTokens: {}, guards: [{ ...guard, stepObservations: 5 }] }, 0)).toBe(0.25);
  });

  it('counts compared requests while only the shadow runs', () => {
    expect(stepProgress({ ...step, share: 0, comparedRequests: 10, expertTokens: {} }, 0)).toBe(0.1);
  });
});

it('has words for reasons and guards, also for new ones', () => {
  expect(reasonInWords('too-few-requests')).toMatch(/enough requests/);
  expect(reasonInWords('moon-too-full')).toBe('Moon too full.');
  expect(guardTitle('latency/time-per-token/p95')).toBe('Latency (time per token, p95)');
});

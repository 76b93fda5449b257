import { describe, expect, it } from 'vitest';
import { SIMULATED_PLAN, simulateRollout } from './testing/simulated-rollout.ts';
import { NO_HARM } from './testing/simulated-traffic.ts';

const seeds = (count: number, first: number): number[] => Array.from({ length: count }, (_, n) => first + n);

describe('a whole rollout on simulated traffic, looked at at every tick', () => {
  it('rolls good candidates back at most at the promised rate', () => {
    const runs = seeds(60, 1).map((seed) => simulateRollout(seed, NO_HARM).verdict);
    expect(runs.filter(({ verdict }) => verdict === 'fail').length / runs.length).toBeLessThanOrEqual(SIMULATED_PLAN.falseRollbackRate);
    expect(runs.filter(({ verdict }) => verdict === 'complete').length).toBeGreaterThanOrEqual(57);
  });

  it.each([
    ['error-rate', { ...NO_HARM, errorRate: 0.15 }],
    ['latency/duration/p95', { ...NO_HARM, latencyFactor: 2 }],
    ['output-divergence/argmax-disagreement', { ...NO_HARM, argmax: 0.3 }],
    ['routing-divergence/usage', { ...NO_HARM, routing: 0.25 }],
    ['feedback', { ...NO_HARM, feedback: 0.6 }],
  ])('rolls a bad candidate back by %s', (guard, harm) => {
    for (const seed of seeds(3, 100)) expect(simulateRollout(seed, harm).verdict).toMatchObject({ verdict: 'fail', reason: 'guard-failed', guard });
  });
});

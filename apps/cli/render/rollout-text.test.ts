import { expect, it } from 'vitest';
import { rolloutLine, rolloutText, type RolloutView } from './rollout-text.ts';

const figures = { candidateRequests: 3, stableRequests: 40, comparedRequests: 12, minRequests: 20, minTokensPerChangedExpert: 0, expertTokens: {}, guards: [] };
const view = (more: object): RolloutView =>
  ({ id: 'r1', model: 'toy', candidate: 'b'.repeat(64), stable: 'a'.repeat(64), state: 'running', reason: 'too-few-requests', step: 0, steps: 2, share: 0.05, stepResults: [], current: { figures, missing: '3 of 20 requests', guard: null }, ...more }) as unknown as RolloutView;

it('counts what was compared where the candidate answers nothing, and requests elsewhere', () => {
  expect(rolloutLine(view({}))).toBe('r1 running: step 1 of 2 at 5%, 3 of 20 requests, too-few-requests (3 of 20 requests)');
  expect(rolloutText(view({}))).toContain('candidate 3 of 20, stable 40, compared 12.');
  expect(rolloutLine(view({ share: 0 }))).toContain('at 0%, 12 of 20 compared requests');
  expect(rolloutText(view({ share: 0 }))).toContain('stable 40, compared 12 of 20.');
});

it('says no more what is missing once somebody has ended it', () => {
  for (const state of ['superseded', 'aborted']) expect(rolloutLine(view({ state, reason: 'aborted-by-hand' }))).toBe(`r1 ${state}: step 1 of 2 at 5%, 3 of 20 requests, aborted-by-hand`);
  expect(rolloutText(view({ state: 'superseded', reason: 'stable-changed' }))).toContain('superseded: stable-changed\n');
});

import { describe, expect, it } from 'vitest';
import { type ActivationState } from '../activation/activation-state.ts';
import { commandsToBegin, commandsToWithdraw, foreignChange } from './steer-activation.ts';
import { samplePlan, sampleStep } from './testing/sample-plan.ts';

const CANDIDATE = 'b'.repeat(64);
const plan = samplePlan({ steps: [sampleStep({ share: 0 }), sampleStep({ share: 0.1 }), sampleStep({ share: 0.1 }), sampleStep({ share: 0.5 })], shadowShare: 0.3 });
const canary = (share: number, releaseId = CANDIDATE) => ({ releaseId, share, stickyBy: 'request' as const, scope: plan.scope, salt: 'r' });
const state = (fields: Partial<ActivationState> = {}): ActivationState => ({ model: 'm', stable: 'a', previous: null, canary: null, shadow: { releaseId: CANDIDATE, share: 0.3 }, generation: 1, ...fields });

describe('commandsToBegin', () => {
  it('starts the shadow with the first step and the canary with the first share', () => {
    expect(commandsToBegin(plan, 0, 'r')).toEqual([{ type: 'start-shadow', shadow: { releaseId: CANDIDATE, share: 0.3 } }]);
    expect(commandsToBegin(plan, 1, 'r')).toEqual([{ type: 'start-canary', canary: canary(0.1) }]);
    expect(commandsToBegin(plan, 2, 'r')).toEqual([]);
    expect(commandsToBegin(plan, 3, 'r')).toEqual([{ type: 'set-canary-share', share: 0.5 }]);
    expect(commandsToBegin({ ...plan, steps: plan.steps.slice(1) }, 0, 'r').map(({ type }) => type)).toEqual(['start-shadow', 'start-canary']);
  });
});

describe('commandsToWithdraw', () => {
  it('takes out what the rollout put there, and nothing of others', () => {
    const rollout = { plan, candidate: CANDIDATE, stable: 'a', step: 1 };
    expect(commandsToWithdraw(rollout, state({ canary: canary(0.1) })).map(({ type }) => type)).toEqual(['abort-canary', 'stop-shadow']);
    expect(commandsToWithdraw(rollout, state({ canary: canary(0.1, 'c'), shadow: { releaseId: 'c', share: 1 } }))).toEqual([]);
    expect(commandsToWithdraw({ ...rollout, plan: { ...plan, shadowShare: 0 } }, state())).toEqual([]);
    // Once promoted, the way back is a rollback; not when somebody has activated something else since.
    expect(commandsToWithdraw({ ...rollout, step: 4 }, state({ stable: CANDIDATE, previous: 'a', shadow: null }))).toEqual([{ type: 'rollback' }]);
    expect(commandsToWithdraw({ ...rollout, step: 4 }, state({ stable: CANDIDATE, previous: 'x', shadow: null }))).toEqual([]);
  });
});

describe('foreignChange', () => {
  const at = (step: number) => ({ plan, candidate: CANDIDATE, stable: 'a', step });
  it.each([
    [null, 0, state()],
    [null, 1, state({ canary: canary(0.1), generation: 9 })],
    ['activation-gone', 0, null],
    ['stable-changed', 1, state({ stable: 'c', canary: canary(0.1) })],
    ['canary-aborted', 1, state()],
    ['canary-replaced', 1, state({ canary: canary(0.1, 'c') })],
    ['canary-replaced', 0, state({ canary: canary(0.1) })],
    ['share-changed', 3, state({ canary: canary(0.1) })],
    ['shadow-stopped', 0, state({ shadow: null })],
    [null, 1, state({ canary: canary(0.1), shadow: null })],
    [null, 4, state({ stable: CANDIDATE, previous: 'a', shadow: null })],
    ['stable-changed', 4, state({ shadow: null })],
    ['canary-replaced', 4, state({ stable: CANDIDATE, canary: canary(0.1, 'c') })],
  ])('says %s', (expected, step, activation) => {
    expect(foreignChange(at(step), activation)).toBe(expected);
  });
});

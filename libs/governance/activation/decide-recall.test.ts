import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type ActivationState, namedReleases } from './activation-state.ts';
import { decideRecall } from './decide-recall.ts';

const canary = (releaseId: string): NonNullable<ActivationState['canary']> => ({ releaseId, share: 0.1, stickyBy: 'key', scope: { segment: null, routeSlice: null }, salt: 's' });
const state = (fields: Partial<ActivationState> = {}): ActivationState => ({ model: 'm', stable: 'a', previous: null, canary: null, shadow: null, generation: 3, ...fields });
const decide = (from: ActivationState, withdrawn: readonly string[], formerStable: readonly string[] = [], force = false) =>
  decideRecall(from, { isWithdrawn: (releaseId) => withdrawn.includes(releaseId), formerStable, force });

it('moves a model back to the latest release that may serve, and ends what ran beside the one that goes', () => {
  const from = state({ previous: 'b', canary: canary('c'), shadow: { releaseId: 'd', share: 1 } });
  expect(decide(from, ['a'])).toEqual({ decision: 'move', reason: 'stable-replaced', next: { model: 'm', stable: 'b', previous: null, canary: null, shadow: null } });
  expect(decide(from, ['a', 'b'], ['b', 'e', 'f'])).toMatchObject({ next: { stable: 'e' } });
});

it('ends only the canary or the shadow that holds it', () => {
  const from = state({ previous: 'b', canary: canary('c'), shadow: { releaseId: 'd', share: 1 } });
  expect(decide(from, ['c'])).toMatchObject({ reason: 'candidates-ended', next: { stable: 'a', previous: 'b', canary: null, shadow: { releaseId: 'd' } } });
  expect(decide(from, ['d'])).toMatchObject({ reason: 'candidates-ended', next: { canary: { releaseId: 'c' }, shadow: null } });
  expect(decide(from, ['b'])).toMatchObject({ reason: 'way-back-closed', next: { stable: 'a', previous: null } });
  expect(decide(from, ['z'])).toEqual({ decision: 'keep', reason: 'not-held' });
});

it('stops a model only when told to', () => {
  expect(decide(state(), ['a'], ['a'])).toMatchObject({ decision: 'refuse', reason: 'nothing-left', detail: expect.stringContaining('force') });
  expect(decide(state(), ['a'], ['a'], true)).toEqual({ decision: 'stop', reason: 'nothing-left' });
});

it('never leaves a withdrawn release in any role', () => {
  const id = fc.constantFrom('a', 'b', 'c', 'd');
  const any = fc.record({ stable: id, previous: fc.option(id), canary: fc.option(id.map(canary)), shadow: fc.option(id.map((releaseId) => ({ releaseId, share: 1 }))) });
  fc.assert(
    fc.property(any, fc.subarray(['a', 'b', 'c', 'd']), fc.array(id), (fields, withdrawn, former) => {
      const decision = decide(state(fields), withdrawn, former);
      const left = decision.decision === 'move' ? namedReleases(decision.next) : decision.decision === 'keep' ? namedReleases(state(fields)) : [];
      expect(left.filter((releaseId) => withdrawn.includes(releaseId))).toEqual([]);
    }),
  );
});

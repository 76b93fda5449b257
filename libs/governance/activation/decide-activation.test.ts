import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ActivationCommand, type ActivationState, type Canary, namedReleases } from './activation-state.ts';
import { type ActivationFacts, decideActivation, type PartialRollback } from './decide-activation.ts';

const SCOPE = { segment: null, routeSlice: null };
const canary = (releaseId: string, share = 0.1): Canary => ({ releaseId, share, stickyBy: 'key', scope: SCOPE, salt: 's' });
const state = (fields: Partial<ActivationState> = {}): ActivationState => ({ model: 'm', stable: 'a', previous: null, canary: null, shadow: null, generation: 3, ...fields });

function facts(recalled: readonly string[] = [], partial: PartialRollback | null = null): ActivationFacts {
  return {
    model: 'm',
    release: (releaseId) => {
      if (releaseId === 'none') return null;
      return { model: releaseId === 'foreign' ? 'other' : 'm', recalled: recalled.includes(releaseId) ? [{ component: 'expert/0/1', sha256: 'f'.repeat(64) }] : [] };
    },
    partial,
  };
}

function reasonOf(from: ActivationState | null, command: ActivationCommand, given = facts()): string {
  return decideActivation(from, command, given).reason;
}

describe('decideActivation', () => {
  it('activates, and keeps the way back', () => {
    expect(decideActivation(null, { type: 'activate', releaseId: 'a' }, facts())).toEqual({
      decision: 'apply', reason: 'activated', next: { model: 'm', stable: 'a', previous: null, canary: null, shadow: null },
    });
    expect(decideActivation(state(), { type: 'activate', releaseId: 'b' }, facts())).toMatchObject({ next: { stable: 'b', previous: 'a' } });
  });

  it('promotes a canary and can roll it back, once', () => {
    const promoted = decideActivation(state({ canary: canary('b') }), { type: 'promote' }, facts());
    expect(promoted).toMatchObject({ reason: 'promoted', next: { stable: 'b', previous: 'a', canary: null } });
    const back = decideActivation(state({ stable: 'b', previous: 'a', canary: canary('c') }), { type: 'rollback' }, facts());
    expect(back).toMatchObject({ reason: 'rolled-back', next: { stable: 'a', previous: null, canary: null } });
    expect(reasonOf(state(), { type: 'rollback' })).toBe('no-previous');
  });

  it('takes back one part and keeps the whole release before as the way back for the rest', () => {
    const from = state({ stable: 'b', previous: 'a', canary: canary('c') });
    const partial = { releaseId: 'x', compatible: true, finding: '' };
    const rollback = { type: 'rollback', part: 'routers' } as const;
    expect(decideActivation(from, rollback, facts([], partial))).toMatchObject({ reason: 'part-rolled-back', next: { stable: 'x', previous: 'a', canary: null } });
    expect(decideActivation(from, rollback, facts([], { ...partial, releaseId: 'a' }))).toMatchObject({ next: { stable: 'a', previous: null } });
    expect(decideActivation(from, rollback, facts([], { ...partial, compatible: false, finding: 'router/0 was never trained with these.' }))).toMatchObject({
      reason: 'incompatible-parts', detail: expect.stringContaining('router/0 was never trained with these.'),
    });
    expect(reasonOf(from, rollback, facts([], { ...partial, releaseId: 'b' }))).toBe('same-as-stable');
  });

  it('ends a shadow that has become the stable release', () => {
    const from = state({ canary: canary('b'), shadow: { releaseId: 'b', share: 1 } });
    expect(decideActivation(from, { type: 'promote' }, facts())).toMatchObject({ next: { shadow: null } });
    expect(decideActivation(from, { type: 'abort-canary' }, facts())).toMatchObject({ next: { canary: null, shadow: { releaseId: 'b' } } });
  });

  it.each<[string, ActivationState | null, ActivationCommand]>([
    ['nothing-activated', null, { type: 'promote' }],
    ['unknown-release', state(), { type: 'activate', releaseId: 'none' }],
    ['release-of-another-model', state(), { type: 'activate', releaseId: 'foreign' }],
    ['recalled-component', state(), { type: 'activate', releaseId: 'bad' }],
    ['recalled-component', state(), { type: 'start-canary', canary: canary('bad') }],
    ['recalled-component', state({ canary: canary('bad') }), { type: 'promote' }],
    ['recalled-component', state({ canary: canary('bad') }), { type: 'set-canary-share', share: 1 }],
    ['recalled-component', state({ previous: 'bad' }), { type: 'rollback' }],
    ['recalled-component', state(), { type: 'start-shadow', shadow: { releaseId: 'bad', share: 1 } }],
    ['same-as-stable', state(), { type: 'activate', releaseId: 'a' }],
    ['same-as-stable', state(), { type: 'start-canary', canary: canary('a') }],
    ['same-as-stable', state(), { type: 'start-shadow', shadow: { releaseId: 'a', share: 1 } }],
    ['canary-running', state({ canary: canary('b') }), { type: 'start-canary', canary: canary('c') }],
    ['canary-running', state({ canary: canary('b') }), { type: 'activate', releaseId: 'b' }],
    ['no-canary', state(), { type: 'promote' }],
    ['no-canary', state(), { type: 'abort-canary' }],
    ['no-canary', state(), { type: 'set-canary-share', share: 0.5 }],
    ['shadow-running', state({ shadow: { releaseId: 'b', share: 1 } }), { type: 'start-shadow', shadow: { releaseId: 'c', share: 1 } }],
    ['no-shadow', state(), { type: 'stop-shadow' }],
    ['invalid-share', state(), { type: 'start-canary', canary: canary('b', 1.5) }],
    ['invalid-share', state({ canary: canary('b') }), { type: 'set-canary-share', share: Number.NaN }],
    ['invalid-route-slice', state(), { type: 'start-canary', canary: { ...canary('b'), scope: { segment: null, routeSlice: { experts: [], minShare: 0.5 } } } }],
    ['invalid-route-slice', state(), { type: 'start-canary', canary: { ...canary('b'), scope: { segment: null, routeSlice: { experts: ['expert/0/1'], minShare: 0 } } } }],
  ])('refuses: %s', (reason, from, command) => {
    const decision = decideActivation(from, command, facts(['bad']));
    expect(decision).toMatchObject({ decision: 'refuse', reason });
    expect(decision.decision === 'refuse' && decision.detail.length > 15).toBe(true);
  });

  const releaseId = fc.constantFrom('a', 'b', 'c', 'bad', 'foreign', 'none');
  const command: fc.Arbitrary<ActivationCommand> = fc.oneof(
    releaseId.map((id): ActivationCommand => ({ type: 'activate', releaseId: id })),
    fc.tuple(releaseId, fc.double({ min: 0, max: 1, noNaN: true })).map(([id, share]): ActivationCommand => ({ type: 'start-canary', canary: canary(id, share) })),
    releaseId.map((id): ActivationCommand => ({ type: 'start-shadow', shadow: { releaseId: id, share: 1 } })),
    fc.constantFrom<ActivationCommand>({ type: 'promote' }, { type: 'abort-canary' }, { type: 'rollback' }, { type: 'stop-shadow' }, { type: 'set-canary-share', share: 0.4 }),
  );

  it('never lets a recalled or foreign release serve, nor two roles hold one release, whatever is done', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        let current: ActivationState | null = null;
        for (const [at, one] of commands.entries()) {
          const decision = decideActivation(current, one, facts(['bad']));
          if (decision.decision === 'refuse') continue;
          const next: ActivationState = { ...decision.next, generation: at + 1 };
          expect(namedReleases(next).every((id) => ['a', 'b', 'c'].includes(id))).toBe(true);
          expect([next.canary?.releaseId, next.shadow?.releaseId, next.previous]).not.toContain(next.stable);
          current = next;
        }
      }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { ROUTES } from '#libs/contract/management/routes';
import { DEFAULT_MARGINS } from '#libs/governance/rollout/plan';
import { GUARD_CHOICES, lacksShadow, newDraft, planFrom } from './plan-draft.ts';

const CANDIDATE = '5f'.repeat(32);

describe('a plan out of the form', () => {
  it('is one that the API takes, with the defaults as they come', () => {
    const plan = planFrom(newDraft(CANDIDATE), 'tiny');
    expect(ROUTES.createRollout.body.parse({ plan }).plan).toMatchObject({
      candidate: CANDIDATE, stickyBy: 'session', shadowShare: 0.2, falseRollbackRate: 0.05, watch: null,
      steps: [{ share: 0.05, bakeMs: 600_000, minRequests: 200, maxMs: 3_600_000 }, { share: 0.25 }, { share: 0.5 }],
      guards: [{ kind: 'error-rate', margin: 0.005 }, { kind: 'latency', measure: 'duration' }, { kind: 'output-divergence' }],
    });
  });

  it('names a segment only where a label is given, and a watch only where it lasts', () => {
    const draft = newDraft(CANDIDATE);
    expect(planFrom(draft, 'tiny')).not.toHaveProperty('scope');
    expect(planFrom({ ...draft, segment: { tenant: 'a', task: ' ', language: '' }, watchMinutes: '5' }, 'tiny')).toMatchObject({ scope: { segment: { tenant: 'a' } }, watch: { bakeMs: 300_000, minRequests: 200, maxMs: 600_000 } });
  });

  it('names a slice only where an expert is given', () => {
    const draft = { ...newDraft(CANDIDATE), slice: { experts: 'expert/3/5', minPercent: '30' } };
    expect(ROUTES.createRollout.body.parse({ plan: planFrom(draft, 'tiny') }).plan.scope).toEqual({ segment: null, routeSlice: { experts: ['expert/3/5'], minShare: 0.3 } });
  });

  it('offers the margins that the server would take', () => {
    for (const { id, margin } of GUARD_CHOICES) {
      const name = (id.startsWith('latency') ? 'latency' : id) as keyof typeof DEFAULT_MARGINS;
      expect(margin, id).toBe(DEFAULT_MARGINS[name]);
    }
  });

  it('knows when a guard has nothing to compare', () => {
    const draft = newDraft(CANDIDATE);
    expect(lacksShadow(draft)).toBe(false);
    expect(lacksShadow({ ...draft, shadowPercent: '0' })).toBe(true);
    expect(lacksShadow({ margins: { 'error-rate': '0.01' }, shadowPercent: '' })).toBe(false);
  });
});

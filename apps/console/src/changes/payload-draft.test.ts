import { describe, expect, it } from 'vitest';
import { draftOf, payloadOf, startDraft } from './payload-draft.ts';

const sha256 = 'ab'.repeat(32);
const at = { kind: 'at-once' };

describe('payloadOf and draftOf', () => {
  it.each([
    { type: 'activate', model: 'toy', releaseId: sha256, strategy: { kind: 'canary', share: 0.125, stickyBy: 'key' } },
    { type: 'add-expert', model: 'toy', releaseId: sha256, strategy: { kind: 'rollout', plan: { steps: [], guards: [] } } },
    { type: 'replace-expert', model: 'toy', replace: [{ component: 'expert/0/1', sha256 }, { component: 'expert/1/1', sha256 }], strategy: at },
    { type: 'change-routing-settings', model: 'toy', settings: { topK: 1, normalise: false }, strategy: at },
    { type: 'change-routing-settings', model: 'toy', settings: { capacity: { factor: 1.25, policy: 'drop', scope: 'request' }, quotas: null }, strategy: at },
    { type: 'retire-expert', model: 'toy', experts: ['expert/0/1', 'expert/1/0'] },
    { type: 'rescope-expert', model: 'toy', sha256, card: { title: 'Law' } },
    { type: 'change-data-rules', model: 'toy', rules: [{ id: 'a', expert: 'expert/0/0', effect: 'deny' }] },
    { type: 'recall', model: 'toy', sha256, reason: 'It leaks.' },
    { type: 'change-policy', policies: 'permit (principal, action, resource);', limits: { approvalHours: 1, changeDays: 2, reviewHours: 24, breakGlassHours: 3 } },
    { type: 'set-governance', model: 'toy', mode: 'open' },
  ])('give back a request of the type $type as it was', (payload) => {
    expect(payloadOf(draftOf(payload))).toEqual(payload);
  });

  it('name the field that is no JSON', () => {
    expect(() => payloadOf(startDraft('change-data-rules', { rules: '[{' }))).toThrow(expect.objectContaining({ field: 'change.rules' }));
  });

  it('read components in the forms people paste them', () => {
    expect(payloadOf(startDraft('change-router', { model: 'toy', replace: `router/0:${sha256}\n\n  router/1   ${sha256}\n` }))).toMatchObject({ replace: [{ component: 'router/0', sha256 }, { component: 'router/1', sha256 }] });
  });
});

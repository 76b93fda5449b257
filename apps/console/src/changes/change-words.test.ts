import { describe, expect, it } from 'vitest';
import { actsShown, blockedBy } from './change-words.ts';

describe('blockedBy', () => {
  it('is one line that names the evidence', () => {
    expect(blockedBy([{ reason: 'not-open', detail: '' }, { reason: 'evidence-missing', detail: '', evidence: 'evaluation' }, { reason: 'evidence-missing', detail: '', evidence: 'safety-suite' }, { reason: 'approvals-missing', detail: '' }])).toBe(
      'Not submitted yet; evidence missing: evaluation, safety-suite; approvals missing',
    );
    expect(blockedBy([{ reason: 'something-new', detail: '' }])).toBe('Something new');
    expect(blockedBy([])).toBeNull();
  });
});

it('offers what leads on in each state, and nothing once it has ended without debts', () => {
  expect(actsShown('draft', false, null)).not.toContain('approve');
  expect([actsShown('applied', false, 'at-once'), actsShown('applied', true, 'at-once'), actsShown('applying', false, 'canary'), actsShown('applying', false, 'rollout')]).toEqual([[], ['review'], ['promote'], []]);
});

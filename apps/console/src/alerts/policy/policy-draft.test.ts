import { expect, it } from 'vitest';
import { type NotificationPolicy } from '../../api/gen/types.gen.ts';
import { draftOfPolicy, moved, policyOfDraft } from './policy-draft.ts';

const TIMING = { groupWaitMs: 30_000, groupIntervalMs: 300_000, repeatIntervalMs: 14_400_000 };
const POLICY: NotificationPolicy = {
  receivers: ['a'], groupBy: ['model', 'signal'], timing: TIMING, watchdogRepeatMs: 300_000, generation: 4, updatedBy: 'ada', updatedAt: '2026-01-01T00:00:00Z',
  routes: [{ name: 'critical', matchers: [{ label: 'severity', is: 'equal', value: 'critical' }], receivers: ['b'], groupBy: null, timing: null, continues: true }, { name: 'fast', matchers: [], receivers: ['a'], groupBy: ['layer'], timing: TIMING, continues: false }],
  inhibitions: [{ source: [{ label: 'signal', is: 'equal', value: 'no-data' }], target: [{ label: 'signal', is: 'not-equal', value: 'no-data' }], equal: ['model'] }],
  escalations: [{ name: 'boss', matchers: [], afterMs: 600_000, receivers: ['b'] }],
};

it('comes back as it was', () => {
  const { generation: _generation, updatedBy: _by, updatedAt: _at, ...body } = POLICY;
  expect(policyOfDraft(draftOfPolicy(POLICY))).toEqual(body);
});

it('is not sent while a duration cannot be read', () => {
  const draft = draftOfPolicy(POLICY);
  expect(policyOfDraft({ ...draft, watchdogRepeat: 'often' })).toBeNull();
  expect(policyOfDraft({ ...draft, escalations: [{ ...draft.escalations[0]!, after: '' }] })).toBeNull();
  expect(policyOfDraft({ ...draft, routes: [{ ...draft.routes[1]!, timing: { wait: 'x', interval: '1 s', repeat: '1 s' } }] })).toBeNull();
});

it('moves routes, not beyond the ends', () => {
  expect(moved(['a', 'b', 'c'], 1, -1)).toEqual(['b', 'a', 'c']);
  expect(moved(['a', 'b'], 1, 1)).toEqual(['a', 'b']);
});

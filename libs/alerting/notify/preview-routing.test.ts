import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY, type NotificationPolicy, routeAlert } from './policy.ts';
import { previewRouting } from './preview-routing.ts';

const POLICY: NotificationPolicy = {
  ...DEFAULT_POLICY,
  receivers: ['all'],
  routes: [
    { name: 'paging', matchers: [{ label: 'severity', is: 'equal', value: 'critical' }], receivers: ['pager'], groupBy: ['model'], timing: { groupWaitMs: 1, groupIntervalMs: 2, repeatIntervalMs: 3000 }, continues: true },
    { name: 'shifts', matchers: [{ label: 'signal', is: 'one-of', values: ['mix-shift', 'router-shift'] }], receivers: ['team', 'pager'], groupBy: null, timing: null, continues: false },
    { name: 'never', matchers: [], receivers: ['nobody'], groupBy: null, timing: null, continues: false },
  ],
  escalations: [
    { name: 'late', matchers: [], afterMs: 7000, receivers: ['boss'] },
    { name: 'soon', matchers: [{ label: 'severity', is: 'equal', value: 'critical' }], afterMs: 5000, receivers: ['deputy'] },
  ],
};
const LABELS = { signal: 'mix-shift', severity: 'critical', model: 'toy', layer: '3' };

describe('previewRouting', () => {
  it('names each receiver, the route that takes the alert, its group and its times', () => {
    const { targets } = previewRouting(POLICY, LABELS);
    expect(targets.map(({ receiverId, reason, via, afterMs }) => [receiverId, reason, via, afterMs])).toEqual([
      ['pager', 'route', 'paging', 0], ['team', 'route', 'shifts', 0], ['pager', 'route', 'shifts', 0], ['deputy', 'escalation', 'soon', 5000], ['boss', 'escalation', 'late', 7000],
    ]);
    expect(targets[0]).toMatchObject({ groupLabels: { model: 'toy' }, timing: { repeatIntervalMs: 3000 } });
  });

  it('says which other alerts would hush it, and that a source is not hushed by its like', () => {
    expect(previewRouting(POLICY, LABELS).hushedBy.map(({ source }) => source)).toEqual([
      [{ label: 'signal', is: 'equal', value: 'no-data' }], [{ label: 'signal', is: 'equal', value: 'router-shift' }],
    ]);
    expect(previewRouting(POLICY, { ...LABELS, signal: 'no-data' }).hushedBy).toEqual([]);
  });

  it('falls back to the receivers of the policy itself', () => {
    const { targets } = previewRouting({ ...POLICY, routes: [], escalations: [] }, LABELS);
    expect(targets).toMatchObject([{ receiverId: 'all', reason: 'no-route', via: '' }]);
  });

  it('names exactly those whom the alert would be routed to', () => {
    const label = fc.constantFrom('signal', 'severity', 'model');
    const value = fc.constantFrom('a', 'b', '');
    const matcher = fc.oneof(fc.record({ label, is: fc.constantFrom('equal' as const, 'not-equal' as const), value }), fc.record({ label, is: fc.constantFrom('one-of' as const, 'none-of' as const), values: fc.array(value, { minLength: 1, maxLength: 2 }) }));
    const route = fc.record({ name: fc.constantFrom('x', 'y', 'z'), matchers: fc.array(matcher, { maxLength: 2 }), receivers: fc.array(fc.constantFrom('1', '2', '3'), { maxLength: 2 }), groupBy: fc.constant(null), timing: fc.constant(null), continues: fc.boolean() });
    fc.assert(
      fc.property(fc.array(route, { maxLength: 4 }), fc.record({ signal: value, severity: value, model: value }), (routes, labels) => {
        const policy = { ...DEFAULT_POLICY, receivers: ['own'], routes };
        expect(previewRouting(policy, labels).targets.map(({ receiverId }) => receiverId)).toEqual(routeAlert(policy, labels).map(({ receiverId }) => receiverId));
      }),
    );
  });
});

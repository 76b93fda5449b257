import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countReviews, measureReview, type OwedReview, reviewStanding } from './owed-review.ts';

const HOUR = 3_600_000;
const DUE = 1_795_219_200_000;
const CHANGE: OwedReview = {
  kind: 'change', id: '0197280f-6000-7000-8000-000000000001', model: 'toy', what: 'Change 7 (Another expert) was applied without approvals', reason: 'It leaks addresses.', byName: 'oskar', handNames: ['ada', 'oskar'],
  atMs: DUE - 48 * HOUR, dueMs: DUE,
};
const LIMIT: OwedReview = { ...CHANGE, kind: 'limit', dueMs: DUE - 24 * HOUR };
const OVERRIDE: OwedReview = { ...CHANGE, kind: 'override', what: 'Protected experts were taken away without evidence (quarantine: expert/0/1)', handNames: ['oskar'] };

describe('reviewStanding', () => {
  it('is overdue from the due time on', () => {
    expect(reviewStanding(DUE, DUE - 1).standing).toBe('in-time');
    expect(reviewStanding(DUE, DUE)).toEqual({ standing: 'overdue', hoursPastDue: 0 });
    expect(reviewStanding(DUE, DUE + 3 * HOUR)).toEqual({ standing: 'overdue', hoursPastDue: 3 });
  });

  it('grows with time, and changes its side once', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 1e9 }), (fromMs, forMs) => {
        const [before, after] = [reviewStanding(DUE, DUE + fromMs), reviewStanding(DUE, DUE + fromMs + forMs)];
        expect(after.hoursPastDue).toBeGreaterThanOrEqual(before.hoursPastDue);
        expect(before.standing === 'overdue' && after.standing === 'in-time').toBe(false);
        expect(before.standing === 'overdue').toBe(before.hoursPastDue >= 0);
      }),
    );
  });
});

describe('measureReview', () => {
  it('says what was done, when its review was due, who may settle it, and how', () => {
    const reading = measureReview(CHANGE, DUE + 90 * 60_000, 'https://signalbox.example');
    expect(reading).toMatchObject({ signal: 'review-overdue', labels: { kind: 'change', subject: `change/${CHANGE.id}`, model: 'toy' }, value: 1.5, alarm: null, detail: { sinceMs: DUE } });
    expect(reading.detail.note).toBe(
      `Change 7 (Another expert) was applied without approvals at 2026-11-19T00:00:00.000Z by oskar: It leaks addresses. Its review was due at 2026-11-21T00:00:00.000Z. ` +
        `Somebody with the permission approve who had no hand in it (not ada, oskar) settles it: signalbox change review ${CHANGE.id} confirmed --note "..." (https://signalbox.example/changes/${CHANGE.id}).`,
    );
  });

  it('says of a time limit that nobody has said whether the change stays, with a subject of its own kind', () => {
    const reading = measureReview(LIMIT, DUE, null);
    expect(reading).toMatchObject({ labels: { kind: 'limit', subject: `change/${CHANGE.id}`, model: 'toy' }, value: 24, detail: { sinceMs: LIMIT.dueMs } });
    expect(reading.detail.note).toContain(`Its time limit was 2026-11-20T00:00:00.000Z, and nobody has confirmed that it stays. Revert it if it should not. Somebody with the permission approve who had no hand in it (not ada, oskar) settles it: signalbox change review ${CHANGE.id} confirmed`);
    expect(measureReview(LIMIT, LIMIT.dueMs - 1, null).detail.note).toContain('Its time limit is 2026-11-20T00:00:00.000Z, and nobody has confirmed that it stays.');
  });

  it('names the command and the link for an override', () => {
    const { labels, detail } = measureReview(OVERRIDE, DUE + 1, null);
    expect(labels).toEqual({ kind: 'override', subject: `protection-override/${CHANGE.id}`, model: 'toy' });
    expect(detail.note).toContain(`(not oskar) settles it: signalbox protect review ${CHANGE.id} confirm --model toy --reason "..." (/changes/reviews?model=toy&review=${CHANGE.id}).`);
  });

  it('has no model where the change concerns none, and no beginning while there is time', () => {
    const { labels, value, detail } = measureReview({ ...CHANGE, model: null }, DUE - 6 * HOUR, null);
    expect(labels).toEqual({ kind: 'change', subject: `change/${CHANGE.id}` });
    expect(value).toBe(-6);
    expect(detail.sinceMs).toBeUndefined();
    expect(detail.note).toContain('Its review is due at');
  });

  it('tells no more than the beginning of what people wrote', () => {
    const { note = '' } = measureReview({ ...CHANGE, reason: 'x'.repeat(4000), what: 'y'.repeat(4000) }, DUE, null).detail;
    expect(note.length).toBeLessThan(1000);
    expect(note).toContain(CHANGE.id);
  });
});

describe('countReviews', () => {
  it('counts by kind, and of those the overdue ones', () => {
    expect(countReviews([], DUE)).toEqual({ change: { owed: 0, overdue: 0 }, limit: { owed: 0, overdue: 0 }, override: { owed: 0, overdue: 0 } });
    expect(countReviews([CHANGE, LIMIT, { ...CHANGE, dueMs: DUE + 1 }, { ...OVERRIDE, dueMs: DUE + 1 }], DUE)).toEqual({ change: { owed: 2, overdue: 1 }, limit: { owed: 1, overdue: 1 }, override: { owed: 1, overdue: 0 } });
  });
});

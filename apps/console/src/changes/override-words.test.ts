import { describe, expect, it } from 'vitest';
import { actText, standingOf } from './override-words.ts';
import { parseReviewsSearch } from './reviews-search.ts';

const OWED = { changeId: null, reviewDueAt: '2026-01-02T00:00:00Z', review: null, isOverdue: false };
const review = { at: '2026-01-01T00:00:00Z', by: 'user:2', byName: 'Ada', note: 'Looked at it.' };

describe('an override', () => {
  it('owes a review until somebody confirms it', () => {
    expect(standingOf(OWED)).toBe('owed');
    expect(standingOf({ ...OWED, isOverdue: true })).toBe('overdue');
    expect(standingOf({ ...OWED, isOverdue: true, review: { ...review, verdict: 'to-revert' } })).toBe('to-revert');
    expect(standingOf({ ...OWED, review: { ...review, verdict: 'confirmed' } })).toBe('confirmed');
  });

  it('owes nothing itself where there was evidence, or where a change request holds it', () => {
    expect(standingOf({ ...OWED, reviewDueAt: null })).toBe('none');
    expect(standingOf({ ...OWED, reviewDueAt: null, changeId: 'a' })).toBe('at-change');
  });

  it('is named after its act, also after one that is new', () => {
    expect([actText('data-rules'), actText('another')]).toEqual(['Data rules', 'another']);
  });

  it('is found in the address by its id alone', () => {
    expect(parseReviewsSearch({ overrides: 'all', review: '0197280f-6000-7000-8000-000000000001' })).toEqual({ overrides: 'all', review: '0197280f-6000-7000-8000-000000000001' });
    expect(parseReviewsSearch({ overrides: 'none', review: '../x' })).toEqual({});
  });
});

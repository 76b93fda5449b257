import { expect, it } from 'vitest';
import { MANAGEMENT_API } from '#libs/contract/management/api';
import { type ChangeMarks, type Mark, MARKS } from '#libs/store/overview/change-marks';
import { ALL_TAGS, changedTags, eventIdOf, tagsSince } from './change-tags.ts';

const still: ChangeMarks = { auditId: 7, auditAreas: [], marks: Object.fromEntries(MARKS.map((mark) => [mark, '1'])) as Record<Mark, string> };
const moved = (mark: Mark): ChangeMarks => ({ ...still, marks: { ...still.marks, [mark]: '2' } });

it('names tags that the API has', () => {
  const known = MANAGEMENT_API.tags.map(({ name }) => name);
  expect(ALL_TAGS.filter((tag) => !known.includes(tag))).toEqual([]);
});

it('tells what moved, and what was audited', () => {
  expect(changedTags(still, still, false)).toEqual([]);
  expect(changedTags(still, moved('activation'), false)).toEqual(['events', 'models']);
  expect(changedTags(still, { ...still, auditId: 9, auditAreas: ['alert-rule', 'unheard-of'] }, false)).toEqual(['alerts', 'audit']);
});

it('tells after a break what moved meanwhile, and everything where it cannot know', () => {
  const id = eventIdOf(still, false);
  expect(tagsSince(id, still, false)).toEqual([]);
  expect(tagsSince(id, moved('traffic'), false)).toEqual(['routing', 'traces', 'traffic']);
  expect(tagsSince(id, { ...still, auditId: 8 }, false)).toEqual(ALL_TAGS);
  expect(tagsSince('of another version', still, false)).toEqual(ALL_TAGS);
});

it('tells a caller bound to a tenant nothing of what others do', () => {
  for (const mark of MARKS) {
    const isShared = ['activation', 'processes', 'releases'].includes(mark);
    expect(changedTags(still, moved(mark), true).every((tag) => tag === 'models' || tag === 'releases'), mark).toBe(true);
    expect(eventIdOf(moved(mark), true) !== eventIdOf(still, true), mark).toBe(isShared);
  }
  expect(changedTags(still, { ...still, auditId: 8, auditAreas: ['account', 'alert', 'change'] }, true)).toEqual([]);
  expect(eventIdOf({ ...still, auditId: 8 }, true)).toBe(eventIdOf(still, true));
  expect(tagsSince('?', still, true)).toEqual(['models', 'releases']);
});

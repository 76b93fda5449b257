import { describe, expect, it } from 'vitest';
import { cutText, otherFilter, otherText, otherWindow, parseRoutingSearch, usageFilter } from './routing-search.ts';

const RELEASE = 'ab'.repeat(32);
const WINDOW = { from: '2026-06-02T00:00:00.000Z', to: '2026-06-02T06:00:00.000Z' };

describe('parseRoutingSearch', () => {
  it('keeps what it knows and drops the rest', () => {
    expect(parseRoutingSearch({ layer: 3, release: RELEASE, task: 5, tenant: '', metric: 'gate', sort: 'load', by: 'language', x: 1 })).toEqual({ layer: 3, release: RELEASE, task: '5', tenant: '', metric: 'gate', sort: 'load', by: 'language' });
    expect(parseRoutingSearch({ layer: -1, release: 'abc', metric: 'ideal', by: 'task', compare: 'x', otherTime: 'same', language: {} })).toEqual({});
  });

  it('takes a release as what to compare with', () => {
    expect(parseRoutingSearch({ compare: RELEASE })).toEqual({ compare: 'other', otherRelease: RELEASE });
    expect(parseRoutingSearch({ compare: 'other', otherTask: 'chat', otherTime: 'week' })).toEqual({ compare: 'other', otherTask: 'chat', otherTime: 'week' });
  });
});

it('moves the other side back by its own length, a day or a week', () => {
  expect(otherWindow(WINDOW)).toEqual({});
  expect(otherWindow(WINDOW, 'before')).toEqual({ otherFrom: '2026-06-01T18:00:00.000Z', otherTo: WINDOW.from });
  expect(otherWindow(WINDOW, 'week')).toEqual({ otherFrom: '2026-05-26T00:00:00.000Z', otherTo: '2026-05-26T06:00:00.000Z' });
});

it('filters both sides', () => {
  expect(usageFilter('tiny', WINDOW, { task: '' })).toEqual({ model: 'tiny', ...WINDOW, task: '' });
  expect(otherFilter(WINDOW, { compare: 'baseline', task: 'chat' })).toEqual({ other: 'baseline', otherTask: 'chat' });
  expect(otherFilter(WINDOW, { compare: 'other', task: 'chat', otherTask: 'code' })).toEqual({ otherTask: 'code' });
});

it('names both sides', () => {
  expect(cutText({})).toBe('all traffic');
  expect(cutText({ release: RELEASE, task: '' })).toBe('release ababababab, task (none given)');
  expect(otherText({ compare: 'other', otherTask: 'code', otherTime: 'before' })).toBe('task code, the time before');
  expect(otherText({ compare: 'baseline' })).toBe('the baseline');
});

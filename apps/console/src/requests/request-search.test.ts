import { describe, expect, it } from 'vitest';
import { admittedAtMs, filterOf, localMoment, parseRequestSearch, requestQuery } from './request-search.ts';

describe('parseRequestSearch', () => {
  it('keeps what the API takes', () => {
    const search = { release: 'a'.repeat(64), status: 'failed', flag: 'dropped', tenant: '', task: 7, language: 'de', minDurationMs: '10', maxDurationMs: 20, rule: 'eu', order: 'oldest', at: '2026-03-10T12:00:00Z' };
    expect(parseRequestSearch(search)).toEqual({ ...search, task: '7', minDurationMs: 10, at: '2026-03-10T12:00:00.000Z' });
  });

  it('drops what it does not', () => {
    expect(parseRequestSearch({ release: 'abc', status: 'odd', flag: 1, tenant: 'x'.repeat(257), minDurationMs: '-1', maxDurationMs: '', rule: '', order: 'newest', at: 'soon' })).toEqual({});
  });

  it('has no start in a list by duration', () => {
    expect(parseRequestSearch({ order: 'slowest', at: '2026-03-10T12:00:00Z' })).toEqual({ order: 'slowest' });
  });
});

it('asks the API for the filters alone, and for no end of a time that moves on', () => {
  const window = { from: '2026-03-10T00:00:00.000Z', to: '2026-03-11T00:00:00.000Z', range: '24h' as const };
  expect(requestQuery('toy', window, filterOf({ status: 'failed', order: 'oldest', at: window.from }))).toEqual({ model: 'toy', from: window.from, status: 'failed' });
  expect(requestQuery('toy', { ...window, range: null }, {})).toEqual({ model: 'toy', from: window.from, to: window.to });
});

it('shows a moment as a field takes it', () => {
  const atMs = Date.parse('2026-03-10T12:00:07Z');
  expect(new Date(localMoment(atMs)).getTime()).toBe(atMs);
});

it('tells the time of a request by its id', () => {
  expect(admittedAtMs('0197280f-6000-7000-8000-000000000001')).toBe(0x0197280f6000);
  expect(admittedAtMs('0197280f-6000-4000-8000-000000000001')).toBeNull();
});

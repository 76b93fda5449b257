import { expect, it } from 'vitest';
import { MAX_NAMED_MIXES, MIN_MIX_REQUESTS, mixesOf } from './mixes.ts';
import { isInSegment, segmentKeyOf } from './segments.ts';

const at = (hour: number, task = ''): { atMs: number; segment: { tenant: string; task: string; language: string } } => ({ atMs: Date.UTC(2026, 0, 1, hour), segment: { tenant: '', task, language: '' } });
const many = (count: number, hour: number, task = ''): ReturnType<typeof at>[] => Array.from({ length: count }, () => at(hour, task));

it('is one mix unless asked otherwise', () => {
  expect(new Set(mixesOf([...many(3, 1), ...many(3, 2)], { mixByHour: false, mixBySegment: null }))).toEqual(new Set(['all']));
});

it('names mixes by hour and segment, and joins small ones', () => {
  const requests = [...many(MIN_MIX_REQUESTS, 1, 'a'), ...many(MIN_MIX_REQUESTS + 1, 2, 'b'), ...many(5, 3, 'a')];
  expect([...new Set(mixesOf(requests, { mixByHour: true, mixBySegment: null }))]).toEqual(['hour 1', 'hour 2']);
  expect(mixesOf(requests, { mixByHour: true, mixBySegment: null }).at(-1)).toBe('hour 2');
  expect([...new Set(mixesOf(requests, { mixByHour: true, mixBySegment: 'task' }))]).toEqual(['hour 1, task a', 'hour 2, task b']);
  const rest = [...requests, ...many(MIN_MIX_REQUESTS - 5, 4)];
  expect([...new Set(mixesOf(rest, { mixByHour: true, mixBySegment: null }))]).toEqual(['hour 1', 'hour 2', 'other']);
});

it('keeps a bounded number of mixes, and one name for each request', () => {
  const requests = Array.from({ length: 60 }, (_, task) => many(MIN_MIX_REQUESTS, 1, `t${task}`)).flat();
  const names = mixesOf(requests, { mixByHour: false, mixBySegment: 'task' });
  expect(names).toHaveLength(requests.length);
  expect(new Set(names).size).toBe(MAX_NAMED_MIXES + 1);
});

it('puts requests into segments by the labels that the segment has', () => {
  const segment = { tenant: 'acme', task: 'chat', language: 'de' };
  expect([{}, { task: 'chat' }, { task: 'chat', tenant: 'acme' }, { task: 'code' }].map((labels) => isInSegment(segment, labels))).toEqual([true, true, true, false]);
  expect(segmentKeyOf({ task: 'chat', tenant: 'acme' })).toBe(segmentKeyOf({ tenant: 'acme', task: 'chat' }));
  expect(segmentKeyOf({})).toBe('');
});

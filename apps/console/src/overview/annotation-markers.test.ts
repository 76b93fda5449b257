import { expect, it } from 'vitest';
import { annotationMarkers } from './annotation-markers.ts';

const at = (second: number): string => new Date(second * 1000).toISOString();
const NEWEST_FIRST = [
  { at: at(90), kind: 'alert', event: 'resolved', title: '' },
  { at: at(60), kind: 'alert', event: 'fired', title: '' },
  { at: at(12), kind: 'change', event: 'applied', title: '' },
  { at: at(11), kind: 'activation', event: 'set-canary-share', title: '' },
  { at: at(10), kind: 'activation', event: 'start-canary', title: '' },
] as const;

it('marks what moved the routing, oldest first, and not the ends of alerts', () => {
  expect(annotationMarkers(NEWEST_FIRST)).toEqual([{ atMs: 10_000, label: 'canary' }, { atMs: 11_000, label: 'share' }, { atMs: 60_000, label: 'alert' }]);
  expect(annotationMarkers(NEWEST_FIRST, { kinds: ['change'] })).toEqual([{ atMs: 12_000, label: 'change' }]);
  expect(annotationMarkers(undefined)).toEqual([]);
});

it('puts what is close together under one marker', () => {
  expect(annotationMarkers(NEWEST_FIRST, { closerThanMs: 5000 })).toEqual([{ atMs: 10_000, label: 'canary +1' }, { atMs: 60_000, label: 'alert' }]);
});

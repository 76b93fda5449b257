import fc from 'fast-check';
import { expect, it } from 'vitest';
import { phasesOf } from './request-phases.ts';

it('parts the time into queue, first token and generation', () => {
  expect(phasesOf({ queueWaitMs: 10, timeToFirstTokenMs: 30, durationMs: 100 }).map(({ name, ms }) => [name, ms])).toEqual([['queue', 10], ['first token', 20], ['generation', 70]]);
  expect(phasesOf({ queueWaitMs: 10, timeToFirstTokenMs: null, durationMs: 100 }).map(({ name, ms }) => [name, ms])).toEqual([['queue', 10], ['no token', 90]]);
});

it('adds up to the duration, whatever was rounded how', () => {
  fc.assert(
    fc.property(fc.nat(500), fc.option(fc.nat(500)), fc.nat(500), (queueWaitMs, timeToFirstTokenMs, durationMs) => {
      const phases = phasesOf({ queueWaitMs, timeToFirstTokenMs, durationMs });
      expect(phases.reduce((sum, { ms }) => sum + ms, 0)).toBe(durationMs);
      expect(phases.every(({ ms }) => ms >= 0)).toBe(true);
    }),
  );
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openAiRateHeaders } from './rate-limiter.ts';
import { tokenLimiter } from './token-limiter.ts';

const SETTINGS = { name: 'test', points: 1000, windowSeconds: 60, run: null } as const;

it('never lets more be used than the limit, and loses none of it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.record({ asked: fc.integer({ min: 1, max: 600 }), usedShare: fc.double({ min: 0, max: 1, noNaN: true }) }), { maxLength: 20 }), async (requests) => {
      const limiter = tokenLimiter(SETTINGS);
      let used = 0;
      for (const { asked, usedShare } of requests) {
        const reservation = await limiter.reserve('a', asked);
        expect(reservation.isAllowed).toBe(asked <= 1000 - used);
        if (!reservation.isAllowed) continue;
        const spent = Math.floor(asked * usedShare);
        reservation.settle(spent);
        used += spent;
      }
      expect(used).toBeLessThanOrEqual(1000);
      expect((await limiter.reserve('a', 1001)).remaining).toBe(1000 - used);
    }),
  );
});

it('counts callers apart, and holds what runs against those that come meanwhile', async () => {
  const limiter = tokenLimiter(SETTINGS);
  const first = await limiter.reserve('a', 800);
  expect(first).toMatchObject({ isAllowed: true, remaining: 200, limit: 1000 });
  expect(await limiter.reserve('a', 300)).toMatchObject({ isAllowed: false, remaining: 200 });
  expect(await limiter.reserve('b', 300)).toMatchObject({ isAllowed: true });
  first.settle(100);
  const after = await limiter.reserve('a', 900);
  expect(after).toMatchObject({ isAllowed: true, remaining: 0 });
  expect(openAiRateHeaders('tokens', after)).toEqual({ 'x-ratelimit-limit-tokens': '1000', 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '60s' });
});

it('gives nothing to a window that began after the request', async () => {
  let nowMs = 0;
  const limiter = tokenLimiter({ ...SETTINGS, now: () => nowMs });
  const reservation = await limiter.reserve('a', 500);
  nowMs = 61_000;
  reservation.settle(0);
  expect((await limiter.reserve('a', 500)).remaining).toBe(0);
});

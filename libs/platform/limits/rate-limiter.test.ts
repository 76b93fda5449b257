import { afterEach, describe, expect, it, vi } from 'vitest';
import { rateHeaders, rateLimiter, type RunStatement } from './rate-limiter.ts';

const SETTINGS = { name: 'test', points: 2, windowSeconds: 60 } as const;

afterEach(() => {
  vi.useRealTimers();
});

describe('rateLimiter', () => {
  it('counts each caller for itself, and says when to come again', async () => {
    // No second passes within the window.
    vi.useFakeTimers({ toFake: ['Date'] });
    const limiter = rateLimiter({ ...SETTINGS, run: null });
    expect(await limiter.take('a')).toMatchObject({ isAllowed: true, remaining: 1, resetSeconds: 60 });
    expect(await limiter.take('a')).toMatchObject({ isAllowed: true, remaining: 0 });
    const over = await limiter.take('a');
    expect(over).toMatchObject({ isAllowed: false, remaining: 0, limit: 2, resetSeconds: 60 });
    expect(rateHeaders(over)).toEqual({ 'ratelimit-limit': '2', 'ratelimit-remaining': '0', 'ratelimit-reset': '60', 'retry-after': '60' });
    expect(await limiter.take('b')).toMatchObject({ isAllowed: true });
  });

  it('goes on by itself while the common count is away, without asking at every request, and tells once', async () => {
    let nowMs = 0;
    let asked = 0;
    const told: unknown[] = [];
    const run: RunStatement = async () => {
      asked += 1;
      throw new Error('away');
    };
    const limiter = rateLimiter({ ...SETTINGS, run, tellAway: (error) => told.push(error), now: () => nowMs });
    expect([await limiter.take('a'), await limiter.take('a'), await limiter.take('a')].map(({ isAllowed }) => isAllowed)).toEqual([true, true, false]);
    expect([asked, told.length]).toEqual([1, 1]);
    nowMs = 1000;
    await limiter.take('b');
    expect([asked, told.length]).toEqual([2, 1]);
  });

  it('goes on from the common count where it was when it went away', async () => {
    let taken = 0;
    let isAway = false;
    const run: RunStatement = async () => {
      if (isAway) throw new Error('away');
      return { rows: [{ points: (taken += 1), expire: String(Date.now() + 60_000) }] };
    };
    const limiter = rateLimiter({ ...SETTINGS, points: 5, run });
    // Others take two of the five.
    await limiter.take('a');
    taken += 2;
    expect(await limiter.take('a')).toMatchObject({ isAllowed: true, remaining: 1 });
    isAway = true;
    expect(await limiter.take('a')).toMatchObject({ isAllowed: true, remaining: 0 });
    expect(await limiter.take('a')).toMatchObject({ isAllowed: false });
    expect(await limiter.take('b')).toMatchObject({ isAllowed: true, remaining: 4 });
  });

  it('waits for no count that does not come', async () => {
    const limiter = rateLimiter({ ...SETTINGS, run: () => new Promise(() => undefined) });
    expect(await limiter.take('a')).toMatchObject({ isAllowed: true, remaining: 1 });
  });
});

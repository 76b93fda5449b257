import { expect, it } from 'vitest';
import { rateLimiter } from '../limits/rate-limiter.ts';
import { FailedAttempts } from './failed-attempts.ts';

it('refuses an address after too many failures, but not what was right lately, and not for ever', async () => {
  let nowMs = Date.now();
  const now = () => nowMs;
  const attempts = new FailedAttempts(rateLimiter({ name: 'test', points: 2, windowSeconds: 60, run: null, now }), now);
  attempts.succeeded('good');
  expect(attempts.refusalOf('1.2.3.4', 'guess')).toBeNull();
  expect([await attempts.failed('1.2.3.4'), await attempts.failed('1.2.3.4')]).toEqual([null, null]);
  expect(await attempts.failed('1.2.3.4')).toMatchObject({ isAllowed: false });
  expect(attempts.refusalOf('1.2.3.4', 'guess')).toMatchObject({ isAllowed: false, limit: 2 });
  expect(attempts.refusalOf('1.2.3.4', 'good')).toBeNull();
  expect(attempts.refusalOf('5.6.7.8', 'guess')).toBeNull();
  nowMs += 60_000;
  expect(attempts.refusalOf('1.2.3.4', 'guess')).toBeNull();
});

import { describe, expect, it } from 'vitest';
import { type AttemptResult, decideDelivery } from './retry-schedule.ts';

const answered = (status: number, retryAfterSeconds: number | null = null): AttemptResult => ({ kind: 'answered', status, retryAfterSeconds });

describe('decideDelivery', () => {
  it('takes only a 2xx for delivered, and 410 for good', () => {
    expect([200, 204, 299].map((status) => decideDelivery(answered(status), 1, 0).decision)).toEqual(['delivered', 'delivered', 'delivered']);
    expect([301, 302, 400, 404, 429, 500, 503].every((status) => decideDelivery(answered(status), 1, 0).decision === 'retry')).toBe(true);
    expect(decideDelivery(answered(410), 1, 0)).toEqual({ decision: 'give-up', reason: 'gone' });
    expect(decideDelivery({ kind: 'no-answer', why: 'blocked-address' }, 1, 0)).toEqual({ decision: 'give-up', reason: 'blocked-address' });
  });

  it('waits ever longer, then gives up', () => {
    const waits = Array.from({ length: 9 }, (_, index) => decideDelivery({ kind: 'no-answer', why: 'timeout' }, index + 1, 0));
    const seconds = waits.map((wait) => (wait.decision === 'retry' ? wait.afterMs / 1000 : null));
    expect(seconds).toEqual([5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]);
    expect(decideDelivery(answered(500), 10, 0)).toEqual({ decision: 'give-up', reason: 'attempts-used' });
  });

  it('heeds Retry-After within a day, and adds at most a tenth', () => {
    expect(decideDelivery(answered(429, 60), 1, 0)).toMatchObject({ afterMs: 60_000 });
    expect(decideDelivery(answered(429, 1e9), 1, 0)).toMatchObject({ afterMs: 86_400_000 });
    expect(decideDelivery(answered(503), 1, 1)).toMatchObject({ afterMs: 5500 });
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rateLimiter } from '#libs/platform/limits/rate-limiter';
import { limitCounts } from '#libs/store/accounts/limit-counts';
import { AccessHouse } from './access-house.ts';

const house = new AccessHouse();
/** Here the common counts are looked at: a machine that is busy must not make a process count for itself. */
const PATIENT_MS = 60_000;

beforeAll(() => house.start({ apiRequestsPerMinute: 5, failedLoginsPerMinute: 3, countWaitMs: PATIENT_MS }));
afterAll(() => house.stop());

describe('limits that processes share', () => {
  it('count together, and apart by name and caller', async () => {
    const limiter = (name: string) => rateLimiter({ name, points: 10, windowSeconds: 60, run: limitCounts(house.dataSource), waitMs: PATIENT_MS });
    const [one, other, apart] = [limiter('shared'), limiter('shared'), limiter('apart')];
    const taken = await Promise.all(Array.from({ length: 16 }, (_, i) => (i % 2 === 0 ? one : other).take('caller')));
    expect(taken.filter(({ isAllowed }) => isAllowed)).toHaveLength(10);
    expect((await apart.take('caller')).remaining).toBe(9);
    expect((await one.take('another')).remaining).toBe(9);
  });

  it('go on when their table is away', async () => {
    await house.dataSource.query('ALTER TABLE signalbox.rate_limit RENAME TO rate_limit_away');
    try {
      const told: unknown[] = [];
      const limiter = rateLimiter({ name: 'away', points: 1, windowSeconds: 60, run: limitCounts(house.dataSource), tellAway: (error) => told.push(error) });
      expect([await limiter.take('a'), await limiter.take('a')].map(({ isAllowed }) => isAllowed)).toEqual([true, false]);
      expect(told).toHaveLength(1);
    } finally {
      await house.dataSource.query('ALTER TABLE signalbox.rate_limit_away RENAME TO rate_limit');
    }
  });
});

it('an account over its limit is told when to come again, others go on', async () => {
  const [busy, quiet] = [await house.account(['viewer']), await house.account(['viewer'])];
  const answers = [];
  for (let i = 0; i < 6; i += 1) answers.push(await house.call('/api/v1/me', { key: busy.key }));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429]);
  const { headers, body } = answers[5]!;
  expect(body).toMatchObject({ code: 'too_many_requests', detail: expect.stringContaining('ask again in') });
  expect([headers.get('ratelimit-limit'), headers.get('ratelimit-remaining')]).toEqual(['5', '0']);
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await house.call('/api/v1/me', { key: quiet.key })).headers.get('ratelimit-remaining')).toBe('4');
});

it('an address that guesses is refused, but not the key that was right before', async () => {
  const { key } = await house.account(['viewer']);
  const stranger = await house.account(['viewer']);
  expect((await house.call('/api/v1/me', { key })).status).toBe(200);
  const guess = (i: number) => house.call('/api/v1/me', { key: `sbx_aaaaaaaa_${String(i).repeat(43)}` });
  const statuses = [];
  for (let i = 0; i < 5; i += 1) statuses.push((await guess(i)).status);
  expect(statuses).toEqual([401, 401, 401, 429, 429]);
  expect((await guess(9)).body).toMatchObject({ code: 'too_many_failed_logins' });
  expect((await house.call('/api/v1/me', { key })).status).toBe(200);
  expect((await house.call('/api/v1/me', { key: stranger.key })).status).toBe(429);
});

it('every answer under /api keeps browsers from harm', async () => {
  for (const path of ['/api/v1/me', '/api/v1/nothing', '/api/openapi.json', '/api/docs']) {
    const { headers } = await house.call(path, { key: null });
    expect([headers.get('x-content-type-options'), headers.get('x-frame-options'), headers.get('referrer-policy')], path).toEqual(['nosniff', 'DENY', 'no-referrer']);
    expect(headers.get('content-security-policy'), path).toContain("default-src 'none'");
    expect(headers.get('cache-control'), path).toBe(path.startsWith('/api/v1') ? 'no-store' : null);
  }
});

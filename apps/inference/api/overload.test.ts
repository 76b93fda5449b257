import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { tokenLimiter } from '#libs/platform/limits/token-limiter';
import { EngineBusyError } from '#libs/runtime/engine/engine';
import { type Ask } from '#libs/runtime/engine/front-desk';
import { monotonicMs } from '#libs/runtime/engine/worker/protocol';
import { FakeServer, KEY } from '../testing/fake-server.ts';

const server = new FakeServer();
const asks: Ask[] = [];
let busy: EngineBusyError | null = null;

beforeAll(async () => {
  server.desk = {
    keepsDeadlines: true,
    refusal: (ask) => {
      asks.push(ask);
      return busy;
    },
  };
  server.tokens = tokenLimiter({ name: 'test', points: 40, windowSeconds: 60, run: null });
  await server.start();
});
afterAll(() => server.stop());
beforeEach(() => {
  busy = null;
  asks.length = 0;
  server.engine.mode = 'answer';
  server.engine.requests.length = 0;
});

async function complete(body: Record<string, unknown> = {}, headers: Record<string, string> = {}): Promise<{ status: number; code: string | null; message: string; headers: Headers }> {
  const response = await fetch(`${server.url}/v1/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'fake', prompt: 'hi', max_tokens: 2, ...body }),
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', ...headers },
  });
  const { error } = (await response.json()) as { error?: { code: string; message: string } };
  return { status: response.status, code: error?.code ?? null, message: error?.message ?? '', headers: response.headers };
}

describe('a request that the engine would not take', () => {
  it.each([
    ['queue-full', 429, 'rate_limit_exceeded'],
    ['tenant-queue', 429, 'rate_limit_exceeded'],
    ['tenant-delay', 429, 'rate_limit_exceeded'],
    ['queue-delay', 503, 'server_overloaded'],
    ['deadline', 503, 'deadline_unreachable'],
  ] as const)('is refused before it reaches the engine: %s', async (reason, status, code) => {
    busy = new EngineBusyError(7, reason);
    const refused = await complete({ metadata: { tenant: 'acme' } });
    expect(refused).toMatchObject({ status, code });
    expect(refused.headers.get('retry-after')).toBe('7');
    expect(refused.message).toMatch(/Retry after 7 s/);
    expect(asks).toMatchObject([{ tenant: 'acme', deadlineMs: null }]);
    expect(server.engine.requests).toEqual([]);
  });

  it('counts for the account that names no tenant', async () => {
    await complete({ metadata: { tenant: 'one' } });
    await complete();
    expect(server.engine.requests.map(({ tenant }) => tenant)).toEqual(['one', 'key:k']);
  });

  it('is not refused for its further prompts when the first has begun', async () => {
    await complete({ prompt: ['a', 'b'], max_tokens: 1 });
    expect(server.engine.requests.map(({ continues }) => continues ?? false)).toEqual([false, true]);
  });
});

describe('a deadline', () => {
  it('reaches the engine on its clock, and is no longer than the server waits', async () => {
    const before = monotonicMs();
    await complete({ max_tokens: 1 }, { 'x-signalbox-deadline-ms': '5000' });
    await complete({ max_tokens: 1 }, { 'x-signalbox-deadline-ms': '999999999' });
    await complete({ max_tokens: 1 });
    const [short, long, none] = server.engine.requests.map(({ deadlineMs }) => deadlineMs ?? null);
    expect(short).toBeGreaterThanOrEqual(before + 5000);
    expect(short).toBeLessThan(monotonicMs() + 5000);
    expect(long).toBeLessThan(monotonicMs() + 600_000);
    expect(none).toBeNull();
  });

  it.each(['0', '-1', '1.5', 'soon', '1e3', '9999999999'])('that is no such number (%s) is refused by name', async (value) => {
    expect(await complete({}, { 'x-signalbox-deadline-ms': value })).toMatchObject({ status: 400, message: expect.stringContaining('x-signalbox-deadline-ms') });
  });
});

it('sets aside the tokens that a request may use, and gives back what it did not', async () => {
  const key = { metadata: { tenant: 'counted' } };
  // Two characters and the start token, and one token of answer.
  const first = await complete({ ...key, max_tokens: 1 });
  expect(first.status).toBe(200);
  expect(first.headers.get('x-ratelimit-limit-tokens')).toBe('40');
  expect(first.headers.get('x-ratelimit-remaining-tokens')).toBe('36');
  expect(first.headers.get('x-ratelimit-reset-tokens')).toMatch(/^\d+s$/);
  const over = await complete({ ...key, max_tokens: 34 });
  expect(over).toMatchObject({ status: 429, code: 'rate_limit_exceeded', message: expect.stringContaining('36 are left') });
  expect(over.headers.get('retry-after')).toMatch(/^\d+$/);
  expect(await complete({ ...key, max_tokens: 60 })).toMatchObject({ status: 429, message: expect.stringContaining('never fit') });
  server.engine.mode = 'busy';
  expect((await complete({ ...key, max_tokens: 33 })).status).toBe(429);
  server.engine.mode = 'answer';
  // Nothing of the refused ones was kept: exactly what is left fits.
  const last = await complete({ ...key, max_tokens: 33 });
  expect([last.status, last.headers.get('x-ratelimit-remaining-tokens')]).toEqual([200, '0']);
});

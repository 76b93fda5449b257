import { createHash } from 'node:crypto';
import { type DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UsageReader } from '#libs/store/usage/usage-reader';
import { PrivacyBudget } from '#libs/store/privacy/privacy-budget';
import { TraceReader } from '#libs/store/traces/trace-reader';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { batchOf, captured, openStore, random, randomTrace, RELEASE, saveRelease, writerOf } from '../store/store.fixture.ts';

const NOON = Date.parse('2026-03-10T12:00:00Z');
const MINUTE = 60_000;
const DIGEST = (text: string) => createHash('sha256').update(text).digest();

let server: TestPostgres;
let store: DataSource;
beforeAll(async () => {
  server = await startPostgres();
  store = await openStore(await server.createDatabase());
  await saveRelease(store, RELEASE, NOON);
});
afterAll(async () => {
  await store.destroy();
  await server.stop();
});

describe('the budget of private statistics', () => {
  const ask = (name: string, days: readonly string[]) => new PrivacyBudget(store).spend({ model: 'm', days, epsilonThousandths: 400, budgetThousandths: 1000, answerDigest: DIGEST(name), atMs: NOON });

  it('is spent by all days of an answer or by none, once for each answer', async () => {
    expect(await ask('a', ['2026-03-01', '2026-03-02'])).toEqual({ outcome: 'spent' });
    expect(await ask('b', ['2026-03-02'])).toEqual({ outcome: 'spent' });
    expect(await ask('c', ['2026-03-01', '2026-03-02'])).toEqual({ outcome: 'exhausted', day: '2026-03-02', leftThousandths: 200 });
    // What was refused spent nothing on the first day, and is no known answer.
    expect(await ask('c', ['2026-03-01'])).toEqual({ outcome: 'spent' });
    expect(await ask('d', ['2026-03-01'])).toMatchObject({ outcome: 'exhausted', day: '2026-03-01' });
    expect(await ask('a', ['2026-03-01', '2026-03-02'])).toEqual({ outcome: 'known' });
  });

  it('is never overspent by answers at the same time', async () => {
    const outcomes = await Promise.all(Array.from({ length: 8 }, (_, at) => ask(`together-${at}`, ['2026-04-01', '2026-04-02'])));
    expect(outcomes.filter(({ outcome }) => outcome === 'spent')).toHaveLength(2);
    expect(outcomes.filter(({ outcome }) => outcome === 'exhausted')).toHaveLength(6);
  });
});

describe('requests without a trace', () => {
  it('are listed with the reason, and left out where traces are read', async () => {
    const kept = captured(randomTrace(random(1), 4), NOON);
    const dropped = captured(randomTrace(random(2), 4), NOON + 1, { noTrace: 'not-sampled' });
    const batch = batchOf([kept, dropped], NOON);
    await writerOf(store).write({ ...batch, traces: batch.traces.map((one) => (one.record.noTrace ? { ...one, sealedTrace: new Uint8Array(0) } : one)) });
    const reader = new TraceReader(store);
    expect(await reader.find(dropped.write.record.requestId)).toMatchObject({ noTrace: 'not-sampled', sizeBytes: 0, routedTokens: 4 });
    expect((await reader.find(kept.write.record.requestId))?.noTrace).toBeUndefined();
    const audit = { atMs: NOON, actor: 'test', action: 'trace.read', subject: 'test', detail: {}, requestId: null };
    const newest = await reader.lookAtNewest({ fromMs: NOON - MINUTE, toMs: NOON + MINUTE }, 10, audit);
    expect(newest.map(({ requestId }) => requestId)).toEqual([kept.write.record.requestId]);
  });
});

describe('a minimum of requests', () => {
  it('does not keep a request from whoever subtracts two windows that differ by it', async () => {
    const from = NOON + 60 * MINUTE;
    const many = Array.from({ length: 9 }, (_, at) => captured(randomTrace(random(20 + at), 6), from + at));
    const one = captured(randomTrace(random(99), 6), from + MINUTE);
    await writerOf(store).write(batchOf([...many, one], NOON));
    const usage = new UsageReader(store);
    const window = async (minutes: number) => (await usage.usageMatrix({ of: { releaseIds: [RELEASE] }, fromMs: from, toMs: from + minutes * MINUTE })).groups[0]!.layers;
    const [short, long] = [await window(1), await window(2)];
    expect([short[0]!.requests, long[0]!.requests]).toEqual([9, 10]);
    const secret = Array.from({ length: 8 }, () => 0);
    for (let row = 0; row < 6; row += 1) for (let k = 0; k < one.trace.topK; k += 1) secret[one.trace.expertIds[row * one.trace.layers * one.trace.topK + k]!]! += 1;
    expect([...long[0]!.load].map((value, expert) => value - short[0]!.load[expert]!)).toEqual(secret);
  });
});

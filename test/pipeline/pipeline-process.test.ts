import { fork, type ChildProcess } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type CaptureJob } from '#libs/contract/capture/request-record';
import { connectCaptureQueue } from '#libs/queue/connect';
import { encodeFrame } from '#libs/record/batch-format';
import { TraceSealer } from '#libs/record/seal';
import { UsageReader } from '#libs/store/usage/usage-reader';
import { encodeTrace } from '#libs/trace/codec';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { captured, LAYERS, openStore, random, randomTrace, RELEASE, saveRelease, TOP_K } from '../store/store.fixture.ts';

const KEY = Buffer.alloc(32, 7);
let server: TestPostgres;
let url: string;
let store: DataSource;
let home: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  server = await startPostgres();
  url = await server.createDatabase();
  store = await openStore(url);
  await saveRelease(store, RELEASE, Date.now());
  home = await mkdtemp(join(tmpdir(), 'signalbox-pipeline-'));
  await mkdir(join(home, 'spool'));
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await store.destroy();
  await server.stop();
  await rm(home, { recursive: true, force: true });
});

/** The compiled program, as `npm start` runs it. */
function startPipeline(): ChildProcess {
  const child = fork(new URL('../../dist/apps/pipeline/main.js', import.meta.url), {
    env: { ...process.env, DATABASE_URL: url, SIGNALBOX_HOME: home, SIGNALBOX_TRACE_KEY: KEY.toString('base64'), SIGNALBOX_LOG_LEVEL: 'warn' },
    execArgv: [],
  });
  children.push(child);
  return child;
}

test('batches reach the database exactly once though the pipeline is killed, and it ends with its parent', async () => {
  const next = random(11);
  const sealer = new TraceSealer({ current: KEY });
  let tokens = 0;
  const jobs = Array.from({ length: 30 }, (_, i): CaptureJob => {
    const requests = Array.from({ length: 1 + (i % 4) }, () => captured(randomTrace(next, 1 + Math.floor(next() * 20)), Date.now()));
    tokens += requests.reduce((sum, { write }) => sum + write.routedTokens, 0);
    const bytes = Buffer.concat(
      requests.map(({ trace, write: { record } }) => encodeFrame({ record, sealedTrace: sealer.seal(record.requestId, encodeTrace(trace)) })),
    );
    return {
      version: 1, batchId: randomUUID(), requests: requests.length, transport: 'inline', data: bytes.toString('base64'),
      sha256: createHash('sha256').update(bytes).digest('hex'),
    };
  });
  const written = async (): Promise<number> => {
    const rows: { n: number }[] = await store.query('SELECT count(*)::int AS n FROM signalbox.trace_batch');
    return rows[0]?.n ?? 0;
  };
  const queue = connectCaptureQueue({ databaseUrl: url, redisUrl: null });
  await queue.prepare();
  const producer = queue.producer();
  try {
    const first = startPipeline();
    await producer.add(jobs.slice(0, 15));
    await vi.waitFor(async () => expect(await written()).toBeGreaterThan(0), { timeout: 120_000, interval: 20 });
    first.kill('SIGKILL');
    const second = startPipeline();
    // Again the jobs from before, as the spool would until it learns that they are written.
    await producer.add(jobs);
    await vi.waitFor(async () => expect(await written()).toBe(30), { timeout: 120_000, interval: 50 });
    await producer.add(jobs.slice(0, 5));

    const { groups } = await new UsageReader(store).usageMatrix({ of: { model: 'toy' }, fromMs: Date.now() - 3_600_000, toMs: Date.now() + 3_600_000 });
    const load = groups.flatMap(({ layers }) => layers).reduce((sum, layer) => sum + layer.load.reduce((a, b) => a + b, 0), 0);
    expect(load).toBe(tokens * LAYERS * TOP_K);

    const ended = once(second, 'exit');
    second.disconnect();
    expect(await ended).toEqual([0, null]);
    const third = startPipeline();
    await producer.add([{ ...jobs[0]!, batchId: randomUUID() }]);
    await vi.waitFor(async () => expect(await written()).toBe(31), { timeout: 120_000, interval: 50 });
    const stopped = once(third, 'exit');
    third.kill('SIGTERM');
    expect(await stopped).toEqual([0, null]);
  } finally {
    await producer.close();
  }
});

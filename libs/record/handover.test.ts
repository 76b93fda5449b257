import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CaptureJob } from '#libs/contract/capture/request-record';
import { readBatch } from './batch-source.ts';
import { capturedFixture } from './captured.fixture.ts';
import { Handover, type HandoverOptions } from './handover.ts';
import { backoffMs, planHandover, redeliverAtMs } from './handover-plan.ts';
import { ManualClock } from './manual-clock.fixture.ts';
import { Spool } from './spool.ts';

/** A queue and a pipeline in memory: what is added can be written, and the ledger remembers it. */
class MemoryPipeline {
  readonly added: CaptureJob[] = [];
  readonly ledger = new Set<string>();
  queueError: Error | null = null;
  ledgerError: Error | null = null;

  add = async (jobs: readonly CaptureJob[]): Promise<void> => {
    if (this.queueError) throw this.queueError;
    this.added.push(...jobs);
  };
  written = async (ids: readonly string[]): Promise<ReadonlySet<string>> => {
    if (this.ledgerError) throw this.ledgerError;
    return new Set(ids.filter((id) => this.ledger.has(id)));
  };
  writeAll(): void {
    for (const { batchId } of this.added) this.ledger.add(batchId);
  }
}

let root: string;
let clock: ManualClock;
let spool: Spool;
let pipeline: MemoryPipeline;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'handover-test-'));
  clock = new ManualClock();
  pipeline = new MemoryPipeline();
  spool = await Spool.open({ root, durability: 'answered', segmentBytes: 100, segmentAgeMs: 200, maxBytes: 1e6, clock });
});
afterEach(async () => {
  await spool.close();
  await rm(root, { recursive: true, force: true });
});

const handoverOf = (options: Partial<HandoverOptions> = {}) => new Handover(spool, pipeline, pipeline, clock, { redeliverAfterMs: 1000, ...options });

async function record(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await spool.append(capturedFixture(i));
  await spool.sealNow();
}

describe('handover', () => {
  it('removes a batch only when the ledger says that it is written', async () => {
    await record(3);
    const handover = handoverOf();
    await handover.step();
    expect(handover.progress()).toMatchObject({ batchesWaiting: 0, batchesInQueue: 3, batchesConfirmed: 0 });
    pipeline.writeAll();
    await handover.step();
    expect(handover.progress()).toMatchObject({ batchesInQueue: 0, batchesConfirmed: 3, spooledBytes: 0, oldestAgeMs: 0 });
    expect(pipeline.added).toHaveLength(3);
  });

  it('adds an unconfirmed batch again, later each time', async () => {
    await record(1);
    const handover = handoverOf();
    const addedAfter = async (ms: number) => {
      clock.advance(ms);
      await handover.step();
      return pipeline.added.length;
    };
    expect(await addedAfter(0)).toBe(1);
    expect(await addedAfter(999)).toBe(1);
    expect(await addedAfter(1)).toBe(2);
    expect(await addedAfter(1999)).toBe(2);
    expect(await addedAfter(1)).toBe(3);
    expect(handover.progress().redeliveries).toBe(2);
    expect(new Set(pipeline.added.map(({ batchId }) => batchId)).size).toBe(1);
  });

  it('waits while the queue or the database is away, says so, and catches up', async () => {
    const handover = handoverOf({ batchesPerStep: 4, pollMs: 100, maxBackoffMs: 400 });
    pipeline.queueError = new Error('queue is away');
    await record(10);
    for (let i = 0; i < 5; i++) {
      clock.advance(400);
      await handover.step();
    }
    expect(handover.progress()).toMatchObject({ batchesWaiting: 10, queueError: 'queue is away', ledgerError: null });
    pipeline.queueError = null;
    pipeline.ledgerError = new Error('database is away');
    clock.advance(400);
    await handover.step();
    expect(handover.progress()).toMatchObject({ batchesWaiting: 6, batchesInQueue: 4, queueError: null });
    await handover.step();
    expect(handover.progress().ledgerError).toBe('database is away');
    pipeline.ledgerError = null;
    await vi.waitFor(async () => {
      clock.advance(400);
      pipeline.writeAll();
      await handover.step();
      expect(spool.batches()).toHaveLength(0);
    });
    expect(handover.progress()).toMatchObject({ batchesConfirmed: 10, queueError: null, ledgerError: null });
  });

  it('runs by itself once started, and drains', async () => {
    const handover = handoverOf();
    handover.start();
    await record(2);
    await vi.waitFor(() => {
      clock.advance(200);
      pipeline.writeAll();
      expect(spool.batches()).toHaveLength(0);
    });
    await spool.append(capturedFixture(5));
    const drained = handover.drain(10_000);
    let outcome: unknown;
    void drained.then((value) => (outcome = value));
    await vi.waitFor(() => {
      clock.advance(100);
      pipeline.writeAll();
      expect(outcome).toEqual({ drained: true, batchesLeft: 0 });
    });
    await handover.stop();
  });

  it('gives up draining in time when the queue never answers', async () => {
    await record(2);
    const handover = new Handover(spool, { add: () => new Promise(() => undefined) }, pipeline, clock);
    let outcome: unknown;
    void handover.drain(500).then((value) => (outcome = value));
    await vi.waitFor(() => {
      clock.advance(100);
      expect(outcome).toEqual({ drained: false, batchesLeft: 2 });
    });
  });

  it('gives the pipeline jobs from which it reads the requests, on disk or inline', async () => {
    await record(2);
    for (const transport of ['spool', 'inline'] as const) {
      pipeline.added.length = 0;
      await handoverOf({ transport }).step();
      const read = await Promise.all(pipeline.added.map((job) => readBatch(job, root)));
      expect(read.flatMap((batch) => (batch.found ? batch.captured : []))).toEqual([capturedFixture(0), capturedFixture(1)]);
    }
  });

  it('does not let an unreadable batch hold up the others', async () => {
    await record(2);
    const [first] = spool.batches();
    await writeFile(join(first!.directory, first!.file), 'changed');
    const handover = handoverOf({ transport: 'inline' });
    await handover.step();
    expect(pipeline.added).toHaveLength(1);
    expect(handover.progress().batchesUnreadable).toBe(1);
  });
});

describe('handover plan', () => {
  const batch = (batchId: string) => ({ batchId, directory: '', file: '', bytes: 1, requests: 1, sha256: '', sealedAtMs: 0 });
  const limits = { redeliverAfterMs: 1000, batchesPerStep: 2, maxInQueue: 3 };

  it('keeps the queue short and asks about all that is in it', () => {
    const batches = ['a', 'b', 'c', 'd', 'e'].map(batch);
    const deliveries = new Map([['a', { deliveries: 1, lastAddedAtMs: 0 }], ['b', { deliveries: 1, lastAddedAtMs: 500 }]]);
    const names = (plan: ReturnType<typeof planHandover>) => [plan.add, plan.ask].map((list) => list.map(({ batchId }) => batchId).join(''));
    expect(names(planHandover(batches, deliveries, 100, limits))).toEqual(['c', 'ab']);
    expect(names(planHandover(batches, deliveries, 1000, limits))).toEqual(['ac', 'ab']);
    expect(names(planHandover(batches, new Map(), 0, limits))).toEqual(['ab', '']);
  });

  it('doubles waits up to a limit', () => {
    expect(redeliverAtMs({ deliveries: 1, lastAddedAtMs: 5 }, 1000)).toBe(1005);
    expect(redeliverAtMs({ deliveries: 50, lastAddedAtMs: 0 }, 1000)).toBe(64_000);
    expect([1, 2, 5, 99].map((failures) => backoffMs(failures, 100, 1000))).toEqual([100, 200, 1000, 1000]);
  });
});

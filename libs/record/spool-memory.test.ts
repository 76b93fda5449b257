import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it, vi } from 'vitest';
import { capturedFixture } from './captured.fixture.ts';
import { ManualClock } from './manual-clock.fixture.ts';
import { Spool } from './spool.ts';

const RECORDS = 2048;
const TRACE_BYTES = 32 * 1024;
const MIB = 1024 ** 2;

/** Bytes of live objects and buffers, after everything else was collected. */
function liveBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

it('holds on disk, not in memory, what waits while the database is away', async () => {
  const root = await mkdtemp(join(tmpdir(), 'spool-memory-'));
  const spool = await Spool.open({ root, durability: 'answered', segmentBytes: 256 * 1024, segmentAgeMs: 200, maxBytes: 128 * MIB, clock: new ManualClock() });
  try {
    await spool.append(capturedFixture(0, TRACE_BYTES));
    const before = liveBytes();
    for (let i = 1; i <= RECORDS; i += 1) await spool.append(capturedFixture(i, TRACE_BYTES));
    expect(spool.stats().heldBytes).toBeGreaterThan(64 * MIB);
    // Buffers of collected objects are freed a little later.
    await vi.waitFor(() => expect(liveBytes() - before).toBeLessThan(4 * MIB), { timeout: 10_000 });
  } finally {
    await spool.close();
    await rm(root, { recursive: true, force: true });
  }
});

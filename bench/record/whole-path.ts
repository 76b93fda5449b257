import { join } from 'node:path';
import { type DataSource } from 'typeorm';
import { type CapturedRequest } from '#libs/contract/capture/request-record';
import { type CaptureQueue } from '#libs/queue/capture-queue';
import { systemClock } from '#libs/record/clock';
import { Handover } from '#libs/record/handover';
import { type TraceSealer } from '#libs/record/seal';
import { Spool } from '#libs/record/spool';
import { CaptureLedger } from '#libs/store/capture/ledger';
import { type RecordedTrace, resealed, selectionsOf } from './recorded-traces.ts';

const IN_FLIGHT = 256;
const SPOOL = { durability: 'answered', segmentBytes: 256 * 1024, segmentAgeMs: 200, maxBytes: 512 * 1024 * 1024 } as const;
const GIVE_UP_MS = 120_000;

export interface PathSpeed {
  /** Selections per second that the spool took, and that the ledger confirmed. */
  readonly appended: number;
  readonly confirmed: number;
}

/**
 * Requests from the spool to the ledger's confirmation, through the queue and the pipeline's process of
 * the Signalbox that runs on this home.
 */
export async function measurePath(
  home: string,
  store: DataSource,
  queue: CaptureQueue,
  sealer: TraceSealer,
  traces: readonly RecordedTrace[],
  sizeBytes: number,
): Promise<PathSpeed> {
  const nowMs = Date.now();
  const requests: CapturedRequest[] = [];
  let selections = 0;
  for (let bytes = 0, i = 0; bytes < sizeBytes; i++) {
    const source = traces[i % traces.length]!;
    const captured = resealed(source, sealer, nowMs);
    requests.push(captured);
    bytes += captured.sealedTrace.length + 300;
    selections += selectionsOf(source.trace);
  }
  const spool = await Spool.open({ ...SPOOL, root: join(home, 'spool'), clock: systemClock });
  const producer = queue.producer();
  const handover = new Handover(spool, producer, new CaptureLedger(store), systemClock);
  try {
    const startedMs = performance.now();
    handover.start();
    let next = 0;
    const appender = async () => {
      while (next < requests.length) await spool.append(requests[next++]!);
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, appender));
    const appendedMs = performance.now() - startedMs;
    const { drained, batchesLeft } = await handover.drain(GIVE_UP_MS);
    if (!drained) throw new Error(`${batchesLeft} batches were not confirmed within ${GIVE_UP_MS} ms`);
    const confirmedMs = performance.now() - startedMs;
    return { appended: (selections / appendedMs) * 1_000, confirmed: (selections / confirmedMs) * 1_000 };
  } finally {
    await handover.stop();
    await spool.close();
    await producer.close();
  }
}

import { type DataSource } from 'typeorm';
import { type TraceSealer } from '#libs/record/seal';
import { type DetectorStates } from '#libs/store/detection/detector-states';
import { type FollowedBatch, type FollowedLedger, type Watermark } from '#libs/store/detection/followed-ledger';
import { type Readings } from '#libs/store/detection/readings';
import { type FollowMetrics } from './follow-metrics.ts';
import { openTrace } from './open-trace.ts';
import { Pace } from './pace.ts';
import { type StreamSet } from './stream-set.ts';

export interface RoundPorts {
  readonly dataSource: DataSource;
  readonly ledger: Pick<FollowedLedger, 'next' | 'requests'>;
  readonly states: Pick<DetectorStates, 'save' | 'advance'>;
  readonly readings: Pick<Readings, 'save'>;
  readonly streams: StreamSet;
  readonly sealer: Pick<TraceSealer, 'open'>;
  readonly metrics: FollowMetrics;
}

export interface RoundOutcome {
  readonly watermark: Watermark;
  readonly batches: number;
  readonly requests: number;
  /** There is more to do at once. */
  readonly isFull: boolean;
}

/** Looked at together; a round ends with the batch that brings it beyond MAX_ROUND_REQUESTS. */
const MAX_ROUND_BATCHES = 64;
const MAX_ROUND_REQUESTS = 2000;

/**
 * One round: reads the next batches, shows their requests to the detectors, and saves states, readings and the
 * watermark in one transaction, so that a crash repeats nothing and loses nothing.
 * @param serving releases that answer
 * @throws ProgressMovedError and whatever fails; what is in memory is then ahead of what is saved
 */
export async function followRound({ dataSource, ledger, states, readings, streams, sealer, metrics }: RoundPorts, from: Watermark, serving: ReadonlySet<string>, nowMs: number): Promise<RoundOutcome> {
  const pace = new Pace();
  const batches = await ledger.next(from, MAX_ROUND_BATCHES);
  const taken: FollowedBatch[] = [];
  let handled = 0;
  const counts = { seen: 0, 'past-retention': 0, unreadable: 0, 'not-watched': 0, 'not-kept': 0, skipped: 0 };
  for (const batch of batches) {
    taken.push(batch);
    if (batch.requestIds === null) counts.skipped += 1;
    const requests = await ledger.requests(batch);
    counts['past-retention'] += (batch.requestIds?.length ?? 0) - requests.length;
    for (const request of requests) {
      const trace = request.hasNoTrace ? null : openTrace(request, sealer);
      if (request.hasNoTrace) counts['not-kept'] += 1;
      else if (trace === null) counts.unreadable += 1;
      else if (await streams.observe(request, trace, pace)) counts.seen += 1;
      else counts['not-watched'] += 1;
      await pace.step();
    }
    handled += requests.length;
    if (handled >= MAX_ROUND_REQUESTS) break;
  }
  const last = taken.at(-1);
  if (!last) return { watermark: from, batches: 0, requests: 0, isFull: false };
  const touched = await streams.touched(serving, pace);
  await dataSource.transaction(async (manager) => {
    await states.advance(manager, from, last.position, counts.seen, nowMs);
    await states.save(manager, touched.streams);
    await readings.save(manager, touched.readings);
  });
  streams.saved();
  metrics.followed(counts.seen);
  metrics.skipped(counts.skipped);
  for (const reason of ['past-retention', 'unreadable', 'not-watched', 'not-kept'] as const) metrics.unfollowed(reason, counts[reason]);
  return { watermark: last.position, batches: taken.length, requests: counts.seen, isFull: taken.length < batches.length || batches.length === MAX_ROUND_BATCHES };
}

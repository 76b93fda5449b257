import { type DataSource } from 'typeorm';
import { type TraceSealer } from '#libs/record/seal';
import { type DetectorStates } from '#libs/store/detection/detector-states';
import { type FollowedBatch, type FollowedLedger, type FollowedRequest, type Watermark } from '#libs/store/detection/followed-ledger';
import { type Readings } from '#libs/store/detection/readings';
import { type FollowMetrics, type Unfollowed } from './follow-metrics.ts';
import { openTrace } from './open-trace.ts';
import { Pace } from './pace.ts';
import { type StreamSet } from './stream-set.ts';

export interface RoundPorts {
  readonly dataSource: DataSource;
  readonly ledger: Pick<FollowedLedger, 'requests'>;
  readonly states: Pick<DetectorStates, 'save' | 'advance'>;
  readonly readings: Pick<Readings, 'save'>;
  readonly streams: StreamSet;
  readonly sealer: Pick<TraceSealer, 'open'>;
  readonly metrics: FollowMetrics;
}

export interface RoundOutcome {
  readonly watermark: Watermark;
  /** There is more to do at once. */
  readonly isFull: boolean;
}

/** Looked at together; a round ends with the batch that brings it beyond MAX_ROUND_REQUESTS. */
export const MAX_ROUND_BATCHES = 64;
const MAX_ROUND_REQUESTS = 2000;

/**
 * One round: shows the requests of the next batches to the detectors, and saves states, readings and the
 * watermark in one transaction, so that a crash repeats nothing and loses nothing. Traces of releases that
 * are not watched are neither read nor opened.
 * @param batches next of the ledger behind `from`, at most MAX_ROUND_BATCHES
 * @param serving releases that answer
 * @throws ProgressMovedError and whatever fails; what is in memory is then ahead of what is saved
 */
export async function followRound({ dataSource, ledger, states, readings, streams, sealer, metrics }: RoundPorts, from: Watermark, batches: readonly FollowedBatch[], serving: ReadonlySet<string>, nowMs: number): Promise<RoundOutcome> {
  const pace = new Pace();
  const taken: FollowedBatch[] = [];
  let handled = 0;
  const counts = { seen: 0, 'past-retention': 0, unreadable: 0, 'not-watched': 0, 'not-kept': 0, skipped: 0 };
  for (const batch of batches) {
    taken.push(batch);
    if (batch.requestIds === null) counts.skipped += 1;
    const requests = await ledger.requests(batch, streams.unwatched());
    counts['past-retention'] += (batch.requestIds?.length ?? 0) - requests.length;
    for (const request of requests) {
      counts[await follow(request, streams, sealer, pace)] += 1;
      await pace.step();
    }
    handled += requests.length;
    if (handled >= MAX_ROUND_REQUESTS) break;
  }
  const last = taken.at(-1);
  if (!last) return { watermark: from, isFull: false };
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
  return { watermark: last.position, isFull: taken.length < batches.length || batches.length === MAX_ROUND_BATCHES };
}

async function follow(request: FollowedRequest, streams: StreamSet, sealer: Pick<TraceSealer, 'open'>, pace: Pace): Promise<'seen' | Unfollowed> {
  if (request.hasNoTrace) return 'not-kept';
  if (request.sealedTrace === null) return 'not-watched';
  const trace = openTrace(request, sealer);
  if (trace === null) return 'unreadable';
  return (await streams.observe(request, trace, pace)) ? 'seen' : 'not-watched';
}

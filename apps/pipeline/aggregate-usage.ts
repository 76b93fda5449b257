import { segmentKey } from '#libs/store/capture/segments';
import { type TraceBatch } from '#libs/store/capture/trace-batch';
import { MINUTE_MS, type UsageDelta } from '#libs/store/usage/roll-up';
import { spreadRows } from '#libs/trace/spread-rows';
import { flagsOf, traceRows } from '#libs/trace/trace';
import { accumulateUsage, emptyUsage, type LayerUsage } from '#libs/trace/usage';
import { type ScreenedBatch } from './screen-requests.ts';

const NO_BYTES = new Uint8Array(0);

/** Fourth stage: sums the traces by release, segment and minute. Pinned requests are kept, not summed: what somebody tried on a release is none of its traffic. @param maxRows of a request that are counted at most; null: all */
export function aggregateUsage({ batchId, admitted, quarantined, refused }: ScreenedBatch, writtenAtMs: number, maxRows: number | null = null): TraceBatch {
  const deltas = new Map<string, UsageDelta & { readonly layers: LayerUsage[] }>();
  for (const { record, trace } of admitted) {
    if (record.pinned) continue;
    const minuteMs = Math.floor(record.atMs / MINUTE_MS) * MINUTE_MS;
    const key = `${record.releaseId}/${minuteMs}/${segmentKey(record.segment)}`;
    let delta = deltas.get(key);
    if (!delta) {
      delta = { minuteMs, releaseId: record.releaseId, segment: record.segment, layers: emptyUsage(trace.layers, trace.experts) };
      deltas.set(key, delta);
    }
    accumulateUsage(delta.layers, maxRows === null ? trace : spreadRows(trace, maxRows));
  }
  // What came of a request without a trace has done its part with the sums.
  const traces = admitted.map(({ record, sealedTrace, trace }) => ({ record, sealedTrace: record.noTrace ? NO_BYTES : sealedTrace, routedTokens: traceRows(trace), flags: flagsOf(trace) }));
  return { batchId, writtenAtMs, traces, usage: [...deltas.values()], quarantined, refused };
}

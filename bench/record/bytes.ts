import { type DataSource } from 'typeorm';
import { encodeTrace } from '#libs/trace/codec';
import { SEAL_OVERHEAD_BYTES } from '#libs/record/seal';
import { type RecordedTrace, selectionsOf } from './recorded-traces.ts';

export interface StoredBytes {
  readonly selections: number;
  readonly topK: number;
  readonly tokensPerRequest: number;
  /** Bytes of all traces: expert ids and gates; with token ids; with the seal. */
  readonly payload: number;
  readonly withTokenIds: number;
  readonly sealed: number;
}

export function countBytes(traces: readonly RecordedTrace[]): StoredBytes {
  const sum = (of: (trace: RecordedTrace) => number) => traces.reduce((total, trace) => total + of(trace), 0);
  const [first] = traces;
  if (!first) throw new RangeError('there are no traces');
  const selections = sum(({ trace }) => selectionsOf(trace));
  return {
    selections,
    topK: first.trace.topK,
    tokensPerRequest: selections / traces.length / first.trace.layers / first.trace.topK,
    payload: sum(({ trace }) => encodeTrace({ ...trace, tokenIds: null }).length),
    withTokenIds: sum(({ packed }) => packed.length),
    sealed: sum(({ packed }) => packed.length + SEAL_OVERHEAD_BYTES),
  };
}

/** Bytes of the trace partitions with indexes and out-of-line storage, and the selections in them. */
export async function databaseBytes(store: DataSource, selectionsPerToken: number): Promise<{ readonly bytes: number; readonly selections: number }> {
  const [row]: { bytes: string; tokens: string }[] = await store.query(`
    SELECT (SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'signalbox.trace'::regclass) AS bytes,
      (SELECT sum(routed_tokens) FROM signalbox.trace) AS tokens`);
  return { bytes: Number(row?.bytes), selections: Number(row?.tokens) * selectionsPerToken };
}

export function describeBytes(name: string, bytes: number, selections: number, topK: number): string {
  const perSelection = bytes / selections;
  return `  ${name.padEnd(34)} ${perSelection.toFixed(3)} bytes/selection, ${(perSelection * topK).toFixed(3)} bytes/decision of ${topK}`;
}

import { type RoutingTrace, traceRows } from '#libs/trace/trace';
import { EMPTY_SELECTIONS } from '#libs/trace/usage';
import { type RoutedRows } from '../router-shift/token-routing.ts';

/** What one request shows in one layer. */
export interface LayerRequest {
  /** Share of the selections that each expert got, [experts]; sums to 1, all 0 when nothing was selected. */
  readonly shares: Float32Array;
  /** The same by token; null where the trace has no token ids. Views the trace, copies nothing. */
  readonly rows: RoutedRows | null;
}

/**
 * A request's routing in one layer. Selections that went to no expert (dropped, unused) are no usage.
 * Where the layer fell back the experts on record are not all the router's choice, so the tokens are
 * left out.
 */
export function requestRouting(trace: RoutingTrace, layer: number): LayerRequest {
  if (!(Number.isInteger(layer) && layer >= 0 && layer < trace.layers)) throw new RangeError(`layer ${layer}: the trace has layers 0 to ${trace.layers - 1}`);
  const { layers, experts, topK, expertIds } = trace;
  const counts = new Float64Array(experts);
  const stride = layers * topK;
  const end = traceRows(trace) * stride;
  for (let at = layer * topK; at < end; at += stride) for (let rank = 0; rank < topK; rank += 1) counts[expertIds[at + rank]!]! += 1;
  const empty = trace.flagged.filter((decision) => decision.layer === layer && (decision.flags & EMPTY_SELECTIONS) !== 0);
  for (const { row } of empty) {
    for (let at = row * stride + layer * topK, rank = 0; rank < topK; rank += 1) if (trace.gates[at + rank] === 0) counts[expertIds[at + rank]!]! -= 1;
  }
  let sum = 0;
  for (let j = 0; j < experts; j += 1) sum += counts[j]!;
  const shares = new Float32Array(experts);
  if (sum > 0) for (let j = 0; j < experts; j += 1) shares[j] = counts[j]! / sum;
  const rows = trace.tokenIds === null || empty.length > 0 ? null : { tokenIds: trace.tokenIds, expertIds, offset: layer * topK, stride, topK };
  return { shares, rows };
}

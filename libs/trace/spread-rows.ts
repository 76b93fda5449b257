import { type RoutingTrace, traceRows } from './trace.ts';

/**
 * The trace with at most `most` rows, evenly spread over it, so that one request moves no sum by more than
 * so many rows. As it is where it has no more. Choices are joined: only usage is made of it.
 * @param most 1 or more
 */
export function spreadRows(trace: RoutingTrace, most: number): RoutingTrace {
  const rows = traceRows(trace);
  if (rows <= most) return trace;
  const { layers, topK } = trace;
  const width = layers * topK;
  const kept = Array.from({ length: most }, (_, at) => Math.floor((at * rows) / most));
  const placeOf = new Map(kept.map((row, at) => [row, at]));
  const pick = <T extends Uint16Array | Float32Array>(values: T, into: T): T => {
    for (const [at, row] of kept.entries()) into.set(values.subarray(row * width, (row + 1) * width), at * width);
    return into;
  };
  return {
    ...trace,
    promptRows: most,
    choiceRows: [],
    tokenIds: trace.tokenIds && Uint32Array.from(kept, (row) => trace.tokenIds![row]!),
    expertIds: pick(trace.expertIds, new Uint16Array(most * width)),
    gates: pick(trace.gates, new Float32Array(most * width)),
    flagged: trace.flagged.flatMap(({ row, layer, flags }) => {
      const at = placeOf.get(row);
      return at === undefined ? [] : [{ row: at, layer, flags }];
    }),
  };
}

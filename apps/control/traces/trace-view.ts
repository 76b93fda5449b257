import { flagNames, type RoutingTrace, traceRows } from '#libs/trace/trace';
import { type RouteOutput } from '#libs/contract/management/route';
import { type ROUTES } from '#libs/contract/management/routes';

type TraceBody = RouteOutput<typeof ROUTES.getTrace>;
type TracedToken = TraceBody['tokens'][number];

/** Rows [offset, offset + rows) of a trace, as the API shows them. `texts` are those of these rows. */
export function traceTokens(trace: RoutingTrace, offset: number, rows: number, texts: readonly string[] | null): TracedToken[] {
  const end = Math.min(traceRows(trace), offset + rows);
  const flagged = Map.groupBy(trace.flagged, ({ row }) => row);
  return Array.from({ length: Math.max(0, end - offset) }, (_, index) => {
    const row = offset + index;
    return {
      row,
      choice: choiceOf(trace, row),
      tokenId: trace.tokenIds?.[row] ?? null,
      text: texts?.[index] ?? null,
      experts: decisions(trace, row, trace.expertIds),
      gates: decisions(trace, row, trace.gates).map((gates) => gates.map((gate) => Math.round(gate * 10_000) / 10_000)),
      flags: (flagged.get(row) ?? []).map(({ layer, flags }) => ({ layer, flags: flagNames(flags) })),
    };
  });
}

/** Token ids of the same rows; null where they were not captured. */
export function traceTokenIds(trace: RoutingTrace, offset: number, rows: number): number[] | null {
  return trace.tokenIds && [...trace.tokenIds.subarray(offset, offset + rows)];
}

/** The choice a row belongs to, from 0; null for the prompt. */
export function choiceOf(trace: Pick<RoutingTrace, 'promptRows' | 'choiceRows'>, row: number): number | null {
  let left = row - trace.promptRows;
  if (left < 0) return null;
  const choice = trace.choiceRows.findIndex((rows) => (left -= rows) < 0);
  return choice === -1 ? null : choice;
}

function decisions(trace: RoutingTrace, row: number, values: Uint16Array | Float32Array): number[][] {
  const { layers, topK } = trace;
  return Array.from({ length: layers }, (_, layer) => {
    const at = (row * layers + layer) * topK;
    return [...values.subarray(at, at + topK)];
  });
}

import { gateUnits } from './limits.ts';
import { type FlaggedDecision, type RoutingTrace, traceRows } from './trace.ts';

/**
 * A trace that adds up to the same usage and says nothing else: in each layer its decisions are sorted, so
 * neither their order nor which of two layers' decisions are of one token is left, and gates are rounded as
 * usage counts them. Token ids are left out.
 */
export function unorderedTrace(trace: RoutingTrace): RoutingTrace {
  const { layers, topK } = trace;
  const rows = traceRows(trace);
  const flags = new Map(trace.flagged.map(({ row, layer, flags: bits }) => [row * layers + layer, bits]));
  const expertIds = new Uint16Array(trace.expertIds.length);
  const gates = new Float32Array(trace.gates.length);
  const flagged: FlaggedDecision[] = [];
  for (let layer = 0; layer < layers; layer += 1) {
    const compare = (a: number, b: number): number => {
      const ofA = (a * layers + layer) * topK;
      const ofB = (b * layers + layer) * topK;
      for (let k = 0; k < topK; k += 1) {
        const order = trace.expertIds[ofA + k]! - trace.expertIds[ofB + k]! || gateUnits(trace.gates[ofA + k]!) - gateUnits(trace.gates[ofB + k]!);
        if (order !== 0) return order;
      }
      return (flags.get(a * layers + layer) ?? 0) - (flags.get(b * layers + layer) ?? 0);
    };
    const order = Array.from({ length: rows }, (_, row) => row).toSorted(compare);
    for (const [row, from] of order.entries()) {
      const to = (row * layers + layer) * topK;
      const at = (from * layers + layer) * topK;
      for (let k = 0; k < topK; k += 1) {
        expertIds[to + k] = trace.expertIds[at + k]!;
        gates[to + k] = trace.gates[at + k]!;
      }
      const bits = flags.get(from * layers + layer);
      if (bits !== undefined) flagged.push({ row, layer, flags: bits });
    }
  }
  return { ...trace, tokenIds: null, expertIds, gates, flagged };
}

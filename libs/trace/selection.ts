import { GATE_UNITS, gateUnits } from './limits.ts';
import { type RoutingTrace, traceRows } from './trace.ts';
import { EMPTY_SELECTIONS } from './usage.ts';

/** What one expert got of a request. */
export interface ExpertSelection {
  /** Rows of the trace that were routed to it. */
  readonly tokens: number;
  /** Sum of their gates, each as stored, in units of 1/255. */
  readonly gateMass: number;
}

/**
 * What an expert of a layer got of a traced request. The rule is that of usage: a selection with gate 0 in a
 * decision flagged `dropped` or `fallback` went to no expert; any other counts, also one with gate 0.
 * @throws RangeError for a layer or expert that the trace does not have
 */
export function expertSelection(trace: RoutingTrace, layer: number, expert: number): ExpertSelection {
  const { layers, experts, topK, expertIds, gates } = trace;
  if (!(layer < layers && expert < experts)) throw new RangeError(`the trace has ${layers} layers of ${experts} experts: none is ${layer}/${expert}`);
  const mayBeEmpty = new Set(trace.flagged.flatMap((one) => (one.layer === layer && (one.flags & EMPTY_SELECTIONS) !== 0 ? [one.row] : [])));
  const rows = traceRows(trace);
  let tokens = 0;
  let units = 0;
  for (let row = 0; row < rows; row += 1) {
    const first = (row * layers + layer) * topK;
    for (let at = first; at < first + topK; at += 1) {
      if (expertIds[at] !== expert) continue;
      const gate = gateUnits(gates[at]!);
      if (gate === 0 && mayBeEmpty.has(row)) continue;
      tokens += 1;
      units += gate;
    }
  }
  return { tokens, gateMass: units / GATE_UNITS };
}

import { GATE_UNITS, gateUnits } from './limits.ts';
import { DECISION_FLAGS, type RoutingTrace, traceRows } from './trace.ts';

/** Bins of the confidence histogram: bin b holds top-1 gates in [b/20, (b+1)/20), the last one also 1. */
export const CONFIDENCE_BINS = 20;

/** In decisions with one of these flags a selection with gate 0 went to no expert. */
export const EMPTY_SELECTIONS = DECISION_FLAGS.dropped | DECISION_FLAGS.fallback;

/** Pairs are counted up to this many experts: E*(E-1)/2 cells per layer stay small. */
export const MAX_PAIR_EXPERTS = 64;

/**
 * What the traces of some requests add up to, in one layer. All figures are integers, so sums are
 * exact whatever the order, and E is `load.length`. n(r,j) below is the load of expert j from
 * request r, n(r) its sum over j.
 *
 * A selection is dropped when its decision is flagged `dropped` and its gate is 0, and unused when its
 * decision is flagged `fallback` but not `dropped` and its gate is 0: neither is load. Always:
 * sum(load) + droppedSelections + unused selections = tokens * topK, and sum(confidence) = tokens.
 */
export interface LayerUsage {
  /** Rows assigned to each expert, dropped and unused selections left out. [E] */
  readonly load: Float64Array;
  /** Sum of gates of those rows, in units of 1/255. [E] */
  readonly gateMass: Float64Array;
  /** Sum over requests of n(r,j) * n(r): with the sums of squares, the design effect. [E] */
  readonly cross: Float64Array;
  /** Rows that selected both experts a < b, at pairIndex(a, b, E); null above 64 experts. */
  readonly pairs: Float64Array | null;
  /** Histogram of the first gate of each decision. [20] */
  readonly confidence: Float64Array;
  /** Sum over requests and experts of n(r,j)^2. */
  sumSquaresCells: number;
  /** Sum over requests of n(r)^2. */
  sumSquaresRequests: number;
  tokens: number;
  requests: number;
  droppedSelections: number;
  /** Decisions that carry each flag. */
  dropped: number;
  rerouted: number;
  masked: number;
  fallback: number;
}

/** Usage of `layers` layers of `experts` experts, all zero. */
export function emptyUsage(layers: number, experts: number): LayerUsage[] {
  return Array.from({ length: layers }, () => ({
    load: new Float64Array(experts),
    gateMass: new Float64Array(experts),
    cross: new Float64Array(experts),
    pairs: experts <= MAX_PAIR_EXPERTS ? new Float64Array((experts * (experts - 1)) / 2) : null,
    confidence: new Float64Array(CONFIDENCE_BINS),
    sumSquaresCells: 0,
    sumSquaresRequests: 0,
    tokens: 0,
    requests: 0,
    droppedSelections: 0,
    dropped: 0,
    rerouted: 0,
    masked: 0,
    fallback: 0,
  }));
}

/** Where the pair of experts a < b is counted: the upper triangle, row by row. */
export function pairIndex(a: number, b: number, experts: number): number {
  return a * experts - (a * (a + 1)) / 2 + (b - a - 1);
}

/**
 * Adds one request's decoded trace to `into`, one entry per layer. Gates count as stored (units of
 * 1/255), so a decoded trace gives the same sums wherever it is added.
 *
 * The sums of squares serve the design effect of request clustering (Rao and Scott, 1981, JASA 76,
 * 221-230: chi-squared tests from complex surveys): tokens of one request are not independent.
 * @throws RangeError when layers or experts differ, or a sum leaves the exact integers.
 */
export function accumulateUsage(into: LayerUsage[], trace: RoutingTrace): void {
  const { layers, experts, topK } = trace;
  const rows = traceRows(trace);
  if (into.length !== layers) throw new RangeError(`usage of ${into.length} layers cannot take a trace of ${layers}`);
  const flags = flagsByPosition(trace);
  const perRequest = new Float64Array(experts);
  for (let layer = 0; layer < layers; layer++) {
    const usage = into[layer]!;
    if (usage.load.length !== experts) {
      throw new RangeError(`usage of ${usage.load.length} experts cannot take a trace of ${experts}`);
    }
    perRequest.fill(0);
    if (topK === 2 && flags === null) addPlainPairs(usage, trace, layer, rows, perRequest);
    else addDecisions(usage, trace, layer, rows, flags, perRequest);
    let requestLoad = 0;
    let squares = 0;
    for (let expert = 0; expert < experts; expert++) {
      const load = perRequest[expert]!;
      requestLoad += load;
      squares += load * load;
    }
    for (let expert = 0; expert < experts; expert++) {
      usage.load[expert]! += perRequest[expert]!;
      usage.cross[expert]! += perRequest[expert]! * requestLoad;
    }
    usage.sumSquaresCells += squares;
    usage.sumSquaresRequests += requestLoad * requestLoad;
    usage.tokens += rows;
    usage.requests += 1;
    assertExact(usage);
  }
}

/** Adds `from` to `into`, layer by layer. @throws RangeError when the shapes differ or a sum is inexact. */
export function mergeUsage(into: LayerUsage[], from: readonly LayerUsage[]): void {
  if (into.length !== from.length) throw new RangeError(`usage of ${into.length} layers cannot take ${from.length}`);
  for (const [layer, target] of into.entries()) {
    const source = from[layer]!;
    if (source.load.length !== target.load.length) {
      throw new RangeError(`usage of ${target.load.length} experts cannot take ${source.load.length}`);
    }
    addLayerUsage(target, source);
    assertExact(target);
  }
}

/**
 * Adds one layer's usage to another of as many experts. Unchecked: beyond 2^53 the sums are rounded, which
 * does for reading over long times. Pairs are added where both have them.
 */
export function addLayerUsage(target: LayerUsage, source: LayerUsage): void {
  addAll(target.load, source.load);
  addAll(target.gateMass, source.gateMass);
  addAll(target.cross, source.cross);
  addAll(target.confidence, source.confidence);
  if (target.pairs !== null && source.pairs !== null) addAll(target.pairs, source.pairs);
  target.sumSquaresCells += source.sumSquaresCells;
  target.sumSquaresRequests += source.sumSquaresRequests;
  target.tokens += source.tokens;
  target.requests += source.requests;
  target.droppedSelections += source.droppedSelections;
  target.dropped += source.dropped;
  target.rerouted += source.rerouted;
  target.masked += source.masked;
  target.fallback += source.fallback;
}

function addDecisions(
  usage: LayerUsage,
  trace: RoutingTrace,
  layer: number,
  rows: number,
  flags: ReadonlyMap<number, number> | null,
  perRequest: Float64Array,
): void {
  const { layers, experts, topK, expertIds, gates } = trace;
  const { gateMass, pairs, confidence } = usage;
  const served = new Uint16Array(topK);
  for (let row = 0; row < rows; row++) {
    const position = row * layers + layer;
    const decisionFlags = flags?.get(position) ?? 0;
    const first = position * topK;
    const mayBeEmpty = (decisionFlags & EMPTY_SELECTIONS) !== 0;
    let servedCount = 0;
    for (let k = 0; k < topK; k++) {
      const units = gateUnits(gates[first + k]!);
      if (mayBeEmpty && units === 0) {
        if (decisionFlags & DECISION_FLAGS.dropped) usage.droppedSelections += 1;
        continue;
      }
      const expert = expertIds[first + k]!;
      perRequest[expert]! += 1;
      gateMass[expert]! += units;
      if (pairs !== null) {
        for (let earlier = 0; earlier < servedCount; earlier++) {
          const other = served[earlier]!;
          if (other < expert) pairs[pairIndex(other, expert, experts)]! += 1;
          else if (other > expert) pairs[pairIndex(expert, other, experts)]! += 1;
        }
        served[servedCount++] = expert;
      }
    }
    confidence[confidenceBin(gateUnits(gates[first]!))]! += 1;
    if (decisionFlags !== 0) countFlags(usage, decisionFlags);
  }
}

/** What addDecisions does, for two experts and no flags: the usual case, in a third of the time. */
function addPlainPairs(usage: LayerUsage, { layers, experts, expertIds, gates }: RoutingTrace, layer: number, rows: number, perRequest: Float64Array): void {
  const { gateMass, pairs, confidence } = usage;
  const end = rows * layers * 2;
  for (let at = layer * 2; at < end; at += layers * 2) {
    const first = expertIds[at]!;
    const second = expertIds[at + 1]!;
    const firstUnits = gateUnits(gates[at]!);
    perRequest[first]! += 1;
    perRequest[second]! += 1;
    gateMass[first]! += firstUnits;
    gateMass[second]! += gateUnits(gates[at + 1]!);
    confidence[confidenceBin(firstUnits)]! += 1;
    if (pairs !== null && first !== second) pairs[first < second ? pairIndex(first, second, experts) : pairIndex(second, first, experts)]! += 1;
  }
}

function confidenceBin(units: number): number {
  return Math.min(CONFIDENCE_BINS - 1, Math.floor((units * CONFIDENCE_BINS) / GATE_UNITS));
}

function countFlags(usage: LayerUsage, flags: number): void {
  if (flags & DECISION_FLAGS.dropped) usage.dropped += 1;
  if (flags & DECISION_FLAGS.rerouted) usage.rerouted += 1;
  if (flags & DECISION_FLAGS.masked) usage.masked += 1;
  if (flags & DECISION_FLAGS.fallback) usage.fallback += 1;
}

function flagsByPosition(trace: RoutingTrace): ReadonlyMap<number, number> | null {
  if (trace.flagged.length === 0) return null;
  return new Map(trace.flagged.map(({ row, layer, flags }) => [row * trace.layers + layer, flags]));
}

function addAll(target: Float64Array, source: Float64Array): void {
  for (let i = 0; i < target.length; i++) target[i]! += source[i]!;
}

/** Each other sum is at most one of these three, so they are the ones to watch. */
function assertExact(usage: LayerUsage): void {
  const largest = Math.max(usage.sumSquaresRequests, usage.tokens * GATE_UNITS, usage.requests);
  if (!(largest <= Number.MAX_SAFE_INTEGER)) {
    throw new RangeError('a usage sum is beyond 2^53: close this roll-up and start another');
  }
}

import { bitWidth, packBits, unpackBits } from './bits.ts';
import { ByteReader, headerMaxBytes, readHeader, sectionSizes, type SectionSizes, type TraceHeader, writeHeader, writeVarint } from './codec-header.ts';
import { GATE_UNITS, gateUnits, NORMALISED_TOLERANCE, TRACE_LIMITS, TraceFormatError } from './limits.ts';
import { DECISION_FLAGS, type FlaggedDecision, type RoutingTrace } from './trace.ts';

const ALL_FLAGS = Object.values(DECISION_FLAGS).reduce((bits, flag) => bits | flag, 0);
/** In decisions with one of these flags a gate of 0 says that the selection went to no expert. */
const EMPTY_SELECTIONS = DECISION_FLAGS.dropped | DECISION_FLAGS.fallback;
const MAX_FLAGGED_BYTES = 7;

/**
 * Packs a trace; the format is docs/trace-format.md. Expert ids and token ids come back exactly;
 * gates within 1/510, a derived last gate within (topK - 1)/510 + 0.001. In a decision flagged
 * `dropped` or `fallback` a gate above 0 never becomes 0, so that selections without an expert stay
 * recognisable.
 * @throws TraceFormatError `bad-shape`, `over-limit`, `expert-out-of-range`, `bad-gate`, `malformed`.
 */
export function encodeTrace(trace: RoutingTrace): Uint8Array {
  const flagged = sortedFlags(trace);
  const header: TraceHeader = {
    layers: trace.layers,
    experts: trace.experts,
    topK: trace.topK,
    promptRows: trace.promptRows,
    choiceRows: trace.choiceRows,
    lastGateDerived: unflaggedSumToOne(trace, flagged),
    tokenBits: trace.tokenIds === null ? 0 : tokenBits(trace.tokenIds),
    flaggedCount: flagged.length,
  };
  const sizes = sectionSizes(header);
  checkShapes(trace, sizes);
  const fixedBytes = sizes.idBytes + sizes.gateBytes + sizes.tokenBytes;
  const out = new Uint8Array(headerMaxBytes(header) + fixedBytes + flagged.length * MAX_FLAGGED_BYTES);
  let at = writeHeader(header, out);
  at = packBits(trace.expertIds, sizes.idBits, out, at);
  const gatesAt = at;
  at = writeGates(trace.gates, trace.topK, sizes.gatesStored, out, at);
  if (trace.tokenIds !== null) at = packBits(trace.tokenIds, header.tokenBits, out, at);
  let previous = -1;
  for (const decision of flagged) {
    const position = decision.row * trace.layers + decision.layer;
    at = writeVarint(position - previous - 1, out, at);
    out[at++] = decision.flags;
    if (decision.flags & EMPTY_SELECTIONS) keepPositive(trace, position, sizes.gatesStored, out, gatesAt);
    if (header.lastGateDerived) out[at++] = storedGate(trace, position, trace.topK - 1, decision.flags);
    previous = position;
  }
  return out.slice(0, at);
}

/**
 * Unpacks a trace. Checks the announced sizes against the bytes before it allocates.
 * @throws TraceFormatError with the reason; never reads outside the bytes.
 */
export function decodeTrace(bytes: Uint8Array): RoutingTrace {
  const reader = new ByteReader(bytes);
  const header = readHeader(reader);
  const sizes = sectionSizes(header);
  const flaggedBytes = header.lastGateDerived ? 3 : 2;
  if (reader.remaining < sizes.idBytes + sizes.gateBytes + sizes.tokenBytes + header.flaggedCount * flaggedBytes) {
    throw new TraceFormatError('truncated', `the trace announces more than its ${bytes.length} bytes`);
  }
  const expertIds = new Uint16Array(sizes.selections);
  const largest = unpackBits(bytes, reader.offset, sizes.idBits, expertIds);
  if (largest < 0) throw new TraceFormatError('malformed', 'padding after the expert ids is not zero');
  if (largest >= header.experts) {
    throw new TraceFormatError('expert-out-of-range', `expert ${largest} in a trace of ${header.experts} experts`);
  }
  reader.offset += sizes.idBytes;
  const gates = new Float32Array(sizes.selections);
  readGates(bytes, reader.offset, header.topK, sizes.gatesStored, gates);
  reader.offset += sizes.gateBytes;
  let tokenIds: Uint32Array | null = null;
  if (header.tokenBits > 0) {
    tokenIds = new Uint32Array(sizes.rows);
    if (unpackBits(bytes, reader.offset, header.tokenBits, tokenIds) < 0) {
      throw new TraceFormatError('malformed', 'padding after the token ids is not zero');
    }
    reader.offset += sizes.tokenBytes;
  }
  const flagged = readFlagged(reader, header, sizes, gates);
  if (reader.remaining > 0) throw new TraceFormatError('trailing-bytes', `${reader.remaining} bytes follow the trace`);
  const { layers, experts, topK, promptRows, choiceRows } = header;
  return { layers, experts, topK, promptRows, choiceRows, tokenIds, expertIds, gates, flagged };
}

function checkShapes(trace: RoutingTrace, sizes: SectionSizes): void {
  const { expertIds, gates, tokenIds } = trace;
  if (expertIds.length !== sizes.selections || gates.length !== sizes.selections) {
    throw new TraceFormatError(
      'bad-shape',
      `expertIds has ${expertIds.length} and gates ${gates.length} entries; rows x layers x topK is ${sizes.selections}`,
    );
  }
  if (tokenIds !== null && tokenIds.length !== sizes.rows) {
    throw new TraceFormatError('bad-shape', `tokenIds has ${tokenIds.length} entries for ${sizes.rows} rows`);
  }
  const experts = trace.experts;
  let largest = 0;
  for (let i = 0; i < expertIds.length; i++) if (expertIds[i]! > largest) largest = expertIds[i]!;
  if (largest >= experts && expertIds.length > 0) {
    throw new TraceFormatError('expert-out-of-range', `expertIds holds ${largest}; experts is ${experts}`);
  }
}

function tokenBits(tokenIds: Uint32Array): number {
  let largest = 0;
  for (let i = 0; i < tokenIds.length; i++) if (tokenIds[i]! > largest) largest = tokenIds[i]!;
  if (largest > TRACE_LIMITS.tokenId) {
    throw new TraceFormatError('over-limit', `tokenIds holds ${largest}; a trace allows up to ${TRACE_LIMITS.tokenId}`);
  }
  return bitWidth(largest + 1);
}

/** Whether every decision without flags has gates that sum to 1, so that the last can be derived. */
function unflaggedSumToOne(trace: RoutingTrace, flagged: readonly FlaggedDecision[]): boolean {
  const { gates, topK } = trace;
  let nextFlagged = 0;
  let flaggedAt = flagged.length > 0 ? flagged[0]!.row * trace.layers + flagged[0]!.layer : -1;
  for (let decision = 0, i = 0; i < gates.length; decision++) {
    let sum = 0;
    for (let k = 0; k < topK; k++) sum += gates[i++]!;
    if (decision === flaggedAt) {
      const next = flagged[++nextFlagged];
      flaggedAt = next ? next.row * trace.layers + next.layer : -1;
    } else if (!(Math.abs(sum - 1) <= NORMALISED_TOLERANCE)) {
      return false;
    }
  }
  return true;
}

function writeGates(gates: Float32Array, topK: number, stored: number, out: Uint8Array, offset: number): number {
  let at = offset;
  // Math.min below would hide a NaN, so this is what finds bad gates; it runs over all of them once.
  for (let i = 0; i < gates.length; i++) {
    const gate = gates[i]!;
    if (!(gate >= 0 && gate <= 1 + NORMALISED_TOLERANCE)) {
      throw new TraceFormatError('bad-gate', `gates[${i}] is ${gate}; a gate lies in 0 to 1`);
    }
  }
  if (topK === 2 && stored === 1) {
    for (let i = 0; i < gates.length; i += 2) out[at++] = Math.min(GATE_UNITS, gateUnits(gates[i]!));
    return at;
  }
  for (let i = 0; i < gates.length; i += topK) {
    for (let k = 0; k < stored; k++) out[at++] = Math.min(GATE_UNITS, gateUnits(gates[i + k]!));
  }
  return at;
}

function readGates(bytes: Uint8Array, offset: number, topK: number, stored: number, into: Float32Array): void {
  let at = offset;
  if (topK === 2 && stored === 1) {
    for (let i = 0; i < into.length; i += 2) {
      const first = bytes[at++]!;
      into[i] = first / GATE_UNITS;
      into[i + 1] = (GATE_UNITS - first) / GATE_UNITS;
    }
    return;
  }
  for (let i = 0; i < into.length; i += topK) {
    let sum = 0;
    for (let k = 0; k < stored; k++) {
      const units = bytes[at++]!;
      sum += units;
      into[i + k] = units / GATE_UNITS;
    }
    if (stored < topK) into[i + stored] = Math.max(0, GATE_UNITS - sum) / GATE_UNITS;
  }
}

function storedGate(trace: RoutingTrace, position: number, k: number, flags: number): number {
  const gate = trace.gates[position * trace.topK + k]!;
  const units = Math.min(GATE_UNITS, gateUnits(gate));
  return units === 0 && gate > 0 && flags & EMPTY_SELECTIONS ? 1 : units;
}

function keepPositive(trace: RoutingTrace, position: number, stored: number, out: Uint8Array, gatesAt: number): void {
  for (let k = 0; k < stored; k++) {
    out[gatesAt + position * stored + k] = storedGate(trace, position, k, EMPTY_SELECTIONS);
  }
}

function readFlagged(reader: ByteReader, header: TraceHeader, sizes: SectionSizes, gates: Float32Array): FlaggedDecision[] {
  const flagged: FlaggedDecision[] = [];
  let position = -1;
  for (let i = 0; i < header.flaggedCount; i++) {
    position += reader.varint() + 1;
    if (position >= sizes.decisions) throw new TraceFormatError('malformed', `flagged decision ${position} of ${sizes.decisions}`);
    const flags = reader.byte();
    if (flags === 0 || flags & ~ALL_FLAGS) throw new TraceFormatError('malformed', `unknown decision flags ${flags}`);
    if (header.lastGateDerived) gates[position * header.topK + header.topK - 1] = reader.byte() / GATE_UNITS;
    flagged.push({ row: Math.floor(position / header.layers), layer: position % header.layers, flags });
  }
  return flagged;
}

/** Flagged decisions in order of row and layer, each once. */
function sortedFlags(trace: RoutingTrace): readonly FlaggedDecision[] {
  if (trace.flagged.length === 0) return trace.flagged;
  const rows = trace.gates.length / (trace.layers * trace.topK);
  const byPosition = new Map<number, FlaggedDecision>();
  for (const { row, layer, flags } of trace.flagged) {
    const inside = Number.isInteger(row) && row >= 0 && row < rows && Number.isInteger(layer) && layer >= 0 && layer < trace.layers;
    if (!inside) throw new TraceFormatError('bad-shape', `flagged names row ${row}, layer ${layer}, outside the trace`);
    if (!Number.isInteger(flags) || flags <= 0 || flags > ALL_FLAGS) throw new TraceFormatError('malformed', `flagged carries unknown flags ${flags}`);
    const position = row * trace.layers + layer;
    byPosition.set(position, { row, layer, flags: (byPosition.get(position)?.flags ?? 0) | flags });
  }
  return [...byPosition].toSorted(([a], [b]) => a - b).map(([, decision]) => decision);
}

import { bitWidth, MAX_BIT_WIDTH, packedBytes } from './bits.ts';
import { TRACE_LIMITS, TraceFormatError } from './limits.ts';

export const MAGIC = 0x52;
export const VERSION = 1;

const HAS_TOKEN_IDS = 1;
const LAST_GATE_DERIVED = 2;
const MAX_VARINT_BYTES = 5;

export interface TraceHeader {
  readonly layers: number;
  readonly experts: number;
  readonly topK: number;
  readonly promptRows: number;
  readonly choiceRows: readonly number[];
  /** The last gate of each unflagged decision is left out: 1 minus the sum of the others. */
  readonly lastGateDerived: boolean;
  /** Bits of a token id; 0 when the trace has none. */
  readonly tokenBits: number;
  readonly flaggedCount: number;
}

/** Bytes of the three fixed-width sections that follow the header. */
export interface SectionSizes {
  readonly rows: number;
  readonly decisions: number;
  readonly selections: number;
  readonly idBits: number;
  readonly idBytes: number;
  readonly gatesStored: number;
  readonly gateBytes: number;
  readonly tokenBytes: number;
}

/**
 * Sizes of the sections that this header announces.
 * @throws TraceFormatError `over-limit` or `bad-shape`, naming the field.
 */
export function sectionSizes(header: TraceHeader): SectionSizes {
  within('layers', header.layers, 1, TRACE_LIMITS.layers);
  within('experts', header.experts, 1, TRACE_LIMITS.experts);
  within('topK', header.topK, 1, Math.min(TRACE_LIMITS.topK, header.experts));
  within('choiceRows.length', header.choiceRows.length, 0, TRACE_LIMITS.choices);
  within('promptRows', header.promptRows, 0, TRACE_LIMITS.rows);
  within('tokenBits', header.tokenBits, 0, MAX_BIT_WIDTH);
  let rows = header.promptRows;
  for (const choice of header.choiceRows) {
    within('choiceRows', choice, 0, TRACE_LIMITS.rows);
    rows += choice;
  }
  within('rows', rows, 0, TRACE_LIMITS.rows);
  const decisions = rows * header.layers;
  const selections = decisions * header.topK;
  within('selections', selections, 0, TRACE_LIMITS.selections);
  within('flagged', header.flaggedCount, 0, decisions);
  const idBits = bitWidth(header.experts);
  const gatesStored = header.lastGateDerived ? header.topK - 1 : header.topK;
  return {
    rows,
    decisions,
    selections,
    idBits,
    idBytes: packedBytes(selections, idBits),
    gatesStored,
    gateBytes: decisions * gatesStored,
    tokenBytes: packedBytes(rows, header.tokenBits),
  };
}

function within(field: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new TraceFormatError('over-limit', `${field} is ${value}; a trace allows ${least} to ${most}`);
  }
}

export function headerMaxBytes(header: TraceHeader): number {
  return 4 + MAX_VARINT_BYTES * (6 + header.choiceRows.length);
}

/** Writes the header at the start of `out`; returns the offset after it. */
export function writeHeader(header: TraceHeader, out: Uint8Array): number {
  out[0] = MAGIC;
  out[1] = VERSION;
  out[2] = (header.tokenBits > 0 ? HAS_TOKEN_IDS : 0) | (header.lastGateDerived ? LAST_GATE_DERIVED : 0);
  let at = 3;
  for (const value of [header.layers, header.experts, header.topK, header.promptRows, header.choiceRows.length]) {
    at = writeVarint(value, out, at);
  }
  for (const rows of header.choiceRows) at = writeVarint(rows, out, at);
  if (header.tokenBits > 0) out[at++] = header.tokenBits;
  return writeVarint(header.flaggedCount, out, at);
}

/** Reads the header. @throws TraceFormatError with the reason. */
export function readHeader(reader: ByteReader): TraceHeader {
  const magic = reader.byte();
  if (magic !== MAGIC) throw new TraceFormatError('bad-magic', `first byte is ${magic}, a trace begins with ${MAGIC}`);
  const version = reader.byte();
  if (version !== VERSION) {
    throw new TraceFormatError('unknown-version', `trace format version ${version} is unknown; this build reads ${VERSION}`);
  }
  const flags = reader.byte();
  if (flags & ~(HAS_TOKEN_IDS | LAST_GATE_DERIVED)) throw new TraceFormatError('malformed', `unknown header flags ${flags}`);
  const layers = reader.varint();
  const experts = reader.varint();
  const topK = reader.varint();
  const promptRows = reader.varint();
  const choices = reader.varint();
  within('choiceRows.length', choices, 0, TRACE_LIMITS.choices);
  const choiceRows: number[] = [];
  for (let i = 0; i < choices; i++) choiceRows.push(reader.varint());
  let tokenBits = 0;
  if (flags & HAS_TOKEN_IDS) {
    tokenBits = reader.byte();
    within('tokenBits', tokenBits, 1, MAX_BIT_WIDTH);
  }
  const flaggedCount = reader.varint();
  return { layers, experts, topK, promptRows, choiceRows, lastGateDerived: (flags & LAST_GATE_DERIVED) !== 0, tokenBits, flaggedCount };
}

/** Writes an unsigned LEB128 number below 2^32; returns the offset after it. */
export function writeVarint(value: number, out: Uint8Array, offset: number): number {
  let rest = value;
  let at = offset;
  while (rest >= 0x80) {
    out[at++] = (rest & 0x7f) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  out[at++] = rest;
  return at;
}

/** Reads bytes and LEB128 numbers in order, never past the end. */
export class ByteReader {
  offset = 0;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get remaining(): number {
    return this.bytes.length - this.offset;
  }

  byte(): number {
    const value = this.bytes[this.offset];
    if (value === undefined) throw new TraceFormatError('truncated', `the trace ends at byte ${this.offset}`);
    this.offset++;
    return value;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        // One number has one spelling: a padded one is not ours.
        if (byte === 0 && i > 0) throw new TraceFormatError('malformed', 'a number is written with needless bytes');
        return value;
      }
      scale *= 0x80;
    }
    throw new TraceFormatError('malformed', 'a number is longer than 5 bytes');
  }
}

import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeTrace, encodeTrace } from './codec.ts';
import { NORMALISED_TOLERANCE, TraceFormatError } from './limits.ts';
import { DECISION_FLAGS, type RoutingTrace, traceRows } from './trace.ts';

const traces: fc.Arbitrary<RoutingTrace> = fc
  .record({
    layers: fc.integer({ min: 1, max: 5 }),
    experts: fc.constantFrom(1, 2, 3, 8, 9, 16, 60, 128, 256, 300, 65_536),
    wantedK: fc.integer({ min: 1, max: 9 }),
    promptRows: fc.integer({ min: 0, max: 9 }),
    choiceRows: fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 3 }),
    normalised: fc.boolean(),
    tokens: fc.constantFrom(null, 0, 1, 4096, 16_777_215),
    seed: fc.integer(),
    flagEvery: fc.integer({ min: 0, max: 4 }),
  })
  .map((shape) => {
    const topK = Math.min(shape.wantedK, shape.experts);
    const { layers, experts, promptRows, choiceRows, normalised } = shape;
    const rows = traceRows({ promptRows, choiceRows });
    const next = randomNumbers(shape.seed);
    const decisions = rows * layers;
    const expertIds = Uint16Array.from({ length: decisions * topK }, () => Math.floor(next() * experts));
    const gates = new Float32Array(decisions * topK);
    const flagged = [];
    for (let d = 0; d < decisions; d++) {
      const raw = Array.from({ length: topK }, () => next()).toSorted((a, b) => b - a);
      const sum = normalised ? raw.reduce((a, b) => a + b, 0) : 1;
      raw.forEach((gate, k) => (gates[d * topK + k] = gate / sum));
      if (shape.flagEvery > 0 && d % shape.flagEvery === 0) {
        gates[d * topK + topK - 1] = next() < 0.5 ? 0 : 0.0001;
        flagged.push({ row: Math.floor(d / layers), layer: d % layers, flags: 1 + Math.floor(next() * 15) });
      }
    }
    const most = shape.tokens;
    const tokenIds = most === null ? null : Uint32Array.from({ length: rows }, () => Math.floor(next() * (most + 1)));
    return { layers, experts, topK, promptRows, choiceRows, tokenIds, expertIds, gates, flagged };
  });

function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x6d2b79f5) | 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
}

function reasonOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof TraceFormatError) return error.reason;
    throw error;
  }
  return 'none';
}

describe('trace codec', () => {
  it('brings ids, tokens, shape and flags back exactly and gates within their bounds', () => {
    fc.assert(
      fc.property(traces, (trace) => {
        const back = decodeTrace(encodeTrace(trace));
        expect({ ...back, gates: null }).toEqual({ ...trace, gates: null });
        const derivedBound = (trace.topK - 1) / 510 + NORMALISED_TOLERANCE;
        const emptyAt = new Set(
          trace.flagged.filter((f) => f.flags & (DECISION_FLAGS.dropped | DECISION_FLAGS.fallback)).map((f) => f.row * trace.layers + f.layer),
        );
        for (let i = 0; i < trace.gates.length; i++) {
          const isLast = i % trace.topK === trace.topK - 1;
          const mayBeEmpty = emptyAt.has(Math.floor(i / trace.topK));
          const bound = Math.max(1 / 510, isLast ? derivedBound : 0, mayBeEmpty ? 1 / 255 : 0) + 1e-6;
          expect(Math.abs(back.gates[i]! - trace.gates[i]!)).toBeLessThanOrEqual(bound);
          if (mayBeEmpty) expect(back.gates[i]).toSatisfy((gate: number) => (gate === 0) === (trace.gates[i] === 0));
        }
      }),
      { numRuns: 400 },
    );
  });

  it('writes the same bytes again for a decoded trace', () => {
    fc.assert(
      fc.property(traces, (trace) => {
        const once = decodeTrace(encodeTrace(trace));
        const twice = decodeTrace(encodeTrace(once));
        expect(twice).toEqual(once);
      }),
    );
  });

  it('refuses each truncation and each trailing byte', () => {
    fc.assert(
      fc.property(traces, (trace) => {
        const bytes = encodeTrace(trace);
        for (let length = 0; length < bytes.length; length++) {
          expect(reasonOf(() => decodeTrace(bytes.subarray(0, length)))).not.toBe('none');
        }
        expect(reasonOf(() => decodeTrace(Uint8Array.from([...bytes, 0])))).toBe('trailing-bytes');
      }),
      { numRuns: 60 },
    );
  });

  it('answers corruption with a trace or a typed error, never anything else', () => {
    fc.assert(
      fc.property(traces, fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 6 }), (trace, edits) => {
        const bytes = encodeTrace(trace);
        for (const [at, value] of edits) bytes[at % bytes.length] = value;
        expect(() => reasonOf(() => decodeTrace(bytes))).not.toThrow();
      }),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void reasonOf(() => decodeTrace(bytes))), { numRuns: 500 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (tail) => void reasonOf(() => decodeTrace(Uint8Array.from([0x52, 1, ...tail])))),
      { numRuns: 500 },
    );
  });

  const small: RoutingTrace = {
    layers: 1, experts: 5, topK: 2, promptRows: 1, choiceRows: [],
    tokenIds: null, expertIds: Uint16Array.of(4, 0), gates: Float32Array.of(0.75, 0.25), flagged: [],
  };

  it('names the reason of each bad input to the encoder', () => {
    expect(reasonOf(() => encodeTrace({ ...small, expertIds: Uint16Array.of(5, 0) }))).toBe('expert-out-of-range');
    expect(reasonOf(() => encodeTrace({ ...small, expertIds: Uint16Array.of(4) }))).toBe('bad-shape');
    expect(reasonOf(() => encodeTrace({ ...small, tokenIds: Uint32Array.of(1, 2) }))).toBe('bad-shape');
    expect(reasonOf(() => encodeTrace({ ...small, gates: Float32Array.of(NaN, 0) }))).toBe('bad-gate');
    expect(reasonOf(() => encodeTrace({ ...small, gates: Float32Array.of(2.5, 0) }))).toBe('bad-gate');
    expect(reasonOf(() => encodeTrace({ ...small, tokenIds: Uint32Array.of(16_777_216) }))).toBe('over-limit');
    expect(reasonOf(() => encodeTrace({ ...small, layers: 0 }))).toBe('over-limit');
    expect(reasonOf(() => encodeTrace({ ...small, flagged: [{ row: 1, layer: 0, flags: 1 }] }))).toBe('bad-shape');
    expect(reasonOf(() => encodeTrace({ ...small, flagged: [{ row: 0, layer: 0, flags: 64 }] }))).toBe('malformed');
  });

  it('names the reason of each bad input to the decoder', () => {
    const good = encodeTrace(small);
    const withByte = (at: number, value: number) => {
      const bytes = good.slice();
      bytes[at] = value;
      return bytes;
    };
    expect(reasonOf(() => decodeTrace(good))).toBe('none');
    expect(reasonOf(() => decodeTrace(withByte(0, 0)))).toBe('bad-magic');
    expect(reasonOf(() => decodeTrace(withByte(1, 2)))).toBe('unknown-version');
    expect(reasonOf(() => decodeTrace(withByte(2, 128)))).toBe('malformed');
    expect(reasonOf(() => decodeTrace(withByte(9, 7)))).toBe('expert-out-of-range');
    expect(reasonOf(() => decodeTrace(withByte(5, 6)))).toBe('over-limit');
    // 2^24 selections in a few bytes: refused by size before anything is allocated.
    expect(reasonOf(() => decodeTrace(Uint8Array.of(0x52, 1, 2, 1, 2, 1, 0x80, 0x80, 0x80, 0x08, 0, 0)))).toBe('truncated');
  });

  it('agrees with the vectors of docs/trace-format.md', () => {
    const page = readFileSync(new URL('../../docs/trace-format.md', import.meta.url), 'utf8');
    const vectors = [...page.matchAll(/```json vector\n([\s\S]*?)```\s+```hex\n([\s\S]*?)```/g)];
    expect(vectors).toHaveLength(3);
    for (const [, json, hex] of vectors) {
      const wanted = JSON.parse(json!) as { tokenIds: number[] | null; expertIds: number[]; gates: number[] } & Pick<
        RoutingTrace, 'layers' | 'experts' | 'topK' | 'promptRows' | 'choiceRows' | 'flagged'
      >;
      const trace: RoutingTrace = {
        ...wanted,
        tokenIds: wanted.tokenIds && Uint32Array.from(wanted.tokenIds),
        expertIds: Uint16Array.from(wanted.expertIds),
        gates: Float32Array.from(wanted.gates),
      };
      const bytes = Buffer.from(hex!.replaceAll(/#.*$/gm, '').replaceAll(/\s/g, ''), 'hex');
      expect(Buffer.from(encodeTrace(trace)).toString('hex')).toBe(bytes.toString('hex'));
      expect({ ...decodeTrace(bytes), gates: null }).toEqual({ ...trace, gates: null });
    }
  });
});

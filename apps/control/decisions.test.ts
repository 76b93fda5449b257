import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DDSketch } from '@datadog/sketches-js';
import { decodeCursor, encodeCursor, page, pageAfter } from './http/cursor.ts';
import { mergedQuantilesMs } from './routing/latency.ts';
import { timeWindow, wholeHours } from './routing/time-window.ts';
import { withhold } from './routing/withhold.ts';
import { whyMissing } from './traces/missing-trace.ts';
import { choiceOf, traceTokens } from './traces/trace-view.ts';

const at = (time: string): number => Date.parse(`2026-06-01T${time}Z`);

describe('time window', () => {
  it('widens to whole minutes and holds the present minute', () => {
    expect(timeWindow('2026-06-01T10:00:59Z', '2026-06-01T10:01:01Z', 0)).toEqual({ fromMs: at('10:00:00'), toMs: at('10:02:00') });
    expect(timeWindow(undefined, undefined, at('10:00:00')).toMs).toBe(at('10:01:00'));
    expect(wholeHours({ fromMs: at('10:20:00'), toMs: at('11:00:00') })).toEqual({ fromMs: at('10:00:00'), toMs: at('11:00:00') });
  });

  it('refuses an empty range by name', () => {
    expect(() => timeWindow('2026-06-01T11:00:00Z', '2026-06-01T10:00:00Z', 0)).toThrow(/from: give a time before/);
  });
});

it('withholds below the limit only', () => {
  expect(withhold(4, 5)).toEqual({ reason: 'fewer_than_min_requests', minRequests: 5 });
  expect(withhold(5, 5)).toBeNull();
});

describe('cursor', () => {
  it('comes back as it was, and nothing else passes', () => {
    fc.assert(fc.property(fc.string(), fc.integer(), (text, number) => {
      expect(decodeCursor(encodeCursor([text, number]), (position) => position)).toEqual([text, number]);
    }));
    fc.assert(fc.property(fc.string({ minLength: 1 }), (text) => {
      expect(() => decodeCursor(text, () => null)).toThrow(/nextCursor/);
    }));
  });

  it('shows every item once, whatever the page size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 9 }), (length, limit) => {
        const all = Array.from({ length }, (_, i) => `k${i}`);
        const seen: string[] = [];
        for (let cursor: string | undefined, more = true; more; ) {
          const { items, nextCursor } = pageAfter(all, { cursor, limit }, (key) => key);
          seen.push(...items);
          more = nextCursor !== null;
          cursor = nextCursor ?? undefined;
        }
        expect(seen).toEqual(all);
      }),
    );
    expect(page([1, 2, 3], 3, String as never).nextCursor).toBeNull();
  });
});

it('tells expired from unknown by the time in the id, to the whole UTC day', () => {
  const idOf = (time: number): string => {
    const hex = time.toString(16).padStart(12, '0');
    return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
  };
  const oldest = Date.parse('2026-05-25T00:00:00Z');
  expect(whyMissing(idOf(oldest), at('12:00:00'), 7)).toBe('unknown');
  expect(whyMissing(idOf(oldest - 1), at('12:00:00'), 7)).toBe('expired');
  expect(whyMissing(idOf(oldest - 1).replace('-7000-', '-4000-'), at('12:00:00'), 7)).toBe('unknown');
});

it('merges latency sketches into quantiles in milliseconds, within 1 %', () => {
  const sketch = (from: number, to: number): Uint8Array => {
    const values = new DDSketch({ relativeAccuracy: 0.01 });
    for (let value = from; value <= to; value += 1) values.accept(value / 1000);
    return values.toProto();
  };
  const { p50, p99 } = mergedQuantilesMs([sketch(1, 50), sketch(51, 100)]);
  expect(Math.abs(p50! / 50 - 1)).toBeLessThan(0.03);
  expect(Math.abs(p99! / 99 - 1)).toBeLessThan(0.03);
  expect(mergedQuantilesMs([])).toEqual({ p50: null, p95: null, p99: null });
});

describe('trace view', () => {
  it('says which choice a row belongs to', () => {
    const shape = { promptRows: 2, choiceRows: [1, 0, 2] };
    expect([0, 1, 2, 3, 4].map((row) => choiceOf(shape, row))).toEqual([null, null, 0, 2, 2]);
  });

  it('names flags, and shows rows without token ids', () => {
    const trace = {
      layers: 2, experts: 4, topK: 1, promptRows: 2, choiceRows: [], tokenIds: null,
      expertIds: Uint16Array.of(0, 1, 2, 3), gates: Float32Array.of(1, 0.5, 0.25, 0), flagged: [{ row: 1, layer: 1, flags: 3 }],
    };
    expect(traceTokens(trace, 1, 10, null)).toEqual([
      { row: 1, choice: null, tokenId: null, text: null, experts: [[2], [3]], gates: [[0.25], [0]], flags: [{ layer: 1, flags: ['dropped', 'rerouted'] }] },
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import { measureDegradedShare } from './degraded-share.ts';
import { unavailableExperts } from './expert-unavailable.ts';

const out = (processId: string, over: object = {}) => ({ processId, layer: 1, expert: 3, state: 'open', reason: 'error', sinceMs: 50, ...over });

describe('unavailableExperts', () => {
  it('counts the processes in which an expert failed', () => {
    expect(unavailableExperts([], [out('a'), out('a', { expert: 4, state: 'half-open' }), out('b', { sinceMs: 40, reason: 'timeout' })], 2)).toEqual([
      { layer: 1, expert: 3, value: 1, sinceMs: 40, reason: 'failed', order: null, failures: ['error', 'timeout'], processes: 2 },
      { layer: 1, expert: 4, value: 0.5, sinceMs: 50, reason: 'failed', order: null, failures: ['error'], processes: 1 },
    ]);
  });

  it('names an order once, whatever the processes say, and even where none lives', () => {
    const order = { layer: 1, expert: 3, sinceMs: 20 };
    expect(unavailableExperts([{ ...order, sinceMs: 30 }, order], [out('a'), out('b', { state: 'quarantined' })], 0)).toEqual([
      { layer: 1, expert: 3, value: 1, sinceMs: 20, reason: 'quarantined', order, failures: [], processes: 0 },
    ]);
  });

  it('says nothing where all serve, nor of one that is only reported as ordered', () => {
    expect(unavailableExperts([], [], 2)).toEqual([]);
    expect(unavailableExperts([], [out('a', { state: 'quarantined' })], 2)).toEqual([]);
  });
});

describe('measureDegradedShare', () => {
  it('is the share of decisions, and too little where few came', () => {
    expect(measureDegradedShare({ requests: 100, decisions: 4000, degradedDecisions: 400 }, { minRequests: 20 })).toMatchObject({ value: 0.1, reason: 'measured' });
    expect(measureDegradedShare({ requests: 100, decisions: 4000, degradedDecisions: 0 }, { minRequests: 20 }).interval?.low).toBe(0);
    expect(measureDegradedShare({ requests: 19, decisions: 4000, degradedDecisions: 400 }, { minRequests: 20 })).toMatchObject({ value: null, reason: 'too-few-requests' });
  });

  it("has Wilson's interval over requests: 10 of 100 is 0.0552 to 0.1744", () => {
    const { interval } = measureDegradedShare({ requests: 100, decisions: 1000, degradedDecisions: 100 }, { minRequests: 20 });
    expect(interval?.low).toBeCloseTo(0.0552, 3);
    expect(interval?.high).toBeCloseTo(0.1744, 3);
  });
});

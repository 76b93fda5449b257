import { describe, expect, it } from 'vitest';
import { spreadRows } from './spread-rows.ts';
import { type RoutingTrace } from './trace.ts';
import { accumulateUsage, emptyUsage } from './usage.ts';

const trace: RoutingTrace = {
  layers: 2, experts: 4, topK: 1, promptRows: 6, choiceRows: [4], tokenIds: Uint32Array.from({ length: 10 }, (_, row) => row),
  expertIds: Uint16Array.from({ length: 20 }, (_, at) => Math.floor(at / 2) % 4), gates: new Float32Array(20).fill(1),
  flagged: [{ row: 2, layer: 1, flags: 4 }, { row: 3, layer: 0, flags: 4 }],
};

describe('a trace cut to a number of rows', () => {
  it('keeps rows evenly spread, with what belongs to them', () => {
    const cut = spreadRows(trace, 5);
    expect([...cut.tokenIds!]).toEqual([0, 2, 4, 6, 8]);
    expect([...cut.expertIds]).toEqual([0, 0, 2, 2, 0, 0, 2, 2, 0, 0]);
    expect(cut.flagged).toEqual([{ row: 1, layer: 1, flags: 4 }]);
  });

  it('moves no sum by more, and leaves shorter ones as they are', () => {
    const usage = emptyUsage(2, 4);
    accumulateUsage(usage, spreadRows(trace, 3));
    expect(usage.map(({ load }) => load.reduce((sum, value) => sum + value, 0))).toEqual([3, 3]);
    expect(spreadRows(trace, 10)).toBe(trace);
  });
});

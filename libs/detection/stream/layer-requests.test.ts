import { expect, it } from 'vitest';
import { DECISION_FLAGS, type RoutingTrace } from '#libs/trace/trace';
import { requestRouting } from './layer-requests.ts';

const trace: RoutingTrace = {
  layers: 2,
  experts: 4,
  topK: 2,
  promptRows: 2,
  choiceRows: [1],
  tokenIds: Uint32Array.of(5, 6, 7),
  // Row by row: layer 0, then layer 1.
  expertIds: Uint16Array.of(0, 1, 2, 3, 0, 2, 2, 3, 0, 1, 3, 2),
  gates: Float32Array.of(0.6, 0.4, 0.6, 0.4, 1, 0, 0.6, 0.4, 0.6, 0.4, 0.6, 0.4),
  flagged: [],
};

it('counts the selections of one layer and views its rows', () => {
  expect([...requestRouting(trace, 0).shares].map((share) => Math.round(share * 6))).toEqual([3, 2, 1, 0]);
  expect([...requestRouting(trace, 1).shares]).toEqual([0, 0, 0.5, 0.5]);
  expect(requestRouting(trace, 1).rows).toEqual({ tokenIds: trace.tokenIds, expertIds: trace.expertIds, offset: 2, stride: 4, topK: 2 });
  expect(requestRouting({ ...trace, tokenIds: null }, 1).rows).toBeNull();
});

it('leaves out selections that went to no expert', () => {
  const dropped = { ...trace, flagged: [{ row: 1, layer: 0, flags: DECISION_FLAGS.dropped }] };
  expect([...requestRouting(dropped, 0).shares].map((share) => Math.round(share * 5))).toEqual([3, 2, 0, 0]);
  expect(requestRouting(dropped, 0).rows).toBeNull();
  expect(requestRouting(dropped, 1).rows).not.toBeNull();
  expect([...requestRouting({ ...trace, promptRows: 0, choiceRows: [] }, 0).shares]).toEqual([0, 0, 0, 0]);
  expect(() => requestRouting(trace, 2)).toThrow('layers 0 to 1');
});

import { expect, it } from 'vitest';
import { DECISION_FLAGS } from '#libs/trace/trace';
import { countDegraded } from './degraded.ts';

const { unavailable, fallback, generalist, masked } = DECISION_FLAGS;

it('counts decisions with an unavailable expert by what served, and no others', () => {
  const gates = Float32Array.from([0.5, 0.5, 1, 0, 0.6, 0.4, 1, 0, 1, 0]);
  const flagged = { positions: Uint32Array.of(1, 2, 3, 4), flags: Uint8Array.of(unavailable | fallback, unavailable | fallback, unavailable | fallback | generalist, masked | fallback) };
  expect(countDegraded(flagged, gates, 2)).toEqual({ renormalised: 1, nextBest: 1, generalist: 1 });
  expect(countDegraded({ positions: Uint32Array.of(4), flags: Uint8Array.of(masked | fallback) }, gates, 2)).toBeNull();
  expect(countDegraded(null, gates, 2)).toBeNull();
});

import { expect, it } from 'vitest';
import { hasConverged, processStatus, type SeenProcess } from './observed.ts';

const process = (lastSeenAtMs: number, generation: number, state: 'ready' | 'loading' | 'failed' = 'ready'): SeenProcess => ({ lastSeenAtMs, models: [{ model: 'm', generation, state }] });

it('calls a process unreachable that was silent for more than five seconds', () => {
  expect([processStatus({ lastSeenAtMs: 0 }, 5_000), processStatus({ lastSeenAtMs: 0 }, 5_001)]).toEqual(['live', 'unreachable']);
});

it('has converged when all live processes are ready at the generation', () => {
  expect(hasConverged([process(9_000, 3), process(9_500, 3)], 'm', 3, 10_000)).toBe(true);
  expect(hasConverged([process(9_000, 3), process(9_500, 2)], 'm', 3, 10_000)).toBe(false);
  expect(hasConverged([process(9_000, 3, 'failed')], 'm', 3, 10_000)).toBe(false);
  expect(hasConverged([process(9_000, 3)], 'other', 3, 10_000)).toBe(false);
  expect(hasConverged([process(9_000, 3), process(0, 2)], 'm', 3, 10_000)).toBe(true);
  expect(hasConverged([process(0, 3)], 'm', 3, 10_000)).toBe(false);
  expect(hasConverged([], 'm', 3, 10_000)).toBe(false);
});

import { expect, it } from 'vitest';
import { seededRandom } from '#libs/stats/testing/random-requests';
import { freezeLayerBaseline } from './layer-baseline.ts';
import { requestRouting } from './layer-requests.ts';
import { DEFAULT_LAYER_BASELINE } from './settings.ts';
import { simulatedDomain, simulatedRouter, simulatedTrace } from './testing/simulated-traffic.ts';

const EXPERTS = 8;
const REQUESTS = 3000;

it('calibrates the routing by no kind of request that is too rare for a bound, and leaves none out', () => {
  const random = seededRandom(5);
  const router = simulatedRouter(400, EXPERTS, 2, random);
  const words = (from: number) => Array.from({ length: 100 }, (_, at) => from + at);
  const [often, rare] = [simulatedDomain(words(0), EXPERTS, 0.05, random), simulatedDomain(words(300), EXPERTS, 0.05, random)];
  const requests = Array.from({ length: REQUESTS }, (_, at) => ({ mix: 'all', request: requestRouting(simulatedTrace(router, at % 25 === 0 ? rare : often, 60, random), 0) }));
  const { residual } = freezeLayerBaseline(requests, DEFAULT_LAYER_BASELINE);
  const sizes = residual?.calibrations.map((calibration) => calibration.requests) ?? [];
  // Half of the two thirds that made no table.
  expect(sizes.reduce((a, b) => a + b, 0)).toBeGreaterThan(REQUESTS / 3 - 10);
  expect(Math.min(...sizes)).toBeGreaterThanOrEqual(400);
});

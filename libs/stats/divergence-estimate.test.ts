import { expect, it } from 'vitest';
import { divergenceInterval, estimateDivergence } from './divergence-estimate.ts';
import { jensenShannonBits } from './divergence.ts';
import { correlatedRequest, seededRandom } from './testing/random-requests.ts';

const P = [0.2, 0.18, 0.15, 0.12, 0.1, 0.1, 0.08, 0.07];
const Q = [0.23, 0.15, 0.15, 0.12, 0.1, 0.1, 0.08, 0.07];
const SELECTIONS = 120;
const random = seededRandom(33);

function draw(p: readonly number[], requests: number): number[][] {
  return Array.from({ length: requests }, () => correlatedRequest(random, p, SELECTIONS, 0.03).map((count) => count / SELECTIONS));
}

function moments(requests: readonly (readonly number[])[]): { mean: number[]; variance: number[]; covariance: number[]; requests: number } {
  const n = requests.length;
  const mean = P.map((_, j) => requests.reduce((sum, one) => sum + one[j]!, 0) / n);
  const covariance = P.flatMap((_, i) => P.map((__, j) => requests.reduce((sum, one) => sum + (one[i]! - mean[i]!) * (one[j]! - mean[j]!), 0) / (n - 1)));
  return { mean, covariance, variance: P.map((_, j) => covariance[j * P.length + j]!), requests: n };
}

function coverage(p: readonly number[], runs: number): { covered: number; meanBits: number } {
  const truth = jensenShannonBits(p, P) ?? 0;
  let covered = 0;
  let sum = 0;
  for (let run = 0; run < runs; run += 1) {
    const reference = moments(draw(P, 300));
    const recent = moments(draw(p, 150));
    const { uncorrectedBits, biasBits, bits } = estimateDivergence(recent, reference);
    const { low, high } = divergenceInterval(bits, recent.mean, reference.mean, reference.covariance, 1 / recent.requests + 1 / reference.requests);
    if (low <= truth && truth <= high) covered += 1;
    sum += uncorrectedBits - biasBits;
  }
  return { covered: covered / runs, meanBits: sum / runs };
}

it('takes off what noise alone shows: without a change the mean is 0', () => {
  const { meanBits, covered } = coverage(P, 120);
  // Standard error of the mean of 120 is about 0.00003; the bias taken off is about 0.0004.
  expect(Math.abs(meanBits)).toBeLessThan(0.0001);
  // 95 % of 120 with a standard error of 2 %.
  expect(covered).toBeGreaterThan(0.9);
});

it('covers the true divergence in about 95 of 100', () => {
  const { covered, meanBits } = coverage(Q, 120);
  expect(meanBits).toBeCloseTo(jensenShannonBits(Q, P) ?? 0, 3);
  expect(covered).toBeGreaterThan(0.89);
});

it('agrees with a bootstrap over requests', () => {
  const reference = moments(draw(P, 2000));
  const requests = draw(Q, 400);
  const recent = moments(requests);
  const { bits } = estimateDivergence(recent, reference);
  const { low, high } = divergenceInterval(bits, recent.mean, reference.mean, reference.covariance, 1 / recent.requests);
  const again = Array.from({ length: 300 }, () => {
    const drawn = moments(requests.map(() => requests[Math.floor(random() * requests.length)]!));
    // A resample carries the sample's noise once more.
    return (jensenShannonBits(drawn.mean, reference.mean) ?? 0) - 2 * estimateDivergence(recent, reference).biasBits;
  }).toSorted((a, b) => a - b);
  const width = (again[292]! - again[7]!) / (high - low);
  expect(width).toBeGreaterThan(0.8);
  expect(width).toBeLessThan(1.25);
});

it('is the plain divergence where nothing varies', () => {
  const still = P.map(() => 0);
  const { bits, biasBits } = estimateDivergence({ mean: [1, 0], variance: still, requests: 10 }, { mean: [0, 1], variance: still, requests: 10 });
  // Two laws without a common outcome are 1 bit apart (Lin 1991).
  expect(bits).toBeCloseTo(1, 12);
  expect(biasBits).toBe(0);
});

import { jensenShannonBits, populationStabilityIndex } from '#libs/stats/divergence';
import { clusteredCounts, designEffect } from '#libs/stats/design-effect';
import { shares } from '#libs/stats/entropy';
import { chiSquareTail } from './chi-square.ts';

/** Reference usage that a rule compares with. */
export interface Reference {
  /** Selections of each expert, of all reference requests. */
  readonly counts: readonly number[];
  /** Selections by request, in order of time. */
  readonly requests: readonly (readonly number[])[];
}

/** A monitor as people run it: told of each full window of requests, it says whether it alarms. */
export interface WindowRule {
  readonly name: string;
  /** What is larger when the traffic differs more; an alarm from `threshold` on. */
  readonly statistic: (window: readonly (readonly number[])[]) => number;
  readonly threshold: number;
}

/**
 * The rules as their tools define them, on expert ids as a categorical column.
 * - Evidently 0.7 (`DataDriftPreset`, categorical): with more than 1,000 reference rows the
 *   Jensen-Shannon distance, square root of the divergence in nats, drifted from 0.1 on.
 * - PSI: the customary 0.1 of credit scoring, also Evidently's default for `psi`.
 * - Alibi Detect 0.12 (`ChiSquareDrift`): chi-square test of the two samples, p below 0.05 over the
 *   number of features (Bonferroni); a stream is one feature of `streams`.
 * - NannyML 0.13 (univariate, `jensen_shannon`, `chunk_size` of the window): distance (base 2) beyond
 *   mean + 3 standard deviations of that of the reference's own chunks. Its other default, ten chunks
 *   whatever their size, fits no stream.
 * - Rao-Scott: chi-square corrected by the design effect of whole requests; nobody's default, the
 *   textbook remedy.
 */
export function windowRules(reference: Reference, streams: number, windowRequests: number): WindowRule[] {
  const p = shares(reference.counts);
  const distance = (window: readonly (readonly number[])[]): number => Math.sqrt(jensenShannonBits(sum(window), reference.counts) ?? 0);
  return [
    { name: 'Evidently, JS distance >= 0.1', threshold: 0.1, statistic: (window) => distance(window) * Math.sqrt(Math.LN2) },
    { name: 'PSI >= 0.1', threshold: 0.1, statistic: (window) => populationStabilityIndex(shares(sum(window)), p, 1e-4) },
    { name: 'chi-square, p < 0.05', threshold: -Math.log(0.05), statistic: (window) => surprise(sum(window), reference.counts, 1) },
    { name: `Alibi Detect, chi-square, p < 0.05 / ${streams}`, threshold: -Math.log(0.05 / streams), statistic: (window) => surprise(sum(window), reference.counts, 1) },
    { name: 'Rao-Scott, p < 0.05', threshold: -Math.log(0.05), statistic: (window) => surprise(sum(window), reference.counts, effectOf(window)) },
    { name: 'NannyML, JS > mean + 3 sd', threshold: chunkThreshold(reference, windowRequests, distance), statistic: distance },
  ];
}

function sum(requests: readonly (readonly number[])[]): number[] {
  const counts = Array.from({ length: requests[0]?.length ?? 0 }, () => 0);
  for (const request of requests) for (const [j, count] of request.entries()) counts[j]! += count;
  return counts;
}

function effectOf(window: readonly (readonly number[])[]): number {
  return designEffect(clusteredCounts(window, window[0]?.length ?? 0), 1) ?? 1;
}

/** -ln p of Pearson's test that two samples have one law, the statistic divided by a design effect. */
function surprise(left: readonly number[], right: readonly number[], effect: number): number {
  const n = left.reduce((a, b) => a + b, 0);
  const m = right.reduce((a, b) => a + b, 0);
  let statistic = 0;
  let freedom = -1;
  for (const [j, count] of left.entries()) {
    const both = count + (right[j] ?? 0);
    if (both === 0) continue;
    freedom += 1;
    statistic += (count - (both * n) / (n + m)) ** 2 / ((both * n) / (n + m)) + ((right[j] ?? 0) - (both * m) / (n + m)) ** 2 / ((both * m) / (n + m));
  }
  return -Math.log(chiSquareTail(statistic / effect, freedom));
}

function chunkThreshold({ requests }: Reference, size: number, distance: (window: readonly (readonly number[])[]) => number): number {
  const values = Array.from({ length: Math.floor(requests.length / size) }, (_, chunk) => distance(requests.slice(chunk * size, (chunk + 1) * size)));
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  // The population's, as numpy's std takes it unless told otherwise.
  return mean + 3 * Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
}

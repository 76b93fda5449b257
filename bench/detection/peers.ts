import { jensenShannonBits } from '#libs/stats/divergence';
import { shares } from '#libs/stats/entropy';
import { chiSquareQuantile } from './chi-square.ts';
import { type WindowSums } from './window-sums.ts';

/** Reference usage of one stream that a rule compares with. */
export interface Reference {
  /** Selections of each expert, of all reference requests. */
  readonly counts: readonly number[];
  /** Selections of each expert in the reference's own windows, in order of time. */
  readonly windows: readonly (readonly number[])[];
}

/** A rule as people run it on each full window of requests. */
export interface WindowRule {
  readonly name: string;
  /** Rules of one statistic differ in their default only. */
  readonly statistic: Statistic;
  /** Alarms from here on, or only beyond it. */
  readonly threshold: number;
  readonly isStrict: boolean;
}

export const STATISTICS = ['Jensen-Shannon distance', 'PSI', 'chi-square', 'Rao-Scott'] as const;
export type Statistic = (typeof STATISTICS)[number];

/**
 * The rules as their tools define them, on the expert ids of a window as a categorical column, read from
 * the tools' sources.
 * - Evidently 0.7 (`stattests/registry.py`, `jensenshannon.py`): a categorical column with more than
 *   1,000 reference rows, ours have millions, gets the Jensen-Shannon distance, the root of the
 *   divergence in nats (scipy's `jensenshannon`, no base); drift from 0.1 on. Chi-square at p < 0.05 is
 *   for up to 1,000 reference rows.
 * - Evidently 0.7, `psi`: drift from 0.1 on; shares of 0 count as 0.0001, or a millionth of the least
 *   other share where that is at most 0.0001 (`utils.py`, `get_binned_data`).
 * - NannyML 0.13 (`drift/univariate/calculator.py`, DEFAULT_THRESHOLDS): `jensen_shannon`, base 2, alert
 *   beyond a constant 0.1.
 * - NannyML 0.13, StandardDeviationThreshold (`thresholds.py`): beyond the mean + 3 standard deviations
 *   (numpy's, of the population) of the reference's own chunks. The default of its other metrics, and what is
 *   meant when people speak of its rule; `chunk_size` is our window, as ten chunks whatever their
 *   size fit no stream.
 * - Alibi Detect 0.12 (`cd/chisquare.py`): scipy's `chi2_contingency` of both samples, p below 0.05 over the
 *   number of features (Bonferroni); each of our streams is a feature.
 * - chi-square, p < 0.05: the same without a correction.
 * - Rao-Scott: chi-square over the window's design effect (Rao & Scott 1981, first order); nobody's
 *   default, the textbook's remedy for correlated tokens.
 */
export function windowRules(reference: Reference, streams: number): WindowRule[] {
  const freedom = reference.counts.filter((count) => count > 0).length - 1;
  return [
    { name: 'Evidently: JS distance (nats) >= 0.1', statistic: 'Jensen-Shannon distance', threshold: 0.1 / Math.sqrt(Math.LN2), isStrict: false },
    { name: 'Evidently: PSI >= 0.1', statistic: 'PSI', threshold: 0.1, isStrict: false },
    { name: 'NannyML: JS distance (bits) > 0.1', statistic: 'Jensen-Shannon distance', threshold: 0.1, isStrict: true },
    { name: 'NannyML: JS distance > mean + 3 sd of chunks', statistic: 'Jensen-Shannon distance', threshold: chunkThreshold(reference), isStrict: true },
    { name: 'chi-square: p < 0.05', statistic: 'chi-square', threshold: chiSquareQuantile(0.05, freedom), isStrict: true },
    { name: `Alibi Detect: chi-square, p < 0.05 / ${streams} streams`, statistic: 'chi-square', threshold: chiSquareQuantile(0.05 / streams, freedom), isStrict: true },
    { name: 'Rao-Scott: p < 0.05', statistic: 'Rao-Scott', threshold: chiSquareQuantile(0.05, freedom), isStrict: true },
  ];
}

/** The statistics of a window, in the order of STATISTICS; each is larger when the traffic differs more. */
export function windowStatistics(window: WindowSums, reference: Reference): number[] {
  const pearson = chiSquare(window.counts, reference.counts);
  return [distance(window.counts, reference), stabilityIndex(shares(window.counts), shares(reference.counts)), pearson, pearson / window.designEffect()];
}

function distance(window: readonly number[], { counts }: Pick<Reference, 'counts'>): number {
  return Math.sqrt(jensenShannonBits(window, counts) ?? 0);
}

/** sum (p - q) ln(p / q), with Evidently's replacement of zeros. */
function stabilityIndex(window: readonly number[], reference: readonly number[]): number {
  const p = withoutZeros(window);
  const q = withoutZeros(reference);
  return p.reduce((sum, share, j) => (window[j] === 0 && reference[j] === 0 ? sum : sum + (share - q[j]!) * Math.log(share / q[j]!)), 0);
}

function withoutZeros(values: readonly number[]): number[] {
  const least = Math.min(...values.filter((value) => value > 0));
  return values.map((value) => (value > 0 ? value : least <= 0.0001 ? least / 1e6 : 0.0001));
}

/** Pearson's statistic of the table of two samples. */
function chiSquare(left: readonly number[], right: readonly number[]): number {
  const n = left.reduce((a, b) => a + b, 0);
  const m = right.reduce((a, b) => a + b, 0);
  let statistic = 0;
  for (const [j, count] of left.entries()) {
    const both = count + right[j]!;
    if (both === 0) continue;
    statistic += (count - (both * n) / (n + m)) ** 2 / ((both * n) / (n + m)) + (right[j]! - (both * m) / (n + m)) ** 2 / ((both * m) / (n + m));
  }
  return statistic;
}

function chunkThreshold(reference: Reference): number {
  const values = reference.windows.map((window) => distance(window, reference));
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return mean + 3 * Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
}

import { bootstrapInterval } from '#libs/stats/paired/bootstrap';
import { mcNemarP, pairedShareInterval } from '#libs/stats/paired/paired-shares';
import { pairedPermutationP } from '#libs/stats/paired/permutation';
import { ratioOf, type RatioItems } from '#libs/stats/paired/ratio';
import { wilsonInterval } from '#libs/stats/proportion';
import { type Difference, type Estimate, type MetricResult, type Slice } from '../run/result.ts';
import { type Labels } from '../suite/items.ts';
import { type MetricKind } from '../suite/task-metrics.ts';
import { type CompareSettings } from './compare-settings.ts';

/** Below this a bootstrap interval covers too seldom to be shown. */
const MIN_ITEMS = 8;
/** Values of one label that get a figure each. */
const MAX_SLICES = 64;
const PERMUTATIONS = 9999;
/** Draws times items of the task: bounds the time of all its slices, as each item is in one slice of a label. */
const MAX_DRAWS = 1e7;
const MIN_DRAWS = 199;
const LEVEL = 0.95;
const NO_DIFFERENCE: Difference = { value: 0, low: 0, high: 0, p: 1, pAdjusted: null };

/** One item's share of a metric: the metric is the sum of numerators by that of denominators. */
export interface Sample {
  readonly line: number;
  readonly labels: Labels;
  readonly numerator: number;
  /** Above 0. */
  readonly denominator: number;
}

/** Samples of candidate and reference of the same lines in the same order. */
export interface MetricSamples {
  readonly metric: Omit<MetricKind, 'comparison'>;
  /** Each item is a yes or a no: 1 or 0 of 1. */
  readonly isYesNo: boolean;
  readonly candidate: readonly Sample[];
  readonly reference: readonly Sample[] | null;
  /** Both sides are the same release: there is no difference, whatever so few items could show. */
  readonly isSame?: boolean;
}

/** How often is drawn, for a task of so many items. */
interface Draws {
  readonly resamples: number;
  readonly exchanges: number;
  readonly seed: number;
}

/** The metric over all items, then over those of each value of each label, by name. p-values are not adjusted yet. */
export function compareMetric(samples: MetricSamples, settings: CompareSettings): MetricResult[] {
  const draws: Draws = { seed: settings.seed, resamples: drawsFor(settings.resamples, samples), exchanges: drawsFor(PERMUTATIONS, samples) };
  const { metric: { name, unit, better }, candidate, reference } = samples;
  if (candidate.length === 0) return [];
  return slicesOf(candidate).map((slice) => {
    const places = [...candidate.keys()].filter((at) => isIn(slice, candidate[at]!.labels));
    const left = ratioItems(places.map((at) => candidate[at]!));
    const right = reference && ratioItems(places.map((at) => reference[at]!));
    return {
      name,
      unit,
      slice,
      candidate: estimate(left, samples.isYesNo, draws),
      reference: right && estimate(right, samples.isYesNo, draws),
      difference: right && (samples.isSame ? NO_DIFFERENCE : samples.isYesNo ? shareDifference(left, right) : ratioDifference(left, right, draws)),
      better,
    };
  });
}

function slicesOf(samples: readonly Sample[]): Slice[] {
  const slices: Slice[] = [null];
  const labels = [...new Set(samples.flatMap((sample) => Object.keys(sample.labels)))].toSorted();
  for (const label of labels) {
    const values = [...new Set(samples.flatMap((sample) => sample.labels[label] ?? []))].toSorted();
    if (values.length <= MAX_SLICES) slices.push(...values.map((value) => ({ [label]: value })));
  }
  return slices;
}

function isIn(slice: Slice, labels: Labels): boolean {
  return Object.entries(slice ?? {}).every(([label, value]) => labels[label] === value);
}

function ratioItems(samples: readonly Sample[]): RatioItems {
  return { numerators: Float64Array.from(samples, ({ numerator }) => numerator), denominators: Float64Array.from(samples, ({ denominator }) => denominator) };
}

function estimate(items: RatioItems, isYesNo: boolean, { resamples, seed }: Draws): Estimate {
  const n = items.numerators.length;
  const value = ratioOf(items);
  if (isYesNo) return { value, ...wilsonInterval(value, n), n };
  if (n < MIN_ITEMS) return { value, low: null, high: null, n };
  return { value, ...bootstrapInterval(items, null, { resamples, seed, level: LEVEL }), n };
}

function ratioDifference(left: RatioItems, right: RatioItems, { resamples, exchanges, seed }: Draws): Difference {
  const n = left.numerators.length;
  const value = ratioOf(left) - ratioOf(right);
  if (n < MIN_ITEMS) return { value, low: null, high: null, p: null, pAdjusted: null };
  const p = pairedPermutationP(left, right, { draws: exchanges, seed });
  return { value, ...bootstrapInterval(left, right, { resamples, seed, level: LEVEL }), p, pAdjusted: null };
}

function shareDifference(left: RatioItems, right: RatioItems): Difference {
  const items = left.numerators.length;
  let gained = 0;
  let lost = 0;
  for (let at = 0; at < items; at += 1) {
    if (left.numerators[at]! > right.numerators[at]!) gained += 1;
    if (left.numerators[at]! < right.numerators[at]!) lost += 1;
  }
  const counts = { gained, lost, items };
  return { value: (gained - lost) / items, ...pairedShareInterval(counts), p: mcNemarP(counts), pAdjusted: null };
}

function drawsFor(wanted: number, { candidate }: MetricSamples): number {
  return Math.max(MIN_DRAWS, Math.min(wanted, Math.floor(MAX_DRAWS / candidate.length)));
}

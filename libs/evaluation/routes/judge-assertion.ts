import { inWords, judgeBound, short, type Bound } from '../compare/judge-bound.ts';
import { type Difference, type Estimate, type Failure, type GateResult, type MetricResult, type Slice } from '../run/result.ts';
import { needsReference, type RouteAssertion } from './assertion.ts';
import { clusteredShare } from './clustered-share.ts';
import { movedBits } from './moved.ts';
import { hitFailures, movedFailures, usageFailures, lostFailures } from './route-failures.ts';
import { type SeenItem, type SeenPair } from './seen-item.ts';

/** Experts of a layer that get a figure each: those nearest to their bounds. */
const MAX_EXPERT_FIGURES = 16;

export interface JudgedAssertion {
  readonly metrics: readonly MetricResult[];
  readonly gates: readonly GateResult[];
  readonly failures: readonly Failure[];
}

/** What a bound is held against. */
interface Judgement {
  readonly assertion: RouteAssertion;
  readonly slice: Slice;
  readonly unit: string;
  readonly candidate: Estimate;
  readonly reference: Estimate | null;
  readonly difference: Difference | null;
  readonly bounds: readonly Bound[];
}

/** An assertion against what was seen of the items that it is about. @param reference of the same items; null: the run has none */
export function judgeAssertion(assertion: RouteAssertion, candidate: readonly SeenItem[], reference: readonly SeenItem[] | null): JudgedAssertion {
  const bounds = boundsOf(assertion);
  if (candidate.length === 0) return { metrics: [], gates: bounds.map((bound) => unjudged(assertion, bound, 'no-such-items')), failures: [] };
  if (needsReference(assertion) && !reference) return { metrics: [], gates: bounds.map((bound) => unjudged(assertion, bound, 'no-reference')), failures: [] };
  const pairs: SeenPair[] = candidate.map((item, at) => ({ candidate: item, reference: reference?.[at] ?? null }));
  const judgements = judgementsOf(assertion, pairs, bounds);
  const gates = judgements.flatMap(gatesOf);
  const isBroken = gates.some(({ outcome }) => outcome !== 'pass');
  return { metrics: judgements.map(metricOf), gates, failures: isBroken ? failuresOf(assertion, pairs) : [] };
}

function boundsOf(assertion: RouteAssertion): Bound[] {
  switch (assertion.type) {
    case 'inside':
      return [{ side: 'atLeast', bound: assertion.atLeast }];
    case 'avoid':
    case 'no-generalist':
      return [{ side: 'atMost', bound: assertion.atMost }];
    case 'usage-within':
      // A share is in [0, 1] anyway: such a bound would only be a line in every report.
      return ([{ side: 'atLeast', bound: assertion.atLeast }, { side: 'atMost', bound: assertion.atMost }] as const).filter(({ bound }, at) => bound !== at);
    case 'moved-at-most':
      return [{ side: 'atMost', bound: assertion.atMostBits }];
    case 'stays-selected':
      return [{ side: 'atLeast', bound: -assertion.atMostLess }];
  }
}

function judgementsOf(assertion: RouteAssertion, pairs: readonly SeenPair[], bounds: readonly Bound[]): Judgement[] {
  const common = { assertion, unit: 'share', reference: null, difference: null, bounds };
  switch (assertion.type) {
    case 'inside':
    case 'avoid':
    case 'no-generalist': {
      const hits = (side: 'candidate' | 'reference'): Estimate => clusteredShare(pairs.map((pair) => pair[side]!.seen as { hits: number; total: number }));
      const slice = assertion.type === 'no-generalist' ? null : { layer: String(assertion.layer) };
      return [{ ...common, slice, candidate: hits('candidate'), reference: pairs[0]!.reference && hits('reference') }];
    }
    case 'usage-within': {
      const counts = pairs.map((pair) => usageIn(pair.candidate, assertion.layer));
      const totals = counts.map((usage) => usage.reduce((sum, count) => sum + count, 0));
      return (assertion.experts ?? [...counts[0]!.keys()])
        .map((expert) => ({ ...common, slice: { layer: String(assertion.layer), expert: String(expert) }, candidate: clusteredShare(counts.map((usage, at) => ({ hits: usage[expert] ?? 0, total: totals[at]! }))) }))
        .toSorted((a, b) => slack(a) - slack(b))
        .slice(0, MAX_EXPERT_FIGURES);
    }
    case 'moved-at-most': {
      const layers = (pairs[0]!.candidate.seen as { usage: readonly { readonly layer: number }[] }).usage.map(({ layer }) => layer);
      return layers.map((layer) => ({
        ...common,
        unit: 'bits',
        slice: { layer: String(layer) },
        candidate: movedBits(pairs.map((pair) => usageIn(pair.candidate, layer)), pairs.map((pair) => usageIn(pair.reference!, layer))),
      }));
    }
    case 'stays-selected':
      return assertion.experts.map((expert, at) => {
        const share = (side: 'candidate' | 'reference'): Estimate => clusteredShare(pairs.map((pair) => selectedIn(pair[side]!, at)));
        const [left, right] = [share('candidate'), share('reference')];
        return { ...common, slice: { layer: String(assertion.layer), expert: String(expert) }, candidate: left, reference: right, difference: shareDifference(pairs, at) };
      });
  }
}

export function usageIn({ seen }: SeenItem, layer: number): readonly number[] {
  return (seen as { usage: readonly { layer: number; counts: readonly number[] }[] }).usage.find((one) => one.layer === layer)!.counts;
}

function selectedIn({ seen }: SeenItem, at: number): { hits: number; total: number } {
  const { selected, total } = seen as { selected: readonly (readonly number[])[]; total: number };
  return { hits: selected[at]!.length, total };
}

/** Difference of the two shares with the interval of their paired differences: their mean, 1.96 standard errors to each side. */
function shareDifference(pairs: readonly SeenPair[], at: number): Difference {
  const counts = pairs.map((pair) => ({ hits: selectedIn(pair.candidate, at).hits - selectedIn(pair.reference!, at).hits, total: selectedIn(pair.candidate, at).total }));
  const total = counts.reduce((sum, one) => sum + one.total, 0);
  const value = counts.reduce((sum, one) => sum + one.hits, 0) / total;
  const n = counts.length;
  if (n < 2) return { value, low: null, high: null, p: null, pAdjusted: null };
  const half = 1.959964 * Math.sqrt(((n / (n - 1)) * counts.reduce((sum, one) => sum + (one.hits - value * one.total) ** 2, 0)) / total ** 2);
  return { value, low: value - half, high: value + half, p: null, pAdjusted: null };
}

/** How far a share is from the nearer of its bounds; below 0 outside them. */
function slack({ candidate, bounds }: Judgement): number {
  return Math.min(...bounds.map(({ side, bound }) => (side === 'atMost' ? bound - candidate.value : candidate.value - bound)));
}

function gatesOf({ assertion, slice, unit, candidate, difference, bounds }: Judgement): GateResult[] {
  const figure = difference ?? candidate;
  return bounds.map((bound) => {
    const { outcome, reason } = judgeBound(figure, bound, assertion.judged);
    const words = `${assertion.name}${inSlice(slice)}: ${difference ? 'difference ' : ''}${inWords(figure, unit)} of ${candidate.n} items; wanted ${bound.side === 'atMost' ? 'at most' : 'at least'} ${short(bound.bound)}.`;
    return { metric: assertion.name, slice, ...bound, versus: difference ? 'reference' : null, value: figure.value, outcome, reason, detail: words };
  });
}

function metricOf({ assertion, slice, unit, candidate, reference, difference }: Judgement): MetricResult {
  return { name: assertion.name, unit, slice, candidate, reference, difference, better: boundsOf(assertion)[0]!.side === 'atMost' ? 'lower' : 'higher' };
}

function unjudged(assertion: RouteAssertion, bound: Bound, reason: 'no-such-items' | 'no-reference'): GateResult {
  const why = reason === 'no-reference' ? 'the run has no reference to compare with' : 'no item has the labels that it is about';
  return { metric: assertion.name, slice: null, ...bound, versus: needsReference(assertion) ? 'reference' : null, value: null, outcome: 'inconclusive', reason, detail: `${assertion.name}: ${why}.` };
}

function inSlice(slice: Slice): string {
  const parts = Object.entries(slice ?? {}).map(([label, value]) => `${label} ${value}`);
  return parts.length > 0 ? ` in ${parts.join(', ')}` : '';
}

function failuresOf(assertion: RouteAssertion, pairs: readonly SeenPair[]): readonly Failure[] {
  switch (assertion.type) {
    case 'inside':
    case 'avoid':
    case 'no-generalist':
      return hitFailures(assertion, pairs);
    case 'usage-within':
      return usageFailures(assertion, pairs.map((pair) => ({ line: pair.candidate.line, counts: usageIn(pair.candidate, assertion.layer) })));
    case 'moved-at-most':
      return movedFailures(assertion, pairs);
    case 'stays-selected':
      return lostFailures(assertion, pairs);
  }
}

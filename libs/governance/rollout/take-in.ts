import { logMeanExp } from '#libs/stats/sequential/bets';
import { confidenceInterval, observe } from '#libs/stats/sequential/confidence-sequence';
import { divergenceBet, divergenceObservation } from '#libs/stats/sequential/divergence-bet';
import { addToBlock } from '#libs/stats/sequential/paired-blocks';
import { countValue, quantileOf } from '#libs/stats/sequential/running-quantile';
import { placeStagedBets, stagedLogEvidence } from '#libs/stats/sequential/staged-bets';
import { boundsOf, CAPS, type EvidenceBatch, type FeedbackOutcome, type GuardEvidence, type GuardStream, type LayerCounts, type RequestOutcome, type RolloutEvidence, type ShadowOutcome, type Side, type UsageCounts } from './evidence.ts';
import { type ChangedExpert, type Guard, type RolloutPlan } from './plan.ts';

/** Requests of the stable release before its running quantile is used. */
const QUANTILE_WARM_UP = 30;

type LatencyGuard = Extract<Guard, { kind: 'latency' }>;
/** Takes one value of a side; sign -1 where less is worse. */
type Compare = (side: Side, x: number, sign?: 1 | -1) => void;

/**
 * The evidence after a batch. Follows from the evidence before and the batch alone, so it is the same
 * whoever looks, and after a restart. Each guard's observations are bounded, and in each the null
 * hypothesis bounds the mean by the margin given all that came before.
 */
export function takeIn(plan: Pick<RolloutPlan, 'guards'>, changed: readonly ChangedExpert[], before: RolloutEvidence, batch: EvidenceBatch): RolloutEvidence {
  const evidence = structuredClone(before);
  for (const request of batch.requests) countRequest(evidence, request);
  evidence.totals.compared += batch.shadows.length;
  for (const [at, guard] of plan.guards.entries()) {
    const own = evidence.guards[at]!;
    const compared: Compare = (side, x, sign = 1) => (evidence.isWatch ? againstRecord(guard, own, side, x, sign) : compare(guard, own, side, x, sign));
    if (guard.kind === 'error-rate') for (const request of batch.requests) takeError(compared, request);
    if (guard.kind === 'latency') for (const request of batch.requests) takeLatency(guard, own, compared, request);
    if (guard.kind === 'feedback') for (const one of batch.feedback) takeFeedback(compared, one);
    for (const one of batch.shadows) takeShadow(guard, own, one);
  }
  if (batch.usage) takeUsage(plan.guards, changed, evidence, batch.usage);
  return evidence;
}

function countRequest({ totals }: RolloutEvidence, { side, status }: RequestOutcome): void {
  totals[side].requests += 1;
  if (status === 'failed') totals[side].failed += 1;
  if (status === 'cancelled') totals[side].cancelled += 1;
}

/** Whoever hangs up says nothing of the release. */
function takeError(compared: Compare, { side, status }: RequestOutcome): void {
  if (status !== 'cancelled') compared(side, status === 'failed' ? 1 : 0);
}

function takeLatency(guard: LatencyGuard, own: GuardEvidence, compared: Compare, request: RequestOutcome): void {
  const value = timeOf(guard, request);
  if (value === null || own.histogram === null) return;
  // The bar is set before a block begins, from the past alone.
  if (own.block.treated + own.block.control === 0) own.thresholdMs = own.histogram.total >= QUANTILE_WARM_UP ? quantileOf(own.histogram, guard.quantile) : null;
  if (own.thresholdMs !== null) compared(request.side, value > own.thresholdMs ? 1 : 0);
  if (request.side === 'stable') countValue(own.histogram, value);
}

function timeOf({ measure }: LatencyGuard, { status, durationMs, timeToFirstTokenMs, completionTokens }: RequestOutcome): number | null {
  if (status !== 'answered') return null;
  if (measure === 'duration') return durationMs;
  if (measure === 'time-to-first-token') return timeToFirstTokenMs;
  return timeToFirstTokenMs === null || completionTokens < 2 ? null : (durationMs - timeToFirstTokenMs) / (completionTokens - 1);
}

/** Less than the stable release's score is worse, so the sides change places. */
function takeFeedback(compared: Compare, { side, score }: FeedbackOutcome): void {
  compared(side, score, -1);
}

function takeShadow(guard: Guard, own: GuardEvidence, outcome: ShadowOutcome): void {
  if (guard.kind === 'routing-divergence' && guard.source === 'shadow') {
    for (const [layer, stream] of own.streams.entries()) take(guard, stream, outcome.decisionDisagreement[layer] ?? 0);
    note(own, 'candidate', mean(outcome.decisionDisagreement));
  } else if (guard.kind === 'output-divergence') {
    const x = outputDivergence(guard.measure, outcome);
    take(guard, own.streams[0]!, x);
    note(own, 'candidate', x);
  } else return;
  markPeak(own);
}

function outputDivergence(measure: Extract<Guard, { kind: 'output-divergence' }>['measure'], outcome: ShadowOutcome): number {
  if (measure === 'argmax-disagreement') return outcome.argmaxDisagreement;
  if (measure === 'kl-bits') return Math.min(CAPS[measure], Math.max(0, outcome.meanKlBits));
  return Math.min(CAPS[measure], Math.max(-CAPS[measure], outcome.meanLogLikelihoodDifference));
}

/**
 * Usage comes as sums over requests, so what came since the last window is one observation. Waits until
 * both sides have a request in it; the bets come from the windows before.
 */
function takeUsage(guards: readonly Guard[], changed: readonly ChangedExpert[], evidence: RolloutEvidence, usage: UsageCounts): void {
  for (const { name, layer, index } of changed) evidence.totals.expertTokens[name] = usage.candidate[layer]?.load[index] ?? 0;
  const last = evidence.usage;
  if (last === null || (['candidate', 'stable'] as const).some((side) => requestsOf(usage[side]) < requestsOf(last[side]))) {
    // What was there before the first look belongs to no step.
    if (last === null) Object.assign(evidence.stepStart.expertTokens, evidence.totals.expertTokens);
    evidence.usage = usage;
    return;
  }
  const window = { candidate: sinceThen(usage.candidate, last.candidate), stable: sinceThen(usage.stable, last.stable) };
  if (requestsOf(window.candidate) === 0 || requestsOf(window.stable) === 0) return;
  for (const [at, guard] of guards.entries()) {
    const own = evidence.guards[at]!;
    if (guard.kind === 'drop-rate') takeDrops(guard, own, window);
    if (guard.kind === 'routing-divergence' && guard.source === 'usage') takeDivergence(guard, own, last, window);
  }
  evidence.usage = usage;
}

function takeDrops(guard: Guard, own: GuardEvidence, window: UsageCounts): void {
  const [candidate, stable] = [dropShare(window.candidate), dropShare(window.stable)];
  note(own, 'candidate', candidate);
  note(own, 'stable', stable);
  take(guard, own.streams[0]!, candidate - stable);
  markPeak(own);
}

function takeDivergence(guard: Guard, own: GuardEvidence, past: UsageCounts, window: UsageCounts): void {
  for (const [layer, stream] of own.streams.entries()) {
    const [candidate, stable] = [window.candidate[layer], window.stable[layer]];
    if (!candidate || !stable) continue;
    const bet = divergenceBet(past.candidate[layer]?.load ?? candidate.load.map(() => 0), past.stable[layer]?.load ?? stable.load.map(() => 0));
    const bits = divergenceObservation(bet, candidate.load, stable.load);
    if (bits !== null) take(guard, stream, bits, bet.low);
  }
  markPeak(own);
}

function compare(guard: Guard, own: GuardEvidence, side: Side, x: number, sign: 1 | -1): void {
  note(own, side, x);
  if (side === 'stable' && own.control) observe(own.control, x);
  const difference = addToBlock(own.block, side === 'candidate' ? 'treated' : 'control', x);
  if (difference === null) return;
  take(guard, own.streams[0]!, sign * difference);
  markPeak(own);
}

/**
 * The candidate alone against the worst that the stable release's mean may be, from what was seen of it
 * before the promotion. Its bound has a part of the guard's budget of its own.
 */
function againstRecord(guard: Guard, own: GuardEvidence, side: Side, x: number, sign: 1 | -1): void {
  const bound = own.control && confidenceInterval(own.control);
  if (side === 'stable' || !bound) return;
  note(own, side, x);
  take(guard, own.streams[0]!, sign * (x - (sign === 1 ? bound.high : bound.low)));
  markPeak(own);
}

function take(guard: Guard, { bets, interval }: GuardStream, x: number, low = boundsOf(guard).low): void {
  placeStagedBets(bets, x, { low, margin: guard.margin });
  observe(interval, x);
}

function note({ sides }: GuardEvidence, side: Side, x: number): void {
  sides[side].observations += 1;
  sides[side].sum += x;
}

/** The mean over layers is an e-value for "every layer is within the margin", however layers hang together. */
function markPeak(own: GuardEvidence): void {
  own.peakLogE = Math.max(own.peakLogE, logMeanExp(own.streams.map(({ bets }) => stagedLogEvidence(bets))));
}

function sinceThen(now: readonly LayerCounts[], then: readonly LayerCounts[]): readonly LayerCounts[] {
  return now.map((layer, at) => {
    const before = then[at];
    return {
      requests: layer.requests - (before?.requests ?? 0),
      droppedSelections: layer.droppedSelections - (before?.droppedSelections ?? 0),
      load: layer.load.map((count, expert) => count - (before?.load[expert] ?? 0)),
    };
  });
}

function requestsOf(layers: readonly LayerCounts[]): number {
  return layers[0]?.requests ?? 0;
}

function dropShare(layers: readonly LayerCounts[]): number {
  const dropped = layers.reduce((sum, layer) => sum + layer.droppedSelections, 0);
  const served = layers.reduce((sum, { load }) => sum + load.reduce((a, b) => a + b, 0), 0);
  return dropped + served > 0 ? dropped / (dropped + served) : 0;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((a, b) => a + b, 0) / values.length;
}

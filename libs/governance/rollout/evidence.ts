import { type ConfidenceSequence, startConfidenceSequence } from '#libs/stats/sequential/confidence-sequence';
import { openBlock, type OpenBlock } from '#libs/stats/sequential/paired-blocks';
import { emptyHistogram, type ValueHistogram } from '#libs/stats/sequential/running-quantile';
import { beginStage, type StagedBets, startStagedBets } from '#libs/stats/sequential/staged-bets';
import { canWatch, type Guard, type RolloutPlan, stepCount } from './plan.ts';
import { boundShare, guardBudgets } from './budget.ts';

export type Side = 'candidate' | 'stable';

/** One recorded request, as guards see it. */
export interface RequestOutcome {
  readonly side: Side;
  readonly status: 'answered' | 'cancelled' | 'failed';
  readonly durationMs: number;
  readonly timeToFirstTokenMs: number | null;
  readonly completionTokens: number;
}

/** One request that ran on both releases. Units as in plan.ts. */
export interface ShadowOutcome {
  readonly argmaxDisagreement: number;
  readonly meanKlBits: number;
  /** Nats a token; above 0 where the candidate is worse. */
  readonly meanLogLikelihoodDifference: number;
  /** By layer. */
  readonly decisionDisagreement: readonly number[];
}

export interface FeedbackOutcome {
  readonly side: Side;
  /** 0 to 1. */
  readonly score: number;
}

/** What the traces of one release add up to in one layer. */
export interface LayerCounts {
  readonly requests: number;
  readonly droppedSelections: number;
  /** Selections by expert. */
  readonly load: readonly number[];
}

/** Usage since the rollout began, by layer; empty where nothing was recorded. */
export type UsageCounts = Readonly<Record<Side, readonly LayerCounts[]>>;

/** What has come in since the last look, each list in the order in which it is to count. */
export interface EvidenceBatch {
  readonly requests: readonly RequestOutcome[];
  readonly shadows: readonly ShadowOutcome[];
  readonly feedback: readonly FeedbackOutcome[];
  /** null where no guard and no minimum needs it. */
  readonly usage: UsageCounts | null;
}

export interface SideCounts {
  requests: number;
  failed: number;
  cancelled: number;
}

/** Mean of what a guard saw of one side. */
export interface SideMean {
  observations: number;
  sum: number;
}

/** Bets and interval over one series of observations; guards that watch each layer have one for each. */
export interface GuardStream {
  bets: StagedBets;
  interval: ConfidenceSequence;
}

export interface GuardEvidence {
  streams: GuardStream[];
  /** Largest log e-value of the guard so far; with several streams, of their mean. */
  peakLogE: number;
  sides: Record<Side, SideMean>;
  block: OpenBlock;
  /** Of the stable release's times, for the running quantile. */
  histogram: ValueHistogram | null;
  /** The quantile that the open block is measured by. */
  thresholdMs: number | null;
  /** Mean of the stable release alone, for the watch after the promotion; null where there is none. */
  control: ConfidenceSequence | null;
}

export interface Totals {
  candidate: SideCounts;
  stable: SideCounts;
  compared: number;
  /** Tokens of each changed expert on the candidate, by component name. */
  expertTokens: Record<string, number>;
}

/** Running state of a rollout's tests. Plain data: written down after each look, and read back after a restart. */
export interface RolloutEvidence {
  readonly version: 1;
  guards: GuardEvidence[];
  totals: Totals;
  /** Totals as the step began. */
  stepStart: Totals;
  /** From the promotion on: nothing more comes of the stable release. */
  isWatch: boolean;
  /** Usage as of the last window. */
  usage: UsageCounts | null;
}

/** Confidence level of the intervals that are shown, each at all times together. */
const INTERVAL_ALPHA = 0.05;
/** KL and log-likelihood differences count up to this, so that one token cannot decide. */
export const CAPS = { 'kl-bits': 4, 'log-likelihood': 2 } as const;

export function startEvidence(plan: RolloutPlan, layers: number): RolloutEvidence {
  const budgets = guardBudgets(plan);
  return {
    version: 1,
    isWatch: false,
    guards: plan.guards.map((guard, at) => startGuard(guard, stepCount(plan), guard.kind === 'routing-divergence' ? layers : 1, plan.watch && canWatch(guard) ? boundShare(budgets[at]!) : null)),
    totals: noTotals(),
    stepStart: noTotals(),
    usage: null,
  };
}

/** The evidence as the next step begins: bets start anew beside those that run. */
export function beginStep(before: RolloutEvidence, isWatch = false): RolloutEvidence {
  const evidence = structuredClone(before);
  evidence.isWatch = isWatch;
  evidence.stepStart = structuredClone(evidence.totals);
  for (const { streams } of evidence.guards) for (const { bets } of streams) beginStage(bets);
  return evidence;
}

/** Least and largest value that a guard's observation can take. */
export function boundsOf(guard: Guard): { readonly low: number; readonly high: number } {
  if (guard.kind === 'output-divergence') {
    if (guard.measure === 'log-likelihood') return { low: -CAPS[guard.measure], high: CAPS[guard.measure] };
    return { low: 0, high: guard.measure === 'kl-bits' ? CAPS[guard.measure] : 1 };
  }
  if (guard.kind === 'routing-divergence' && guard.source === 'shadow') return { low: 0, high: 1 };
  return { low: -1, high: 1 };
}

function startGuard(guard: Guard, steps: number, streams: number, controlAlpha: number | null): GuardEvidence {
  const { low, high } = boundsOf(guard);
  return {
    streams: Array.from({ length: streams }, () => ({ bets: startStagedBets(steps), interval: startConfidenceSequence(low, high, INTERVAL_ALPHA) })),
    peakLogE: 0,
    sides: { candidate: { observations: 0, sum: 0 }, stable: { observations: 0, sum: 0 } },
    block: openBlock(),
    histogram: guard.kind === 'latency' ? emptyHistogram() : null,
    thresholdMs: null,
    control: controlAlpha === null ? null : startConfidenceSequence(0, 1, controlAlpha),
  };
}

function noTotals(): Totals {
  const none = (): SideCounts => ({ requests: 0, failed: 0, cancelled: 0 });
  return { candidate: none(), stable: none(), compared: 0, expertTokens: {} };
}

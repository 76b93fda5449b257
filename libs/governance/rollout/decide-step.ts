import { type RolloutEvidence } from './evidence.ts';
import { type GuardFigures, guardFigures } from './guard-figures.ts';
import { canWatch, type ChangedExpert, type Guard, isWatch, needsShadow, type RolloutPlan, type RolloutStep, stepAt, stepCount } from './plan.ts';

/** Where a rollout stands. */
export interface RolloutProgress {
  readonly step: number;
  /** When the step began, or was resumed; epoch milliseconds. */
  readonly stepStartedAtMs: number;
  readonly paused: boolean;
  readonly changedExperts: readonly ChangedExpert[];
}

export type StepReason =
  | 'guard-failed'
  | 'paused'
  | 'baking'
  | 'too-few-requests'
  | 'expert-not-reached'
  | 'too-few-expert-tokens'
  | 'guard-without-data'
  | 'interval-too-wide'
  | 'all-guards-passed'
  | 'no-data'
  | 'inconclusive';

/** What was counted when the step was decided. */
export interface StepFigures {
  readonly elapsedMs: number;
  readonly step: number;
  readonly share: number;
  /** Requests of the step. */
  readonly candidateRequests: number;
  readonly stableRequests: number;
  readonly comparedRequests: number;
  readonly minRequests: number;
  /** Tokens in the step of each changed expert, by component name. */
  readonly expertTokens: Readonly<Record<string, number>>;
  readonly minTokensPerChangedExpert: number;
  readonly guards: readonly GuardFigures[];
}

export interface StepVerdict {
  readonly verdict: 'wait' | 'continue' | 'complete' | 'fail' | 'pause';
  readonly reason: StepReason;
  /** What is short where evidence is missing, and which requests, expert or guard. */
  readonly missing: string | null;
  /** The guard that decided, by guardName; null where none did. */
  readonly guard: string | null;
  readonly figures: StepFigures;
}

/**
 * Decides how a rollout goes on. A guard over its limit fails it at any time, paused or not. A step passes
 * when its time has gone by and nothing is missing; when its longest time has gone by and something is,
 * the rollout pauses, or fails where the plan says so of steps without data.
 */
export function decideStep(plan: RolloutPlan, progress: RolloutProgress, evidence: RolloutEvidence, nowMs: number): StepVerdict {
  const step = stepAt(plan, progress.step);
  if (!step) throw new RangeError(`step ${progress.step} is not in a plan of ${plan.steps.length}`);
  const figures = stepFigures(plan, step, progress, evidence, nowMs);
  const say = (verdict: StepVerdict['verdict'], reason: StepReason, missing: string | null = null, guard: string | null = null): StepVerdict => ({ verdict, reason, missing, guard, figures });

  const failed = worstFailure(figures.guards);
  if (failed) return say('fail', 'guard-failed', null, failed.guard);
  if (progress.paused) return say('wait', 'paused');
  const lack = lacking(plan, step, progress, figures);
  if (figures.elapsedMs >= step.bakeMs && lack === null) return say(progress.step === stepCount(plan) - 1 ? 'complete' : 'continue', 'all-guards-passed');
  if (figures.elapsedMs < step.maxMs) return lack === null ? say('wait', 'baking') : say('wait', lack.reason, lack.missing, lack.guard);
  // Here something is lacking: bakeMs is at most maxMs.
  const { noData = false, reason = 'inconclusive', missing = null, guard = null } = lack ?? {};
  if (!noData) return say('pause', 'inconclusive', missing, guard);
  return say(plan.onNoData === 'fail' ? 'fail' : 'pause', reason === 'expert-not-reached' ? reason : 'no-data', missing, guard);
}

interface Lack {
  readonly reason: StepReason;
  readonly missing: string;
  readonly guard: string | null;
  /** Nothing at all came, rather than too little. */
  readonly noData: boolean;
}

function lacking(plan: RolloutPlan, step: RolloutStep, { changedExperts, step: index }: RolloutProgress, figures: StepFigures): Lack | null {
  const requests = step.share === 0 ? figures.comparedRequests : figures.candidateRequests;
  const what = step.share === 0 ? 'compared requests' : 'requests';
  if (requests < step.minRequests) return { reason: 'too-few-requests', missing: `${requests} of ${step.minRequests} ${what}`, guard: null, noData: requests === 0 };
  if (step.minTokensPerChangedExpert > 0) {
    const [least] = changedExperts.map(({ name }) => ({ name, tokens: figures.expertTokens[name] ?? 0 })).toSorted((a, b) => a.tokens - b.tokens);
    if (least && least.tokens === 0) return { reason: 'expert-not-reached', missing: `${least.name} took no token`, guard: null, noData: true };
    if (least && least.tokens < step.minTokensPerChangedExpert) {
      return { reason: 'too-few-expert-tokens', missing: `${least.name} took ${least.tokens} of ${step.minTokensPerChangedExpert} tokens`, guard: null, noData: false };
    }
  }
  for (const [at, guard] of plan.guards.entries()) {
    const own = figures.guards[at]!;
    // With share 0 the candidate answers nothing that could be compared; once promoted, nothing else answers.
    if ((step.share === 0 && !needsShadow(guard)) || (isWatch(plan, index) && !canWatch(guard))) continue;
    if (own.stepObservations < own.minObservations) {
      return { reason: 'guard-without-data', missing: `${own.stepObservations} of ${own.minObservations} observations for ${own.guard}`, guard: own.guard, noData: own.stepObservations === 0 };
    }
    if (!isNarrow(guard, own)) return { reason: 'interval-too-wide', missing: `the interval of ${own.guard} reaches above ${guard.passBelow}`, guard: own.guard, noData: false };
  }
  return null;
}

function isNarrow({ passBelow }: Guard, { interval }: GuardFigures): boolean {
  return passBelow === undefined || (interval !== null && interval.high <= passBelow);
}

/** Of the guards that fail, the one furthest beyond its limit. */
function worstFailure(guards: readonly GuardFigures[]): GuardFigures | null {
  const failing = guards.filter(({ peakEValue, failsAt }) => peakEValue >= failsAt);
  return failing.toSorted((a, b) => b.peakEValue / b.failsAt - a.peakEValue / a.failsAt)[0] ?? null;
}

function stepFigures(plan: RolloutPlan, step: RolloutStep, { step: number, stepStartedAtMs, changedExperts }: RolloutProgress, { totals, stepStart, ...rest }: RolloutEvidence, nowMs: number): StepFigures {
  return {
    elapsedMs: Math.max(0, nowMs - stepStartedAtMs),
    step: number,
    share: step.share,
    candidateRequests: totals.candidate.requests - stepStart.candidate.requests,
    stableRequests: totals.stable.requests - stepStart.stable.requests,
    comparedRequests: totals.compared - stepStart.compared,
    minRequests: step.minRequests,
    expertTokens: Object.fromEntries(changedExperts.map(({ name }) => [name, (totals.expertTokens[name] ?? 0) - (stepStart.expertTokens[name] ?? 0)])),
    minTokensPerChangedExpert: step.minTokensPerChangedExpert,
    guards: guardFigures(plan, { totals, stepStart, ...rest }),
  };
}

import { canWatch, type Guard, guardName, needsShadow, type RolloutPlan, type RolloutStep } from './plan.ts';

/** A field of a plan that is wrong, and the remedy. */
export interface PlanError {
  /** Path, such as `steps.0.share`. */
  readonly field: string;
  readonly remedy: string;
}

export const PLAN_LIMITS = { steps: 20, guards: 20, maxStepMs: 30 * 24 * 3_600_000, maxCount: 1e9 } as const;

/** What is wrong with a plan, in the order of its fields; empty for a good one. */
export function validatePlan(plan: RolloutPlan): readonly PlanError[] {
  return [...stepErrors(plan), ...guardErrors(plan), ...otherErrors(plan)];
}

function* stepErrors({ steps, shadowShare }: RolloutPlan): Generator<PlanError> {
  if (steps.length === 0) yield { field: 'steps', remedy: 'give at least one step' };
  if (steps.at(-1)?.share === 0) yield { field: `steps.${steps.length - 1}.share`, remedy: 'give more than 0: the last step leads to promotion, which needs a canary' };
  if (steps.length > PLAN_LIMITS.steps) yield { field: 'steps', remedy: `give at most ${PLAN_LIMITS.steps} steps` };
  for (const [at, step] of steps.entries()) {
    yield* shareErrors(`steps.${at}`, step, steps[at - 1], shadowShare);
    if (!isWithin(step.bakeMs, 0, PLAN_LIMITS.maxStepMs)) yield { field: `steps.${at}.bakeMs`, remedy: 'give 0 to 30 days in milliseconds' };
    if (!isWithin(step.maxMs, 1, PLAN_LIMITS.maxStepMs) || step.maxMs < step.bakeMs) yield { field: `steps.${at}.maxMs`, remedy: 'give at least bakeMs and at most 30 days in milliseconds' };
    if (!Number.isInteger(step.minRequests) || !isWithin(step.minRequests, 1, PLAN_LIMITS.maxCount)) yield { field: `steps.${at}.minRequests`, remedy: 'give a whole number of at least 1: a step without a request proves nothing' };
    if (!Number.isInteger(step.minTokensPerChangedExpert) || !isWithin(step.minTokensPerChangedExpert, 0, PLAN_LIMITS.maxCount)) yield { field: `steps.${at}.minTokensPerChangedExpert`, remedy: 'give a whole number of at least 0' };
    if (step.share === 0 && step.minTokensPerChangedExpert > 0) yield { field: `steps.${at}.minTokensPerChangedExpert`, remedy: 'give 0 in a step of share 0: tokens are counted where the candidate answers' };
  }
}

function* shareErrors(path: string, { share }: RolloutStep, before: RolloutStep | undefined, shadowShare: number): Generator<PlanError> {
  if (!isWithin(share, 0, 0.99)) yield { field: `${path}.share`, remedy: 'give 0 to 0.99: the rest stays with the stable release, to compare with' };
  else if (before && share < before.share) yield { field: `${path}.share`, remedy: `give at least the share of the step before, ${before.share}` };
  else if (share === 0 && !(shadowShare > 0)) yield { field: `${path}.share`, remedy: 'give more than 0, or a shadowShare above 0 so that the candidate runs as a shadow' };
}

function* guardErrors(plan: RolloutPlan): Generator<PlanError> {
  const { guards, scope, shadowShare, steps } = plan;
  if (guards.length === 0) yield { field: 'guards', remedy: 'give at least one guard' };
  if (guards.length > PLAN_LIMITS.guards) yield { field: 'guards', remedy: `give at most ${PLAN_LIMITS.guards} guards` };
  const names = new Set<string>();
  for (const [at, guard] of guards.entries()) {
    const field = `guards.${at}`;
    if (names.has(guardName(guard))) yield { field, remedy: `remove it: there is a guard ${guardName(guard)} before it` };
    names.add(guardName(guard));
    yield* figureErrors(field, guard);
    if (needsShadow(guard) && !(shadowShare > 0)) yield { field: `${field}.kind`, remedy: `give shadowShare above 0: ${guardName(guard)} compares requests that ran on both releases` };
    if (scope.routeSlice && !needsShadow(guard)) yield { field: `${field}.kind`, remedy: `remove it or scope.routeSlice: the requests outside a route slice are no fair control for ${guardName(guard)}` };
  }
  if (steps.some(({ share }) => share === 0) && !guards.some(needsShadow)) yield { field: 'guards', remedy: 'give a guard that watches the shadow, or no step of share 0' };
}

function* figureErrors(field: string, guard: Guard): Generator<PlanError> {
  const most = guard.kind === 'output-divergence' && guard.measure !== 'argmax-disagreement' ? 2 : 0.99;
  if (!isWithin(guard.margin, 0.0001, most)) yield { field: `${field}.margin`, remedy: `give 0.0001 to ${most}` };
  if (guard.weight !== undefined && !isWithin(guard.weight, 0.001, 1000)) yield { field: `${field}.weight`, remedy: 'give 0.001 to 1000' };
  if (guard.minObservations !== undefined && !(Number.isInteger(guard.minObservations) && isWithin(guard.minObservations, 1, 1e6))) yield { field: `${field}.minObservations`, remedy: 'give a whole number from 1 to 1,000,000' };
  if (guard.passBelow !== undefined && !(Number.isFinite(guard.passBelow) && guard.passBelow >= guard.margin)) yield { field: `${field}.passBelow`, remedy: `give at least the margin, ${guard.margin}` };
  if (guard.passBelow !== undefined && guard.kind === 'routing-divergence' && guard.source === 'usage') yield { field: `${field}.passBelow`, remedy: 'leave it out: the interval of this guard has no upper end' };
  if (guard.kind === 'latency' && !isWithin(guard.quantile, 0.5, 0.99)) yield { field: `${field}.quantile`, remedy: 'give 0.5 to 0.99' };
}

function* otherErrors({ falseRollbackRate, shadowShare, watch, guards }: RolloutPlan): Generator<PlanError> {
  if (watch) {
    if (!isWithin(watch.bakeMs, 1, PLAN_LIMITS.maxStepMs)) yield { field: 'watch.bakeMs', remedy: 'give 1 to 30 days in milliseconds, or leave watch out' };
    if (!isWithin(watch.maxMs, watch.bakeMs, PLAN_LIMITS.maxStepMs)) yield { field: 'watch.maxMs', remedy: 'give at least bakeMs and at most 30 days in milliseconds' };
    if (!Number.isInteger(watch.minRequests) || !isWithin(watch.minRequests, 1, PLAN_LIMITS.maxCount)) yield { field: 'watch.minRequests', remedy: 'give a whole number of at least 1' };
    if (!guards.some(canWatch)) yield { field: 'watch', remedy: 'leave it out, or add a guard of error-rate, latency or feedback: the others need two releases to compare' };
  }
  if (!isWithin(falseRollbackRate, 0.0001, 0.5)) yield { field: 'falseRollbackRate', remedy: 'give 0.0001 to 0.5' };
  if (!isWithin(shadowShare, 0, 1)) yield { field: 'shadowShare', remedy: 'give 0 to 1' };
}

function isWithin(value: number, least: number, most: number): boolean {
  return value >= least && value <= most;
}

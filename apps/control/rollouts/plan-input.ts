import { type z } from 'zod';
import { type rolloutPlanSchema } from '#libs/contract/management/rollouts';
import { type CanaryScope } from '#libs/governance/activation/activation-state';
import { DEFAULT_MARGINS, type Guard, guardName, type RolloutPlan } from '#libs/governance/rollout/plan';
import { validatePlan } from '#libs/governance/rollout/validate-plan';
import { ProblemError } from '#libs/platform/errors/problem-error';

type PlanInput = z.output<typeof rolloutPlanSchema>;
type GuardInput = PlanInput['guards'][number];

/** A plan as it was sent, with its defaults. */
export function toPlan(input: Omit<PlanInput, 'model' | 'candidate'> & Pick<PlanInput, 'model' | 'candidate'>): RolloutPlan {
  return { ...input, guards: input.guards.map(toGuard), scope: toScope(input.scope) };
}

/** @throws ProblemError 400 naming the first field that is wrong */
export function assertPlan(plan: RolloutPlan): void {
  const [first] = validatePlan(plan);
  if (!first) return;
  throw new ProblemError({ status: 400, code: 'invalid_plan', title: 'The rollout plan is not valid', detail: `Body field plan.${first.field}: ${first.remedy}.`, field: `plan.${first.field}` });
}

function toGuard(input: GuardInput): Guard {
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined)) as unknown as Guard;
  return { ...given, margin: input.margin ?? defaultMargin(given) };
}

function defaultMargin(guard: Guard): number {
  const margins: Readonly<Record<string, number>> = DEFAULT_MARGINS;
  return margins[guardName(guard)] ?? margins[guard.kind] ?? 0;
}

function toScope({ segment, routeSlice }: PlanInput['scope']): CanaryScope {
  const labels = Object.entries(segment ?? {}).filter(([, label]) => label !== undefined && label !== '');
  return { segment: labels.length > 0 ? Object.fromEntries(labels) : null, routeSlice };
}

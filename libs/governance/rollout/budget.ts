import { splitBudget } from '#libs/stats/sequential/error-budget';
import { type RolloutPlan } from './plan.ts';

/** Part of a guard's budget that goes to the bound on the stable release's mean, where there is a watch. */
const BOUND_PART = 0.1;

/** The part of the false rollback rate that each guard may use up, over all steps and looks. */
export function guardBudgets({ falseRollbackRate, guards }: Pick<RolloutPlan, 'falseRollbackRate' | 'guards'>): readonly number[] {
  return splitBudget(falseRollbackRate, guards.map(({ weight }) => weight ?? 1));
}

/** What of a guard's budget the bound of its control may use. */
export function boundShare(budget: number): number {
  return budget * BOUND_PART;
}

/** The e-value at which a guard fails: what is left of its budget, turned over. */
export function failsAt({ watch }: Pick<RolloutPlan, 'watch'>, budget: number): number {
  return 1 / (watch ? budget - boundShare(budget) : budget);
}

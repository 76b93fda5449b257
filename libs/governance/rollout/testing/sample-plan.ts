import { type Guard, type RolloutPlan, type RolloutStep } from '../plan.ts';

export const sampleStep = (fields: Partial<RolloutStep> = {}): RolloutStep => ({ share: 0.1, bakeMs: 1000, minRequests: 10, minTokensPerChangedExpert: 0, maxMs: 5000, ...fields });

export const ERROR_GUARD: Guard = { kind: 'error-rate', margin: 0.005 };

/** A good plan of one step and one guard. */
export const samplePlan = (fields: Partial<RolloutPlan> = {}): RolloutPlan => ({
  model: 'm', candidate: 'b'.repeat(64), steps: [sampleStep()], guards: [ERROR_GUARD], falseRollbackRate: 0.05, onNoData: 'pause',
  stickyBy: 'request', scope: { segment: null, routeSlice: null }, shadowShare: 0, ...fields,
});

import { type RolloutState } from '#libs/governance/rollout/rollout';
import { ProblemError } from '#libs/platform/errors/problem-error';

export function rolloutNotFound(): ProblemError {
  return new ProblemError({ status: 404, code: 'rollout_not_found', title: 'No such rollout', detail: 'GET /api/v1/rollouts lists them.' });
}

export function candidateNotFound(model: string): ProblemError {
  return new ProblemError({ status: 404, code: 'release_not_found', title: 'No such release', detail: `Body field plan.candidate: ${model} has no such release. GET /api/v1/releases lists them.`, field: 'plan.candidate' });
}

export function rolloutRunning(model: string): ProblemError {
  return new ProblemError({ status: 409, code: 'rollout_running', title: 'A rollout is under way', detail: `A rollout of ${model} has not ended: wait for it, or abort it first.` });
}

export function wrongState(act: string, state: RolloutState): ProblemError {
  const remedy = { running: 'pause or abort it', paused: 'resume or abort it', completed: 'roll the activation back if it must go', failed: 'start another', aborted: 'start another', superseded: 'start another' }[state];
  return new ProblemError({ status: 409, code: 'rollout_state', title: 'Not in this state', detail: `The rollout is ${state}, so ${act} does nothing here; ${remedy}.` });
}

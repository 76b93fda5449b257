import { EvaluationError } from '#libs/evaluation/evaluation-error';
import { type RunState } from '#libs/evaluation/run/run';
import { ProblemError } from '#libs/platform/errors/problem-error';

const STATUSES: Readonly<Record<string, number>> = { 'suite-missing': 404, 'dataset-too-large': 413, 'too-many-runs': 429 };

/** Runs work whose EvaluationErrors are the caller's; `place` says what was read, such as a task. */
export async function asProblems<T>(work: () => T | Promise<T>, place?: { readonly field: string; readonly text: string }): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    const detail = place === undefined ? error.message : `${place.text}: ${error.message}`;
    const field = [place?.field, error.field].filter(Boolean).join(': ');
    throw new ProblemError({ status: STATUSES[error.reason] ?? 422, code: error.reason.replaceAll('-', '_'), title: 'The evaluation cannot take this', detail, ...(field === '' ? {} : { field }) }, { cause: error });
  }
}

export function datasetNotFound(): ProblemError {
  return new ProblemError({ status: 404, code: 'dataset_not_found', title: 'No such dataset', detail: 'GET /api/v1/datasets lists them; POST /api/v1/datasets keeps one.' });
}

export function suiteNotFound(field?: string): ProblemError {
  return new ProblemError({ status: 404, code: 'suite_not_found', title: 'No such suite', detail: `${field === undefined ? '' : `Body field ${field}: no such suite. `}GET /api/v1/suites lists them; POST /api/v1/suites keeps one.`, ...(field === undefined ? {} : { field }) });
}

export function evaluationNotFound(field?: string): ProblemError {
  return new ProblemError({ status: 404, code: 'evaluation_not_found', title: 'No such evaluation', detail: 'GET /api/v1/evaluations lists them.', ...(field === undefined ? {} : { field }) });
}

export function evaluationEnded(state: RunState): ProblemError {
  return new ProblemError({ status: 409, code: 'evaluation_ended', title: 'The evaluation has ended', detail: `It is ${state}, which is final.` });
}

export function noResult(state: RunState): ProblemError {
  const remedy = state === 'queued' || state === 'running' ? 'wait until it has succeeded' : 'start it again by POST /api/v1/evaluations: what it measured is kept';
  return new ProblemError({ status: 409, code: 'no_result', title: 'The evaluation has no result', detail: `It is ${state}: ${remedy}.` });
}

export function shapesDiffer(field: string): ProblemError {
  return new ProblemError({ status: 409, code: 'shapes_differ', title: 'The releases are of different shapes', detail: `Body field ${field}: its layers, experts or widths are not those of the candidate, so token and route cannot be compared. Give a release of the same shape.`, field });
}

export function wrongOrder(field: string, remedy: string): ProblemError {
  return new ProblemError({ status: 422, code: 'wrong_order', title: 'The evaluation cannot take this', detail: `Body field ${field}: ${remedy}`, field });
}

export function otherRelease(candidate: string, release: string): ProblemError {
  return new ProblemError({
    status: 409, code: 'other_release', title: 'The evaluation is of another release',
    detail: `Body field evaluationId: the run evaluated ${candidate}, and the request would have ${release} answer. Evaluate that one: POST /api/v1/releases composes it of the same components.`, field: 'evaluationId',
  });
}

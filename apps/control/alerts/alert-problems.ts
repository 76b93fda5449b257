import { ProblemError } from '#libs/platform/errors/problem-error';

export function notFound(what: 'alert' | 'rule' | 'silence'): ProblemError {
  const path = { alert: 'GET /api/v1/alerts lists those of now, GET /api/v1/alerts/history all episodes', rule: 'GET /api/v1/alert-rules lists them', silence: 'GET /api/v1/silences lists them' }[what];
  return new ProblemError({ status: 404, code: `${what}_not_found`, title: `No such ${what}`, detail: `${path}.`, field: `${what}Id` });
}

export function stale(generation: number): ProblemError {
  return new ProblemError({ status: 412, code: 'generation_changed', title: 'Someone else changed it', detail: `Header If-Match: the generation is now "${generation}". Read it again and decide anew.`, field: 'if-match' });
}

export function invalid(field: string, remedy: string): ProblemError {
  return new ProblemError({ status: 400, code: 'invalid_request', title: 'The request is not valid', detail: `Body field ${field}: ${remedy}.`, field });
}

export function notFiring(): ProblemError {
  return new ProblemError({ status: 409, code: 'alert_not_firing', title: 'The alert does not fire', detail: 'Only an episode that goes on is acknowledged: GET the alert to see its state.' });
}

export function tooMany(what: string, max: number): ProblemError {
  return new ProblemError({ status: 409, code: 'too_many', title: `Too many ${what}`, detail: `There are at most ${max}: end or delete some first.` });
}

/** From an If-Match that the contract has checked. */
export function generationOf(headers: { readonly 'if-match': string }): number {
  return Number(headers['if-match'].slice(1, -1));
}

import { ProblemError } from '#libs/platform/errors/problem-error';

export function releaseNotFound(field?: string): ProblemError {
  const where = field === undefined ? '' : `Body field ${field}: no such release. `;
  return new ProblemError({ status: 404, code: 'release_not_found', title: 'No such release', detail: `${where}GET /api/v1/releases lists them.`, ...(field === undefined ? {} : { field }) });
}

export function badBody(code: string, field: string, detail: string): ProblemError {
  return new ProblemError({ status: 400, code, title: 'The parts make no release', detail: `Body field ${field}: ${detail}`, field });
}

export function componentRecalled(component: string, reason: string): ProblemError {
  return new ProblemError({
    status: 409,
    code: 'component_recalled',
    title: 'A component version is recalled',
    detail: `The version of ${component} is recalled (${reason || 'no reason given'}): give another one in replace.`,
    field: `replace.${component}`,
  });
}

export function tensorsDoNotFit(component: string, message: string): ProblemError {
  return new ProblemError({ status: 409, code: 'tensors_do_not_fit', title: 'The tensors do not fit the model', detail: `Body field replace.${component}: ${message}`, field: `replace.${component}` });
}

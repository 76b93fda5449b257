import { ProblemError } from '#libs/platform/errors/problem-error';
import { LastAdminError } from '#libs/store/accounts/admin-guard';

export function noSuchAccount(): ProblemError {
  return new ProblemError({ status: 404, code: 'account_not_found', title: 'No such account', detail: 'GET /api/v1/accounts lists them.' });
}

/** Tells a refusal to lock everybody out as a problem, with what to do first. */
export async function lastAdminAsProblem<T>(change: Promise<T>, remedy: string): Promise<T> {
  try {
    return await change;
  } catch (error) {
    if (!(error instanceof LastAdminError)) throw error;
    throw new ProblemError({ status: 409, code: 'last_admin', title: 'Nobody could administer after this', detail: `It is the last way in for an administrator. ${remedy}` }, { cause: error });
  }
}

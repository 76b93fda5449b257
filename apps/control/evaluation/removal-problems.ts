import { type RunRemoval, type SuiteRemoval } from '#libs/governance/retention/decide-removal';
import { ProblemError } from '#libs/platform/errors/problem-error';

type Kept<Decision> = Extract<Decision, { readonly outcome: 'keep' }>;

const stays = (code: string, detail: string): ProblemError => new ProblemError({ status: 409, code, title: 'Something still needs it', detail });

export function evaluationKept(id: string, { reason, names }: Kept<RunRemoval>): ProblemError {
  const all = names.join(', ');
  switch (reason) {
    case 'open':
      return stays('evaluation_open', `It has not ended: cancel it by POST /api/v1/evaluations/${id}/cancel first.`);
    case 'evidence-of-change':
      return stays('evaluation_is_evidence', `It is evidence of change request ${all}. Take the evidence back where the request still allows that; a request that is decided keeps it.`);
    case 'evidence-of-protection':
      return stays('evaluation_is_evidence', `Experts are protected on its evidence: ${all}. It can go once they are no longer protected.`);
    case 'evidence-of-override':
      return stays('evaluation_is_evidence', `Protected experts of ${all} were taken away on its evidence, and that is kept.`);
    case 'evidence-of-compatibility':
      return stays('evaluation_is_evidence', `A compatibility record of ${all} rests on its result, and that is kept.`);
  }
}

export function suiteKept(digest: string, { reason, names }: Kept<SuiteRemoval>): ProblemError {
  const runs = `GET /api/v1/evaluations?suite=${digest} lists them`;
  return reason === 'open-runs'
    ? stays('suite_has_runs', `${names.join()} of its runs have not ended: cancel and delete them first; ${runs}.`)
    : stays('suite_has_runs', `${names.join()} of its runs are kept: delete them first; ${runs}.`);
}

export function datasetAsked(suites: readonly string[]): ProblemError {
  return stays('dataset_in_suites', `Suites ask it: ${suites.join(', ')}. Delete those first.`);
}

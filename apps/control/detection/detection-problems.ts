import { ProblemError } from '#libs/platform/errors/problem-error';
import { type Baseline } from '#libs/store/detection/baseline';

export function baselineNotFound(): ProblemError {
  return new ProblemError({ status: 404, code: 'baseline_not_found', title: 'No such baseline', detail: 'Path field baselineId: GET /api/v1/baselines lists them.', field: 'baselineId' });
}

export function nothingToFreeze(model: string): ProblemError {
  return new ProblemError({ status: 404, code: 'model_not_found', title: 'No such model', detail: `Body field model: nothing answers for ${model}. GET /api/v1/models lists the models; or name a release.`, field: 'model' });
}

export function releaseNotFound(): ProblemError {
  return new ProblemError({ status: 404, code: 'release_not_found', title: 'No such release', detail: 'Body field release: GET /api/v1/releases lists them.', field: 'release' });
}

export function releaseOfAnotherModel(model: string): ProblemError {
  return new ProblemError({ status: 409, code: 'release_of_another_model', title: 'The release belongs to another model', detail: `Body field release: it is of ${model}. Name that model, or a release of this one.`, field: 'release' });
}

export function wrongRange(): ProblemError {
  return new ProblemError({ status: 400, code: 'invalid_request', title: 'The request is not valid', detail: 'Field from: give a time before `to`.', field: 'from' });
}

export function tooManyFreezing(most: number): ProblemError {
  return new ProblemError({ status: 409, code: 'too_many_freezing', title: 'Too many baselines are freezing', detail: `${most} wait already: wait for one to end, or cancel one at POST /api/v1/baselines/{baselineId}/cancel.` });
}

export function wrongState({ state, note }: Baseline, wanted: 'adopted' | 'cancelled'): ProblemError {
  const why = wanted === 'adopted' ? 'only one that is ready can be adopted' : 'it has ended, and what has ended cannot be cancelled';
  return new ProblemError({ status: 409, code: wanted === 'adopted' ? 'baseline_not_ready' : 'baseline_ended', title: 'It cannot be done in its present state', detail: `The baseline is ${state}${note === null ? '' : ` (${note})`}: ${why}.` });
}

export function baselineChanged({ generation, adoptedBy }: Baseline): ProblemError {
  return new ProblemError({
    status: 412, code: 'baseline_changed', title: 'Someone else changed it',
    detail: `Header If-Match: its generation is "${generation}" now${adoptedBy === null ? '' : `, last adopted by ${adoptedBy}`}. Read it again and decide anew.`, field: 'if-match',
  });
}

export function anotherAccountNeeded(model: string, account: string): ProblemError {
  return new ProblemError({
    status: 403, code: 'own_baseline', title: 'Another account must adopt it',
    detail: `${model} changes only by approved changes, and ${account} had this baseline frozen, or stands behind the key that did: ask another account with the permission operate.`,
  });
}

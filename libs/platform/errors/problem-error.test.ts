import { expect, it } from 'vitest';
import { ProblemError } from './problem-error.ts';

const FIELDS = { status: 404, code: 'release_not_found', title: 'No such release', detail: 'No release abc; list them at /api/v1/releases' };

it('becomes a problem+json body, with a field only where one is wrong', () => {
  expect(new ProblemError(FIELDS).toBody()).toEqual({ type: 'urn:signalbox:problem:release_not_found', ...FIELDS });
  expect(new ProblemError({ ...FIELDS, field: 'releaseId' }).toBody().field).toBe('releaseId');
  expect(new ProblemError(FIELDS).message).toBe(FIELDS.detail);
});

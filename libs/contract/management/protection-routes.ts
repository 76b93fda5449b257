import {
  adoptBody,
  adoptedSchema,
  overrideParams,
  overrideReviewBody,
  overrideSchema,
  overridesQuery,
  overridesSchema,
  protectBody,
  protectedExpertParams,
  protectedExpertSchema,
  protectedExpertsSchema,
  protectHeaders,
  protectionModelParams,
  protectionPageQuery,
  unprotectBody,
} from './protection.ts';
import { type Route } from './route.ts';

const ID = '0197280f-6000-7000-8000-000000000001';
const MODEL = { params: { model: 'tiny-mixtral' } };
const ONE = { params: { model: 'tiny-mixtral', layer: '3', expert: '5' } };
const reading = { tag: 'protection', tenancy: 'shared', needs: 'read', method: 'get', status: 200 } as const;
const MOVED = { 412: 'Someone else changed it since: read it again.' };

/** Experts that must not be taken away without evidence. */
export const protectionRoutes = {
  listProtectedExperts: {
    ...reading, operationId: 'listProtectedExperts', path: '/models/{model}/protected-experts', summary: 'Experts that are protected, by layer',
    params: protectionModelParams, query: protectionPageQuery, response: protectedExpertsSchema, example: MODEL,
  },
  getProtectedExpert: {
    ...reading, operationId: 'getProtectedExpert', path: '/models/{model}/protected-experts/{layer}/{expert}', summary: 'One protected expert', description: 'The ETag is the version.',
    params: protectedExpertParams, response: protectedExpertSchema, problems: { 404: 'It is not protected.' }, example: ONE,
  },
  protectExpert: {
    operationId: 'protectExpert', method: 'put', path: '/models/{model}/protected-experts/{layer}/{expert}', tag: 'protection', tenancy: 'none', needs: 'operate',
    summary: 'Protect an expert, or say anew why',
    description: 'From then on quarantine, recall, data rules, quotas and releases that would take it away are refused, unless they are overridden with evidence. What took it away before stays as it is.',
    params: protectedExpertParams, headers: protectHeaders, body: protectBody, status: 200, response: protectedExpertSchema,
    problems: { 404: 'No such model or expert.', 409: 'Too many are protected.', ...MOVED }, example: { ...ONE, body: { reason: 'carries refusals, by the concentration run of May' } },
  },
  unprotectExpert: {
    operationId: 'unprotectExpert', method: 'post', path: '/models/{model}/protected-experts/{layer}/{expert}/unprotect', tag: 'protection', tenancy: 'none', needs: 'approve',
    summary: 'Take the protection of an expert back',
    description: 'On a concentration run of the release that serves, which left the expert out and does not propose it; or by an administrator.',
    params: protectedExpertParams, headers: protectHeaders, body: unprotectBody, status: 200, response: protectedExpertSchema,
    problems: { 404: 'It is not protected.', 409: 'The run is no evidence, or none was given.', ...MOVED }, example: { ...ONE, body: { reason: 'its new version carries nothing', evaluationId: ID } },
  },
  adoptProtection: {
    operationId: 'adoptProtection', method: 'post', path: '/models/{model}/protected-experts/adopt', tag: 'protection', tenancy: 'none', needs: 'operate',
    summary: 'Protect all experts that a concentration run proposes', description: 'Each with the reason that the run names. Those that are protected stay as they are.',
    params: protectionModelParams, body: adoptBody, status: 200, response: adoptedSchema,
    problems: { 404: 'No such model.', 409: 'The run is no concentration run of the model that has a result.' }, example: { ...MODEL, body: { evaluationId: ID } },
  },
  listProtectionOverrides: {
    ...reading, tenancy: 'none', operationId: 'listProtectionOverrides', path: '/models/{model}/protection-overrides', summary: 'Times that protected experts were taken away all the same, newest first',
    params: protectionModelParams, query: overridesQuery, response: overridesSchema, example: MODEL,
  },
  reviewProtectionOverride: {
    operationId: 'reviewProtectionOverride', method: 'post', path: '/models/{model}/protection-overrides/{overrideId}/review', tag: 'protection', tenancy: 'none', needs: 'approve',
    summary: 'Review an emergency', description: 'By somebody who had no hand in it. `to-revert` may be followed by `confirmed` once it was reverted.',
    params: overrideParams, body: overrideReviewBody, status: 200, response: overrideSchema,
    problems: { 403: 'It was your own act.', 404: 'No such override.', 409: 'It owes no review, or is confirmed already.' },
    example: { params: { model: 'tiny-mixtral', overrideId: ID }, body: { verdict: 'confirmed', note: 'The expert gave NaN; it is back since its new version is in.' } },
  },
} as const satisfies Record<string, Route>;

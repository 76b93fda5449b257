import {
  compatibilityBody,
  compatibilityQuery,
  compatibilityRecordSchema,
  compatibilityRecordsSchema,
  composeBody,
  createdReleaseSchema,
  expertReleasesSchema,
  releaseDiffQuery,
  releaseDiffSchema,
  releasePreviewSchema,
  releaseSetsQuery,
  routerReleasesSchema,
} from './release-sets.ts';
import { releaseParams, releaseUsesSchema } from './releases.ts';
import { type Route } from './route.ts';

const RELEASE = '5f'.repeat(32);
const OTHER = '6e'.repeat(32);

/** Making and comparing releases, and what is known of their routers and experts together. */
export const releaseRoutes = {
  createRelease: {
    operationId: 'createRelease', method: 'post', path: '/releases', tag: 'releases', needs: 'registry', tenancy: 'none',
    summary: 'Compose a release of component versions that are there',
    description: 'It does not answer until it is activated. Tells whether its routers and experts are known to belong together.',
    body: composeBody, status: 201, response: createdReleaseSchema,
    problems: { 404: 'No such release or component version.', 409: 'A component is recalled, or its tensors do not fit the model.' },
    example: { body: { base: RELEASE, replace: { 'expert/3/5': OTHER }, note: 'Biology expert, tuned again' } },
  },
  previewRelease: {
    operationId: 'previewRelease', method: 'post', path: '/releases/preview', tag: 'releases', needs: 'registry', tenancy: 'none',
    summary: 'What a composed release would change', description: 'Takes what POST /releases takes and refuses what it refuses. A dry run.',
    body: composeBody, status: 200, response: releasePreviewSchema,
    problems: { 404: 'No such release or component version.', 409: 'A component is recalled, or its tensors do not fit the model.' },
    example: { body: { base: RELEASE, routing: { topK: 1 } } },
  },
  getReleaseDiff: {
    operationId: 'getReleaseDiff', method: 'get', path: '/releases/{releaseId}/diff', tag: 'releases', needs: 'read', tenancy: 'shared',
    summary: 'What a release changes against another', params: releaseParams, query: releaseDiffQuery, status: 200, response: releaseDiffSchema,
    text: 'The same for people.',
    problems: { 404: 'No such release, or nothing to compare it with.' },
    example: { params: { releaseId: RELEASE }, query: { against: OTHER } },
  },
  getReleaseUses: {
    operationId: 'getReleaseUses', method: 'get', path: '/releases/{releaseId}/uses', tag: 'releases', needs: 'read', tenancy: 'none',
    summary: 'Where a release served and serves, and what refers to it', description: 'Periods in which it was stable, canary or shadow; its rollouts; change requests with their evidence; recalled components.',
    params: releaseParams, status: 200, response: releaseUsesSchema, problems: { 404: 'No such release.' },
    example: { params: { releaseId: RELEASE } },
  },
  deleteRelease: {
    operationId: 'deleteRelease', method: 'delete', path: '/releases/{releaseId}', tag: 'releases', needs: 'registry', tenancy: 'none',
    summary: 'Delete a release that nothing refers to', description: 'One that has ever answered stays: its manifest explains the requests it served. Component versions stay as well.',
    params: releaseParams, status: 204, response: null, problems: { 404: 'No such release.', 409: 'Something refers to it; the problem says what.' },
    example: { params: { releaseId: RELEASE } },
  },
  listRouterReleases: {
    operationId: 'listRouterReleases', method: 'get', path: '/router-releases', tag: 'releases', needs: 'read', tenancy: 'shared',
    summary: 'Router sets: all routers of a model with its routing settings, newest first', query: releaseSetsQuery, status: 200, response: routerReleasesSchema,
  },
  listExpertReleases: {
    operationId: 'listExpertReleases', method: 'get', path: '/expert-releases', tag: 'releases', needs: 'read', tenancy: 'shared',
    summary: 'Expert sets: all experts of a model, newest first', query: releaseSetsQuery, status: 200, response: expertReleasesSchema,
  },
  listCompatibility: {
    operationId: 'listCompatibility', method: 'get', path: '/compatibility', tag: 'releases', needs: 'read', tenancy: 'shared',
    summary: 'What is known of router sets with expert sets, newest first', query: compatibilityQuery, status: 200, response: compatibilityRecordsSchema,
  },
  createCompatibility: {
    operationId: 'createCompatibility', method: 'post', path: '/compatibility', tag: 'releases', needs: 'propose', tenancy: 'none',
    summary: 'Record whether a router set may serve with an expert set', description: 'Records are only added; the newest of a pair decides.',
    body: compatibilityBody, status: 201, response: compatibilityRecordSchema, problems: { 404: 'No release of the model holds this router set or expert set.' },
    example: { body: { model: 'tiny-mixtral', routerSet: RELEASE, expertSet: OTHER, verdict: 'evaluated', evidence: 'Held-out perplexity 8.41 against 8.43, report 2026-114.' } },
  },
} as const satisfies Record<string, Route>;

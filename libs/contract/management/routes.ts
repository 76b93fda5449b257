import { accessRoutes } from './access-routes.ts';
import { activationRoutes } from './activation-routes.ts';
import { alertRoutes } from './alert-routes.ts';
import { auditRoutes } from './audit-routes.ts';
import { dataRulesRoutes } from './data-rules-routes.ts';
import { derivationRoutes } from './derivation-routes.ts';
import { detectionRoutes } from './detection-routes.ts';
import { evaluationRoutes } from './evaluation-routes.ts';
import { feedbackRoutes } from './feedback-routes.ts';
import { houseRoutes } from './house-routes.ts';
import { importBody, importParams, importSchema, importsQuery, importsSchema } from './imports.ts';
import {
  manifestSchema,
  releaseParams,
  releasesQuery,
  releasesSchema,
} from './releases.ts';
import { answerCheckRoutes } from './answer-check-routes.ts';
import { overviewRoutes } from './overview-routes.ts';
import { protectionRoutes } from './protection-routes.ts';
import { quarantineRoutes } from './quarantine-routes.ts';
import { receiverRoutes } from './receiver-routes.ts';
import { registryRoutes } from './registry-routes.ts';
import { releaseRoutes } from './release-routes.ts';
import { rolloutRoutes } from './rollout-routes.ts';
import { changeQueueRoutes } from './change-queue-routes.ts';
import { changeRoutes } from './change-routes.ts';
import { comparisonRoutes } from './comparison-routes.ts';
import { recallRoutes } from './recall-routes.ts';
import { type Route } from './route.ts';
import { signatureRoutes } from './signature-routes.ts';
import { planRoutes } from './plan-routes.ts';
import { privateUsageRoutes } from './private-usage-routes.ts';
import { traceRoutes } from './trace-routes.ts';
import {
  balanceQuery,
  balanceSchema,
  coActivationQuery,
  coActivationSchema,
  expertsQuery,
  expertsSchema,
  informationQuery,
  informationSchema,
  timelineQuery,
  timelineSchema,
  usageQuery,
  usageSchema,
} from './usage.ts';

const NO_MODEL = { 404: 'No such model or release.', 409: 'The releases of the model differ in shape: choose one by `release`.' };

const EXAMPLE_RELEASE = '5f'.repeat(32);
const IMPORT_EXAMPLE = { params: { importId: '0197280f-6000-7000-8000-000000000001' } };

/** Every operation under /api/v1. Controllers, OpenAPI and the CLI's client all come from this table. */
export const ROUTES = {
  getUsage: {
    operationId: 'getUsage', method: 'get', path: '/usage', tag: 'routing', needs: 'read', tenancy: 'own',
    summary: 'Usage matrix: layer x expert',
    description: 'Tokens, shares and gate mass of each expert in each layer. A group with fewer requests than the limit is withheld. That is a floor, not a proof against whoever combines many cuts.',
    query: usageQuery, status: 200, response: usageSchema, problems: NO_MODEL,
    example: { query: { groupBy: 'task' } },
  },
  getBalance: {
    operationId: 'getBalance', method: 'get', path: '/balance', tag: 'routing', needs: 'read', tenancy: 'own',
    summary: 'Entropy and balance of each layer, with intervals',
    query: balanceQuery, status: 200, response: balanceSchema, problems: NO_MODEL,
    example: { query: { task: 'bible' } },
  },
  getCoActivation: {
    operationId: 'getCoActivation', method: 'get', path: '/co-activation', tag: 'routing', needs: 'read', tenancy: 'own',
    summary: 'Which experts are selected together in a layer',
    query: coActivationQuery, status: 200, response: coActivationSchema, problems: NO_MODEL,
    example: { query: { layer: '3' } },
  },
  getInformation: {
    operationId: 'getInformation', method: 'get', path: '/information', tag: 'routing', needs: 'read', tenancy: 'own',
    summary: 'Mutual information of segment and expert, by layer',
    query: informationQuery, status: 200, response: informationSchema, problems: NO_MODEL,
    example: { query: { by: 'task' } },
  },
  getTimeline: {
    operationId: 'getTimeline', method: 'get', path: '/timeline', tag: 'routing', needs: 'read', tenancy: 'own',
    summary: 'Usage over time, by minute or hour',
    query: timelineQuery, status: 200, response: timelineSchema, problems: NO_MODEL,
    example: { query: { step: 'minute' } },
  },
  getExperts: {
    operationId: 'getExperts', method: 'get', path: '/experts', tag: 'routing', needs: 'read', tenancy: 'none',
    summary: 'Latency, tokens and size of each expert of a release',
    description: 'Of the given release, or else of the one that answers for the model. A run is one call of an expert in one step of the engine, with all tokens that chose it in that step; its latency grows with them. Figures of runs are not withheld: they hold no request.',
    query: expertsQuery, status: 200, response: expertsSchema, problems: NO_MODEL,
    example: { query: { layer: '0' } },
  },
  createImport: {
    operationId: 'createImport', method: 'post', path: '/imports', tag: 'imports', needs: 'registry', tenancy: 'none',
    summary: 'Import a checkpoint folder as a release',
    description: 'Answers at once; imports run one at a time. Poll the import for its progress.',
    body: importBody, status: 202, response: importSchema, problems: { 429: 'Too many imports are waiting.' },
    example: { body: { directory: '/models/Mixtral-8x7B', model: 'mixtral', activate: true } },
  },
  listImports: {
    operationId: 'listImports', method: 'get', path: '/imports', tag: 'imports', needs: 'registry', tenancy: 'none',
    summary: 'Imports, newest first', query: importsQuery, status: 200, response: importsSchema,
  },
  getImport: {
    operationId: 'getImport', method: 'get', path: '/imports/{importId}', tag: 'imports', needs: 'registry', tenancy: 'none',
    summary: 'One import and its progress', params: importParams, status: 200, response: importSchema, problems: { 404: 'No such import.' },
    example: IMPORT_EXAMPLE,
  },
  cancelImport: {
    operationId: 'cancelImport', method: 'delete', path: '/imports/{importId}', tag: 'imports', needs: 'registry', tenancy: 'none',
    summary: 'Cancel an import that has not ended', params: importParams, status: 202, response: importSchema,
    problems: { 404: 'No such import.', 409: 'It has already ended.' },
    example: IMPORT_EXAMPLE,
  },
  listReleases: {
    operationId: 'listReleases', method: 'get', path: '/releases', tag: 'releases', needs: 'read', tenancy: 'shared',
    summary: 'Releases, newest first', query: releasesQuery, status: 200, response: releasesSchema,
  },
  getRelease: {
    operationId: 'getRelease', method: 'get', path: '/releases/{releaseId}', tag: 'releases', needs: 'read', tenancy: 'shared',
    summary: 'The manifest of a release', params: releaseParams, status: 200, response: manifestSchema, problems: { 404: 'No such release.' },
    example: { params: { releaseId: EXAMPLE_RELEASE } },
  },
  ...comparisonRoutes,
  ...traceRoutes,
  ...privateUsageRoutes,
  ...planRoutes,
  ...activationRoutes,
  ...quarantineRoutes,
  ...protectionRoutes,
  ...recallRoutes,
  ...rolloutRoutes,
  ...feedbackRoutes,
  ...changeQueueRoutes,
  ...changeRoutes,
  ...evaluationRoutes,
  ...accessRoutes,
  ...houseRoutes,
  ...auditRoutes,
  ...dataRulesRoutes,
  ...registryRoutes,
  ...releaseRoutes,
  ...derivationRoutes,
  ...signatureRoutes,
  ...detectionRoutes,
  ...alertRoutes,
  ...receiverRoutes,
  ...overviewRoutes,
  ...answerCheckRoutes,
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof ROUTES;

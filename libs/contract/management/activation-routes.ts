import {
  activateBody,
  activationHeaders,
  activationSchema,
  canaryBody,
  desiredSchema,
  historyQuery,
  historySchema,
  modelParams,
  modelsQuery,
  modelsSchema,
  processesQuery,
  processesSchema,
  reasonBody,
  rollbackBody,
  shadowBody,
  shareBody,
  wayBackHeaders,
} from './activation.ts';
import { type Route } from './route.ts';

const FORWARD = {
  404: 'No such model or release.',
  409: 'It cannot be done in the present state; the code says why.',
  412: 'Someone else changed it since; the detail says who did what.',
  428: 'If-Match is missing.',
};
const BACK = { 404: 'No such model.', 409: 'It cannot be done in the present state; the code says why.', 412: 'Someone else changed it since; the detail says who did what.' };
const EXAMPLE_RELEASE = '5f'.repeat(32);
const EXAMPLE = { params: { model: 'tiny-mixtral' }, headers: { 'if-match': '"1"' } };
const shared = { tag: 'models', tenancy: 'shared' } as const;
const forward = { tag: 'models', tenancy: 'none', needs: 'operate', params: modelParams, headers: activationHeaders, status: 200, response: desiredSchema, problems: FORWARD } as const;
const back = { tag: 'models', tenancy: 'none', needs: 'operate', params: modelParams, headers: wayBackHeaders, status: 200, response: desiredSchema, problems: BACK } as const;

/** What answers for each model, how that is changed, and what the inference processes make of it. */
export const activationRoutes = {
  listModels: {
    ...shared, operationId: 'listModels', method: 'get', path: '/models', needs: 'read',
    summary: 'Served models and what shall answer for each', query: modelsQuery, status: 200, response: modelsSchema,
  },
  getActivation: {
    ...shared, operationId: 'getActivation', method: 'get', path: '/models/{model}/activation', needs: 'read',
    summary: 'What shall answer for a model, and what does', description: 'The ETag is the generation. A / in the name is written %2F.',
    params: modelParams, status: 200, response: activationSchema, problems: { 404: 'No such model.' },
    example: { params: { model: 'tiny-mixtral' } },
  },
  getActivationHistory: {
    ...shared, tenancy: 'none', operationId: 'getActivationHistory', method: 'get', path: '/models/{model}/activation/history', needs: 'read',
    summary: 'What was activated when, and by whom, newest first',
    description: 'With `at` and a limit of 1: what was activated at that time. The history begins when this version was installed.',
    params: modelParams, query: historyQuery, status: 200, response: historySchema,
    example: { params: { model: 'tiny-mixtral' }, query: { at: '2026-11-01T12:00:00Z', limit: '1' } },
  },
  putActivation: {
    ...forward, operationId: 'putActivation', method: 'put', path: '/models/{model}/activation',
    summary: 'Choose the release that answers for a model', description: 'Written with its audit entry in one transaction. Requests under way end on the release they began with. Refused while a canary runs.',
    body: activateBody, example: { ...EXAMPLE, body: { release: EXAMPLE_RELEASE } },
  },
  startCanary: {
    ...forward, operationId: 'startCanary', method: 'post', path: '/models/{model}/canary',
    summary: 'Let a release answer a share of the requests',
    description: 'Sticky: whoever is on the canary stays there as the share grows. Can be limited to a segment, or to requests whose prompt the stable release routes to given experts.',
    body: canaryBody, example: { ...EXAMPLE, body: { release: EXAMPLE_RELEASE, share: 0.05, stickyBy: 'key' } },
  },
  setCanaryShare: {
    ...forward, operationId: 'setCanaryShare', method: 'put', path: '/models/{model}/canary/share',
    summary: 'Change the share of the canary', body: shareBody, example: { ...EXAMPLE, body: { share: 0.25 } },
  },
  promoteCanary: {
    ...forward, operationId: 'promoteCanary', method: 'post', path: '/models/{model}/promote',
    summary: 'Make the canary the stable release', description: 'The stable release becomes the previous one and stays in memory.',
    body: reasonBody, example: { ...EXAMPLE, body: { reason: 'a day without findings' } },
  },
  abortCanary: {
    ...back, operationId: 'abortCanary', method: 'post', path: '/models/{model}/abort',
    summary: 'End the canary', description: 'Needs no If-Match, and no approval.',
    body: reasonBody, example: { params: EXAMPLE.params, body: {} },
  },
  rollbackActivation: {
    ...back, operationId: 'rollbackActivation', method: 'post', path: '/models/{model}/rollback',
    summary: 'Go back to the release before, or to its routers or experts alone',
    description: 'Ends a canary too. Needs no If-Match, and no approval. Sent twice, it goes back once: the second is refused. With `part`, a release is composed of the present one and that part of the one before; refused where no compatibility record allows them together.',
    body: rollbackBody, example: { params: EXAMPLE.params, body: { reason: 'answers in the wrong language' } },
  },
  startShadow: {
    ...forward, operationId: 'startShadow', method: 'post', path: '/models/{model}/shadow',
    summary: 'Run a release unseen beside the stable one', description: 'For a sample of answered requests, stable and shadow score the same tokens when the engine has nothing else to do; routing and probabilities are compared. Changes the share where this release is the shadow already.',
    body: shadowBody, example: { ...EXAMPLE, body: { release: EXAMPLE_RELEASE, share: 0.1 } },
  },
  stopShadow: {
    ...back, operationId: 'stopShadow', method: 'post', path: '/models/{model}/shadow/stop',
    summary: 'End the shadow', description: 'Needs no If-Match, and no approval.',
    body: reasonBody, example: { params: EXAMPLE.params, body: {} },
  },
  listProcesses: {
    ...shared, operationId: 'listProcesses', method: 'get', path: '/processes', needs: 'read',
    summary: 'Inference processes and what each serves', description: 'A process that was not heard of for a while is shown as unreachable, and after an hour no more.',
    query: processesQuery, status: 200, response: processesSchema,
  },
} as const satisfies Record<string, Route>;

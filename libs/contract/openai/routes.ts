import { z } from 'zod';
import { type Api, type Operation } from '../api/operation.ts';
import { chatRequest } from './chat-request.ts';
import { completionRequest } from './completion-request.ts';
import { openAiErrorBody } from './error.ts';
import { OPENAI_LIMITS } from './limits.ts';
import { chatResponse, completionResponse, modelCard, modelList } from './response.ts';

/** Header by which a request names its release. */
export const PIN_HEADER = 'x-signalbox-pin-release';

const generationHeaders = z.object({
  [PIN_HEADER]: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'give a release id, 64 hexadecimal digits')
    .optional()
    .describe('Runs the request on this release, which must be loaded (stable, canary, shadow or the previous one), instead of the one it would be assigned. Needs one of the permissions operate, propose, registry. Such a request is recorded with its release, and counts in no roll-up, rollout or detector.'),
});
const PIN_PROBLEMS = { 409: 'The release that `x-signalbox-pin-release` names is not loaded: start it as shadow or canary first.' };

const UNKNOWN_MODEL = { 404: 'The model is not served here.' };
const GENERATION_PROBLEMS = {
  ...UNKNOWN_MODEL,
  ...PIN_PROBLEMS,
  413: 'The body is too large.',
  415: 'The body is not JSON.',
  429: 'Too many requests are waiting, or the caller sent too many in a minute; Retry-After says when to ask again.',
};
const STREAM = 'With `stream`: events `data: {...}`, each the next part of the choices, then `data: [DONE]`.';

/** Every operation under /v1. */
export const OPENAI_ROUTES = {
  createCompletion: {
    operationId: 'createCompletion', method: 'post', path: '/completions', tag: 'inference', needs: 'inference', tenancy: 'own',
    summary: 'Continue a text',
    description: 'The answer carries the headers `x-request-id`, by which its trace is found, and `x-signalbox-release`; `x-signalbox-degraded` says where it went another way than usual (quarantine, unavailable, generalist, dense). `metadata` with `tenant`, `task` and `language` sets the segment that the request counts for.',
    headers: generationHeaders, body: completionRequest, status: 200, response: completionResponse, stream: STREAM, problems: GENERATION_PROBLEMS,
    example: { body: { model: 'tiny-mixtral', prompt: 'And it came to pass', max_tokens: 32, metadata: { task: 'bible', language: 'en' } } },
  },
  createChatCompletion: {
    operationId: 'createChatCompletion', method: 'post', path: '/chat/completions', tag: 'inference', needs: 'inference', tenancy: 'own',
    summary: 'Answer a conversation',
    description: 'The model needs a chat template. Headers and `metadata` as with completions.',
    headers: generationHeaders, body: chatRequest, status: 200, response: chatResponse, stream: STREAM, problems: GENERATION_PROBLEMS,
    example: { body: { model: 'tiny-mixtral', messages: [{ role: 'user', content: 'Tell me of the sea.' }], max_tokens: 32 } },
  },
  listServedModels: {
    operationId: 'listServedModels', method: 'get', path: '/models', tag: 'inference', needs: 'inference', tenancy: 'shared',
    summary: 'Models that answer', status: 200, response: modelList,
  },
  getServedModel: {
    operationId: 'getServedModel', method: 'get', path: '/models/{model}', tag: 'inference', needs: 'inference', tenancy: 'shared',
    summary: 'One model that answers', description: 'A / in the name may be written as it is.',
    params: z.object({ model: z.string().min(1).max(OPENAI_LIMITS.modelNameCharacters) }), status: 200, response: modelCard, problems: UNKNOWN_MODEL,
    example: { params: { model: 'tiny-mixtral' } },
  },
} as const satisfies Record<string, Operation>;

/** The inference API, answered by the inference role. */
export const INFERENCE_API: Api = {
  prefix: '/v1',
  operations: Object.values(OPENAI_ROUTES),
  tags: [{ name: 'inference', description: "Asks a model. Requests, answers and errors have OpenAI's shapes, so any OpenAI client works with the base URL of this server and `/v1`." }],
  error: { schema: openAiErrorBody, mediaType: 'application/json' },
  isManagement: false,
  problems: {
    400: '`error.param` names the field that is wrong, `error.message` the remedy.',
    401: 'No valid key, nor a session.',
    403: 'The caller may not do this, or another site may have sent it: a session needs the header x-csrf-token.',
    503: 'The server is stopping, the engine restarts or the key cannot be checked; Retry-After says when to ask again.',
  },
};

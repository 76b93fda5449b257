import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type z } from 'zod';
import { validationFailure, type OpenAiFailure } from '#libs/contract/openai/error';
import { type ModelList } from '#libs/contract/openai/response';
import { INFERENCE_API, OPENAI_ROUTES } from '#libs/contract/openai/routes';
import { type Authentication } from '#libs/platform/auth/authenticate';
import { type RuleLabels } from '#libs/governance/data-rules/rule-set';
import { admitChat, admitCompletion } from '../admit/admit-request.ts';
import { type Admission, type AdmissionFacts, type AdmissionLimits } from '../admit/admitted.ts';
import { newRequestId } from '../admit/request-id.ts';
import { labelsOf } from '../admit/request-labels.ts';
import { type Answering } from '../answer/answering.ts';
import { type ReleasePin, type ServedRelease } from '../models/served-release.ts';
import { type Ruling } from '../rules/request-rules.ts';
import { describeAdmitted, requestContext } from '../spans/request-spans.ts';
import { answerContext, beginExchange, exchangeOf, sendFailure, sendJson, type Exchange } from './exchange.ts';
import { authFailure, failureOfHttpError, modelNotFound, routeNotFound, STOPPING } from './http-failure.ts';
import { type InferenceLimits } from './http-limits.ts';

/** Of the rule set's digest, in the header that says that it masked experts. */
const RULES_HEADER_DIGITS = 16;

export interface Models {
  pin(model: string): ReleasePin | null;
  cards(): ModelList['data'];
}

export type Authenticator = (header: string | undefined, nowMs: number) => Promise<Authentication>;

/** What /v1 needs of the rest of the app. */
export interface V1Ports {
  readonly authenticate: Authenticator;
  readonly models: Models;
  /** Which experts a request may use. */
  readonly rules: { rule(release: ServedRelease, labels: RuleLabels): Ruling };
  readonly answering: Pick<Answering, 'answer'>;
  readonly limits: InferenceLimits & AdmissionLimits;
  readonly nowMs: () => number;
  readonly random: (bytes: number) => Uint8Array;
  readonly stopping: () => boolean;
  readonly tellError: (requestId: string, error: unknown) => void;
}

/**
 * Registers /v1 as a Fastify scope of its own. Not Nest controllers: the body parser, the error
 * bodies and the 404 are OpenAI's here and others under /api, and streams bypass Nest anyway.
 */
export function registerV1(fastify: FastifyInstance, ports: V1Ports): void {
  void fastify.register(
    async (scope) => {
      const { createCompletion, createChatCompletion } = OPENAI_ROUTES;
      hooks(scope, ports);
      errors(scope, ports);
      scope.get(OPENAI_ROUTES.listServedModels.path, (_request, reply) => sendJson(reply, JSON.stringify({ object: 'list', data: ports.models.cards() })));
      // A wildcard: model names may hold slashes.
      scope.get('/models/*', (request, reply) => {
        const name = (request.params as Record<string, string>)['*'] ?? '';
        const card = ports.models.cards().find((model) => model.id === name);
        return card ? sendJson(reply, JSON.stringify(card)) : sendFailure(reply, modelNotFound(name));
      });
      scope.post(createCompletion.path, (request, reply) => generate(request, reply, createCompletion.body, admitCompletion, ports));
      scope.post(createChatCompletion.path, (request, reply) => generate(request, reply, createChatCompletion.body, admitChat, ports));
    },
    { prefix: INFERENCE_API.prefix },
  );
}

function hooks(scope: FastifyInstance, ports: V1Ports): void {
  scope.addHook('onRequest', async (request, reply) => {
    const atMs = ports.nowMs();
    const requestId = newRequestId(atMs, ports.random(10));
    const traceparent = request.headers['traceparent'];
    const spanContext = requestContext(typeof traceparent === 'string' ? traceparent : undefined);
    // Told of errors before its caller is known.
    beginExchange(request, { requestId, atMs, spanContext, principal: null });
    void reply.header('x-request-id', requestId);
    // Before the body is read: a caller without a key costs no more than its head.
    const authentication = await ports.authenticate(request.headers.authorization, atMs);
    const failure = authFailure(authentication) ?? (ports.stopping() ? STOPPING : null);
    if (failure) return sendFailure(reply, failure);
    if (authentication.ok) beginExchange(request, { requestId, atMs, spanContext, principal: authentication.principal });
  });
}

function errors(scope: FastifyInstance, ports: V1Ports): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('application/json', { parseAs: 'string', bodyLimit: ports.limits.bodyBytes }, (_request, text, done) => {
    try {
      done(null, JSON.parse(text as string));
    } catch (error) {
      done(error as Error);
    }
  });
  scope.setErrorHandler((error, request, reply) => {
    const requestId = exchangeOf(request)?.requestId ?? '';
    const failure = failureOfHttpError(error, ports.limits.bodyBytes, requestId);
    if (failure.status >= 500) ports.tellError(requestId, error);
    return sendFailure(reply, failure);
  });
  scope.setNotFoundHandler((request, reply) => sendFailure(reply, routeNotFound(request.method, request.url.split('?', 1)[0] ?? '')));
}

async function generate<Body extends { model: string; metadata?: Record<string, string> | null | undefined }>(
  request: FastifyRequest,
  reply: FastifyReply,
  schema: z.ZodType<Body>,
  admit: (body: Body, facts: AdmissionFacts) => Admission,
  ports: V1Ports,
): Promise<FastifyReply | undefined> {
  const exchange = exchangeOf(request);
  if (!exchange?.principal) throw new Error('the request has no caller');
  const parsed = schema.safeParse(request.body);
  if (!parsed.success) return sendFailure(reply, validationFailure(parsed.error, request.body));
  const labelled = labelsOf(parsed.data.metadata, exchange.principal);
  if ('refused' in labelled) return sendFailure(reply, labelled.refused);
  const pin = ports.models.pin(parsed.data.model);
  if (!pin) return sendFailure(reply, modelNotFound(parsed.data.model));
  try {
    void reply.header('x-signalbox-release', pin.release.releaseId);
    const seed = new DataView(Uint8Array.from(ports.random(4)).buffer).getUint32(0);
    const ruling = ports.rules.rule(pin.release, labelled.labels);
    if ('failure' in ruling) return sendFailure(reply, ruling.failure);
    if (ruling.mask && ruling.applied) void reply.header('x-signalbox-rules', ruling.applied.digest.slice(0, RULES_HEADER_DIGITS));
    const { principal, requestId } = exchange;
    const admission = admit(parsed.data, { requestId, principal, labels: labelled.labels, ruling, release: pin.release, limits: ports.limits, seed });
    if ('refused' in admission) return sendFailure(reply, admission.refused);
    describeAdmitted(exchange.spanContext, admission.admitted);
    const failure = await answer(reply, exchange, admission.admitted, ports);
    return failure ? sendFailure(reply, failure) : reply;
  } finally {
    pin.unpin();
  }
}

async function answer(reply: FastifyReply, exchange: Exchange, admitted: Parameters<Answering['answer']>[0], ports: V1Ports): Promise<OpenAiFailure | null> {
  const context = answerContext(reply, exchange, ports.limits.answerTimeoutMs, ports.limits.streamStallMs);
  try {
    const result = await ports.answering.answer(admitted, context);
    if (result.type === 'failed') return result.failure;
    if (result.type === 'whole') void sendJson(reply, result.json);
    return null;
  } finally {
    context.done();
  }
}

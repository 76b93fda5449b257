import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type z } from 'zod';
import { validationFailure, type OpenAiFailure } from '#libs/contract/openai/error';
import { type ModelList } from '#libs/contract/openai/response';
import { INFERENCE_API, OPENAI_ROUTES, PIN_HEADER } from '#libs/contract/openai/routes';
import { decidePin } from '#libs/governance/activation/decide-pin';
import { rateHeaders } from '#libs/platform/limits/rate-limiter';
import { type RuleLabels } from '#libs/governance/data-rules/rule-set';
import { admitChat, admitCompletion } from '../admit/admit-request.ts';
import { type Admission, type AdmissionFacts, type AdmissionLimits, type AdmittedRequest } from '../admit/admitted.ts';
import { newRequestId } from '../admit/request-id.ts';
import { labelsOf } from '../admit/request-labels.ts';
import { type Answering } from '../answer/answering.ts';
import { type Assigned, assign, type SliceLook } from '../assign/assign.ts';
import { namedRelease, pinFailure } from '../assign/pin-release.ts';
import { type SliceProbe } from '../assign/slice-probe.ts';
import { type ModelPin, type ReleasePin, type ServedRelease } from '../models/served-release.ts';
import { type Ruling } from '../rules/request-rules.ts';
import { describeAdmitted, requestContext } from '../spans/request-spans.ts';
import { type Authenticator } from './caller-authenticator.ts';
import { answerContext, beginExchange, exchangeOf, sendFailure, sendJson } from './exchange.ts';
import { authFailure, failureOfHttpError, modelNotFound, routeNotFound, STOPPING } from './http-failure.ts';
import { type InferenceLimits } from './http-limits.ts';
import { type RequestLimit, tooManyRequests } from './request-limit.ts';

/** Of the rule set's digest, in the header that says that it masked experts. */
const RULES_HEADER_DIGITS = 16;

export interface Models {
  pin(model: string): ModelPin | null;
  isLoaded(model: string, releaseId: string): boolean;
  pinRelease(model: string, releaseId: string): ReleasePin | null;
  cards(): ModelList['data'];
}

/** What /v1 needs of the rest of the app. */
export interface V1Ports {
  readonly authenticate: Authenticator;
  /** How often callers may come; left out: as they like. */
  readonly limit?: RequestLimit;
  readonly models: Models;
  /** Which experts a request may use. */
  readonly rules: { rule(release: ServedRelease, labels: RuleLabels): Ruling; countRefused(releaseId: string): void };
  readonly answering: Pick<Answering, 'answer'>;
  /** Where the stable release routes a prompt. */
  readonly probe: Pick<SliceProbe, 'share'>;
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
    const authentication = await ports.authenticate(request, atMs);
    const failure = authFailure(authentication) ?? (ports.stopping() ? STOPPING : null);
    if (failure) return sendFailure(reply, failure);
    if (!authentication.ok) return;
    const rate = (await ports.limit?.(authentication)) ?? null;
    if (rate) void reply.headers(rateHeaders(rate));
    if (rate && !rate.isAllowed) return sendFailure(reply, tooManyRequests(rate));
    beginExchange(request, { requestId, atMs, spanContext, principal: authentication.principal });
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

interface GenerateBody {
  model: string;
  user?: string | null | undefined;
  metadata?: Record<string, string> | null | undefined;
}

/** A request on one release: admitted under its data rules, or refused. */
type Prepared = { readonly admitted: AdmittedRequest; readonly rulesDigest: string | null } | { readonly refused: OpenAiFailure; readonly byRulesOf?: string };

async function generate<Body extends GenerateBody>(
  request: FastifyRequest,
  reply: FastifyReply,
  schema: z.ZodType<Body>,
  admit: (body: Body, facts: AdmissionFacts) => Admission,
  ports: V1Ports,
): Promise<FastifyReply | undefined> {
  const exchange = exchangeOf(request);
  if (!exchange?.principal) throw new Error('the request has no caller');
  const { principal, requestId } = exchange;
  const parsed = schema.safeParse(request.body);
  if (!parsed.success) return sendFailure(reply, validationFailure(parsed.error, request.body));
  const labelled = labelsOf(parsed.data.metadata, principal);
  if ('refused' in labelled) return sendFailure(reply, labelled.refused);
  const { labels } = labelled;
  const { model } = parsed.data;
  const pin = ports.models.pin(model);
  if (!pin) return sendFailure(reply, modelNotFound(model));
  const context = answerContext(reply, exchange, ports.limits.answerTimeoutMs, ports.limits.streamStallMs);
  let own: ReleasePin | null = null;
  try {
    const decided = decidePin({ releaseId: namedRelease(request.headers[PIN_HEADER]), permissions: principal.permissions, isLoaded: (releaseId) => ports.models.isLoaded(model, releaseId) });
    if (decided.decision === 'refuse') return sendFailure(reply, pinFailure(decided.reason, model));
    if (decided.decision === 'pin') own = ports.models.pinRelease(model, decided.releaseId);
    const seed = new DataView(Uint8Array.from(ports.random(4)).buffer).getUint32(0);
    const prepare = (release: ServedRelease): Prepared => {
      const ruling = ports.rules.rule(release, labels);
      if ('failure' in ruling) return { refused: ruling.failure, ...(ruling.reason === 'no-expert-left' ? { byRulesOf: release.releaseId } : {}) };
      const admission = admit(parsed.data, { requestId, principal, labels, ruling, release, isPinned: own !== null, limits: ports.limits, seed });
      return 'refused' in admission ? admission : { ...admission, rulesDigest: ruling.mask && ruling.applied ? ruling.applied.digest : null };
    };
    const look: SliceLook<Prepared> = {
      admittedOf: (prepared) => ('admitted' in prepared ? prepared.admitted : null),
      shareOf: (admitted, slice) => ports.probe.share(admitted, slice, context.signal),
    };
    const session = labels.session || parsed.data.user || null;
    const assigned: Answerer = own ? { role: 'pinned', release: own.release, prepared: prepare(own.release) } : await assign(pin, { requestId, key: principal.accountId, session, labels }, prepare, look);
    tellAssigned(reply, assigned);
    // What does not answer need not wait for this request's end.
    if (assigned.role !== 'stable') pin.stable.unpin();
    if (assigned.role !== 'canary') pin.canary?.pin.unpin();
    const { prepared } = assigned;
    if ('refused' in prepared) {
      if (prepared.byRulesOf !== undefined && !own) ports.rules.countRefused(prepared.byRulesOf);
      return sendFailure(reply, prepared.refused);
    }
    describeAdmitted(exchange.spanContext, prepared.admitted);
    const result = await ports.answering.answer(prepared.admitted, context);
    if (result.type === 'failed') return sendFailure(reply, result.failure);
    if (result.type === 'whole') void sendJson(reply, result.json);
    return reply;
  } finally {
    context.done();
    own?.unpin();
    pin.stable.unpin();
    pin.canary?.pin.unpin();
  }
}

/** Which release answers: the one that was assigned, or the one that the request named. */
type Answerer = Pick<Assigned<Prepared>, 'release' | 'prepared'> & { readonly role: Assigned<Prepared>['role'] | 'pinned' };

function tellAssigned(reply: FastifyReply, { role, release, prepared }: Answerer): void {
  void reply.header('x-signalbox-release', release.releaseId);
  void reply.header('x-signalbox-role', role);
  if ('admitted' in prepared && prepared.rulesDigest !== null) void reply.header('x-signalbox-rules', prepared.rulesDigest.slice(0, RULES_HEADER_DIGITS));
}

import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type z } from 'zod';
import { validationFailure, type OpenAiFailure } from '#libs/contract/openai/error';
import { type ModelList } from '#libs/contract/openai/response';
import { INFERENCE_API, OPENAI_ROUTES, PIN_HEADER } from '#libs/contract/openai/routes';
import { decidePin } from '#libs/governance/activation/decide-pin';
import { dependenceOnOthers } from '#libs/release/routing-dependence';
import { openAiRateHeaders, rateHeaders } from '#libs/platform/limits/rate-limiter';
import { type TokenLimiter } from '#libs/platform/limits/token-limiter';
import { type RuleLabels } from '#libs/governance/data-rules/rule-set';
import { admitChat, admitCompletion } from '../admit/admit-request.ts';
import { type Admission, type AdmissionFacts, type AdmissionLimits, type AdmittedRequest, type DegradedWay } from '../admit/admitted.ts';
import { newRequestId } from '../admit/request-id.ts';
import { labelsOf } from '../admit/request-labels.ts';
import { type Answer, type Answering } from '../answer/answering.ts';
import { type Assigned, assign, type SliceLook } from '../assign/assign.ts';
import { namedRelease, pinFailure } from '../assign/pin-release.ts';
import { type SliceProbe } from '../assign/slice-probe.ts';
import { type DegradedRung, type RequestPaths } from '../degrade/request-paths.ts';
import { type ModelPin, type ReleasePin, type ServedRelease } from '../models/served-release.ts';
import { type Ruling } from '../rules/request-rules.ts';
import { describeAdmitted, requestContext } from '../spans/request-spans.ts';
import { type Authenticator } from './caller-authenticator.ts';
import { answerContext, beginExchange, exchangeOf, sendFailure, sendJson } from './exchange.ts';
import { authFailure, failureOfHttpError, modelNotFound, routeNotFound, STOPPING } from './http-failure.ts';
import { type InferenceLimits } from './http-limits.ts';
import { type Desk, decideEarly, refusedAtHead } from './early-refusal.ts';
import { type RequestLimit, tooManyRequests } from './request-limit.ts';
import { answerWithin } from './token-budget.ts';

/** Of the rule set's digest, in the header that says that it masked experts. */
const RULES_HEADER_DIGITS = 16;
/** Says that a request, or decisions of it, may go another way than usual. */
const DEGRADED_HEADER = 'x-signalbox-degraded';
/** Says that requests of others may change the answer: what shares the batch, or traffic of late. */
const DEPENDS_HEADER = 'x-signalbox-depends-on';

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
  /** How many tokens callers may use; left out or null: as they like. */
  readonly tokens?: TokenLimiter | null;
  /** Left out: the engine is asked when a request is ready. */
  readonly desk?: Desk;
  readonly models: Models;
  /** Which experts a request may use. */
  readonly rules: { rule(release: ServedRelease, labels: RuleLabels): Ruling; countRefused(releaseId: string): void };
  readonly answering: Pick<Answering, 'answer'>;
  /** Which way a request goes where experts are short or its labels are new. */
  readonly paths: Pick<RequestPaths, 'decide' | 'denseFor' | 'rungsOf'>;
  /** Reads what answers must keep to. */
  readonly schemas: AdmissionFacts['schemas'];
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
    if (rate) void reply.headers({ ...rateHeaders(rate), ...openAiRateHeaders('requests', rate) });
    if (rate && !rate.isAllowed) return sendFailure(reply, tooManyRequests(rate));
    const busy = refusedAtHead(ports.desk, request, authentication.principal);
    if (busy) return sendFailure(reply, busy);
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
  const early = decideEarly(ports.desk, request, labels, principal, ports.limits.answerTimeoutMs);
  if ('refused' in early) return sendFailure(reply, early.refused);
  const { sharer, deadlineMs } = early;
  const pin = ports.models.pin(model);
  if (!pin) return sendFailure(reply, modelNotFound(model));
  const context = answerContext(reply, exchange, ports.limits.answerTimeoutMs, ports.limits.streamStallMs);
  let own: ReleasePin | null = null;
  /** Besides `own` and `pin`. */
  const held: ReleasePin[] = [];
  try {
    const decided = decidePin({ releaseId: namedRelease(request.headers[PIN_HEADER]), permissions: principal.permissions, isLoaded: (releaseId) => ports.models.isLoaded(model, releaseId) });
    if (decided.decision === 'refuse') return sendFailure(reply, pinFailure(decided.reason, model));
    if (decided.decision === 'pin') own = ports.models.pinRelease(model, decided.releaseId);
    const seed = new DataView(Uint8Array.from(ports.random(4)).buffer).getUint32(0);
    const prepareAs = (release: ServedRelease, id: string, degraded: DegradedWay | null): Prepared => {
      const ruling = ports.rules.rule(release, labels);
      if ('failure' in ruling) return { refused: ruling.failure, ...(ruling.reason === 'no-expert-left' ? { byRulesOf: release.releaseId } : {}) };
      const admission = admit(parsed.data, { requestId: id, principal, labels, ruling, release, isPinned: own !== null, limits: ports.limits, seed, degraded, deadlineMs, schemas: ports.schemas });
      return 'refused' in admission ? admission : { ...admission, rulesDigest: ruling.mask && ruling.applied ? ruling.applied.digest : null };
    };
    const prepare = (release: ServedRelease): Prepared => prepareAs(release, requestId, ports.paths.decide(release, labels, own !== null).path === 'generalist' ? { path: 'generalist', insteadOf: null } : null);
    const look: SliceLook<Prepared> = {
      admittedOf: (prepared) => ('admitted' in prepared ? prepared.admitted : null),
      shareOf: (admitted, slice) => ports.probe.share(admitted, slice, context.signal),
    };
    const session = labels.session || parsed.data.user || null;
    const assigned: Answerer = own ? { role: 'pinned', release: own.release, prepared: prepare(own.release) } : await assign(pin, { requestId, key: principal.accountId, session, labels }, prepare, look);
    // What does not answer need not wait for this request's end.
    if (assigned.role !== 'stable') pin.stable.unpin();
    if (assigned.role !== 'canary') pin.canary?.pin.unpin();
    const answer = async (answerer: Answerer): Promise<Answer | Refusal> => {
      const { prepared } = answerer;
      tellAssigned(reply, answerer, ports.paths.rungsOf(answerer.release.releaseId));
      if ('refused' in prepared) {
        if (prepared.byRulesOf !== undefined && !own) ports.rules.countRefused(prepared.byRulesOf);
        return { type: 'refused', failure: prepared.refused };
      }
      describeAdmitted(exchange.spanContext, prepared.admitted);
      return answerWithin(ports, sharer, prepared.admitted, context, reply);
    };
    const onDense = (denseModel: string | null, id: string): Answerer | null => {
      const dense = denseModel === null ? null : ports.models.pin(denseModel);
      if (!dense) return null;
      dense.canary?.pin.unpin();
      held.push(dense.stable);
      return { role: 'dense', release: dense.stable.release, prepared: prepareAs(dense.stable.release, id, { path: 'dense', insteadOf: assigned.release }) };
    };
    const way = ports.paths.decide(assigned.release, labels, own !== null);
    const first = (way.path === 'dense' ? onDense(way.denseModel, requestId) : null) ?? assigned;
    let result = await answer(first);
    if (result.type === 'failed' && result.reason === 'experts-exhausted' && first === assigned) {
      // An id of its own: what was routed so far is recorded under the first.
      const id = newRequestId(exchange.atMs, ports.random(10));
      const second = onDense(ports.paths.denseFor(assigned.release, own !== null), id);
      if (second) {
        void reply.header('x-request-id', id);
        result = await answer(second);
      }
    }
    if (result.type === 'failed' || result.type === 'refused') return sendFailure(reply, result.failure);
    if (result.type === 'whole') void sendJson(reply, result.json);
    return reply;
  } finally {
    context.done();
    own?.unpin();
    for (const one of held) one.unpin();
    pin.stable.unpin();
    pin.canary?.pin.unpin();
  }
}

/** Which release answers: the one that was assigned, or the one that the request named. */
type Answerer = Pick<Assigned<Prepared>, 'release' | 'prepared'> & { readonly role: Assigned<Prepared>['role'] | 'pinned' | 'dense' };

interface Refusal {
  readonly type: 'refused';
  readonly failure: OpenAiFailure;
}

/** @param rungs why decisions of the release may differ from those of a healthy one */
function tellAssigned(reply: FastifyReply, { role, release, prepared }: Answerer, rungs: readonly DegradedRung[]): void {
  const degraded = 'admitted' in prepared && prepared.admitted.degraded ? [...rungs, prepared.admitted.degraded.path] : rungs;
  // Of an attempt before, which could not answer.
  for (const name of ['x-signalbox-rules', DEGRADED_HEADER, DEPENDS_HEADER]) void reply.removeHeader(name);
  void reply.header('x-signalbox-release', release.releaseId);
  void reply.header('x-signalbox-role', role);
  if ('admitted' in prepared && prepared.rulesDigest !== null) void reply.header('x-signalbox-rules', prepared.rulesDigest.slice(0, RULES_HEADER_DIGITS));
  if (degraded.length > 0) void reply.header(DEGRADED_HEADER, degraded.join(', '));
  const others = dependenceOnOthers(release.manifest.routing);
  if (others.length > 0) void reply.header(DEPENDS_HEADER, others.join(', '));
}

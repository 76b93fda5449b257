import { createHash, timingSafeEqual } from 'node:crypto';
import { type CallHandler, type ExecutionContext, Inject, Injectable, Logger, type NestInterceptor } from '@nestjs/common';
import { type FastifyReply } from 'fastify';
import { lastValueFrom, type Observable, of } from 'rxjs';
import { decideRepeat, type IdempotencyReason, isLasting } from '#libs/governance/access/idempotency';
import { type Route } from '#libs/contract/management/route';
import { ProblemError, type ProblemBody } from '#libs/platform/errors/problem-error';
import { type EarlierRequest, type IdempotencyKey, type IdempotencyKeys, type KeptAnswer, MAX_IDEMPOTENCY_KEYS } from '#libs/store/accounts/idempotency-keys';
import { CONTROL_SETTINGS, type ControlSettings } from '../settings.ts';
import { type GuardedRequest, ROUTE } from './guarded-request.ts';
import { toProblem } from './problem-filter.ts';

export const IDEMPOTENCY_KEYS = Symbol('IdempotencyKeys');
export type IdempotencyKeysPort = Pick<IdempotencyKeys, 'begin' | 'finish' | 'forget'>;

const HEADER = 'idempotency-key';
const KEY = /^[\x21-\x7e]{1,200}$/;
/** A request that runs for longer has lost its process. */
const RUN_MS = 5 * 60_000;
/** A longer answer is not kept; its request is still not run twice. */
const MAX_KEPT_CHARACTERS = 256 * 1024;
const KEPT_HEADERS = ['etag', 'location'] as const;

/** Runs a POST with an Idempotency-Key once, and answers its repetitions as the first one. */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  readonly #log = new Logger(IdempotencyInterceptor.name);

  constructor(
    @Inject(IDEMPOTENCY_KEYS) private readonly keys: IdempotencyKeysPort,
    @Inject(CONTROL_SETTINGS) private readonly settings: ControlSettings,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const http = context.switchToHttp();
    const request = http.getRequest<GuardedRequest>();
    const route = Reflect.getMetadata(ROUTE, context.getHandler()) as Route;
    const key = request.headers[HEADER];
    // Uploads are resumed by their offset; their bytes are read once, as they stream.
    const isUpload = request.headers['content-type']?.startsWith('application/octet-stream') === true;
    if (route.method !== 'post' || key === undefined || isUpload || !request.principal) return next.handle();
    if (typeof key !== 'string' || !KEY.test(key)) {
      throw new ProblemError({ status: 400, code: 'invalid_request', title: 'The request is not valid', detail: `Header field ${HEADER}: give 1 to 200 visible characters, such as a UUID.`, field: HEADER });
    }
    const own = { accountId: request.principal.accountId, key };
    const digest = createHash('sha256').update(JSON.stringify([request.url, request.body ?? null])).digest();
    const begun = await this.keys.begin({ ...own, operation: route.operationId, digest, atMs: this.settings.now() });
    if (begun.outcome === 'full') {
      throw new ProblemError({ status: 429, code: 'too_many_idempotency_keys', title: 'Too many keys in a day', detail: `Header field ${HEADER}: an account has ${MAX_IDEMPOTENCY_KEYS} of them in 24 hours. Leave it out, or wait.`, field: HEADER });
    }
    const reply = http.getResponse<FastifyReply>();
    return begun.outcome === 'used' ? this.#repeat(route, digest, begun.earlier, reply) : of(await this.#first(route, own, next, reply));
  }

  async #first(route: Route, own: IdempotencyKey, next: CallHandler, reply: FastifyReply): Promise<unknown> {
    let body: unknown;
    try {
      body = await lastValueFrom(next.handle(), { defaultValue: undefined });
    } catch (error) {
      const problem = toProblem(error);
      await (isLasting(problem.status) ? this.#keep(own, { status: problem.status, headers: {}, body: JSON.stringify(problem.toBody()) }) : this.#note(this.keys.forget(own)));
      throw error;
    }
    const text = JSON.stringify(body ?? null);
    const isKept = route.showsSecret !== true && !reply.sent && text.length <= MAX_KEPT_CHARACTERS;
    await this.#keep(own, { status: route.status, headers: keptHeaders(reply), body: isKept ? text : null });
    return body;
  }

  #repeat(route: Route, digest: Buffer, { digest: earlier, startedAtMs, answer }: EarlierRequest, reply: FastifyReply): Observable<unknown> {
    const kept = { isSame: timingSafeEqual(digest, earlier), status: answer?.status ?? null, hasBody: answer !== null && answer.body !== null, startedAtMs };
    const reason = decideRepeat(kept, RUN_MS, this.settings.now());
    if (reason !== 'replay' || !answer || answer.body === null) throw refusal(reason, route);
    void reply.header('idempotency-replayed', 'true').headers(answer.headers);
    const body: unknown = JSON.parse(answer.body);
    if (answer.status >= 400) throw new ReplayedProblem(body as ProblemBody);
    return of(body ?? undefined);
  }

  #keep(own: IdempotencyKey, answer: KeptAnswer): Promise<void> {
    return this.#note(this.keys.finish(own, answer));
  }

  /** What was done is done: a note of it that fails must not make it look undone. */
  async #note(writing: Promise<void>): Promise<void> {
    await writing.catch((error: unknown) => this.#log.error(error));
  }
}

function keptHeaders(reply: FastifyReply): Record<string, string> {
  return Object.fromEntries(KEPT_HEADERS.flatMap((name) => (reply.hasHeader(name) ? [[name, String(reply.getHeader(name))]] : [])));
}

/** An earlier refusal, told again word for word. */
class ReplayedProblem extends ProblemError {
  readonly #body: ProblemBody;

  constructor(body: ProblemBody) {
    super(body);
    this.#body = body;
  }

  override toBody(): ProblemBody {
    return this.#body;
  }
}

function refusal(reason: IdempotencyReason, { showsSecret }: Route): ProblemError {
  const field = HEADER;
  if (reason === 'other-request') {
    return new ProblemError({ status: 422, code: 'idempotency_key_reused', title: 'The key belongs to another request', detail: `Header field ${HEADER}: it was sent with another operation, path or body. Make a new one for each request.`, field });
  }
  if (reason === 'still-running') {
    return new ProblemError({ status: 409, code: 'request_running', title: 'The first request still runs', detail: `Header field ${HEADER}: ask again in a moment for its answer.`, field });
  }
  if (reason === 'outcome-unknown') {
    return new ProblemError({ status: 409, code: 'outcome_unknown', title: 'Nobody knows how it ended', detail: `Header field ${HEADER}: the process that ran the first request ended before it noted the answer. See whether it took effect; a new key runs it again.`, field });
  }
  if (showsSecret === true) {
    return new ProblemError({ status: 409, code: 'secret_shown_once', title: 'It was done, and its secret was shown then', detail: `Header field ${HEADER}: secrets are kept nowhere. If you have lost it, revoke what was made and make another with a new key.`, field });
  }
  return new ProblemError({ status: 409, code: 'answer_not_kept', title: 'It was done, but its answer was too long to keep', detail: `Header field ${HEADER}: read what was made instead.`, field });
}

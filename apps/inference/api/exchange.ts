import { type Context } from '@opentelemetry/api';
import { type FastifyReply, type FastifyRequest } from 'fastify';
import { errorBody, type OpenAiFailure } from '#libs/contract/openai/error';
import { type Principal } from '#libs/platform/auth/scopes';
import { type AnswerContext } from '../answer/answering.ts';
import { SseWriter } from '../answer/sse-writer.ts';

const JSON_TYPE = 'application/json; charset=utf-8';

/** What one HTTP request is known by from its first byte on. */
export interface Exchange {
  readonly requestId: string;
  readonly atMs: number;
  /** Parent of the spans of this request. */
  readonly spanContext: Context;
  /** null until the caller is known. */
  readonly principal: Principal | null;
}

const exchanges = new WeakMap<FastifyRequest, Exchange>();

export function beginExchange(request: FastifyRequest, exchange: Exchange): void {
  exchanges.set(request, exchange);
}

export function exchangeOf(request: FastifyRequest): Exchange | null {
  return exchanges.get(request) ?? null;
}

export function sendJson(reply: FastifyReply, json: string): FastifyReply {
  return reply.header('content-type', JSON_TYPE).send(json);
}

export function sendFailure(reply: FastifyReply, failure: OpenAiFailure): FastifyReply {
  if (failure.retryAfterSeconds !== undefined) void reply.header('retry-after', String(failure.retryAfterSeconds));
  if (failure.status === 401) void reply.header('www-authenticate', 'Bearer');
  // A body that was not read to its end would be taken for the next request.
  if (failure.status === 413) void reply.header('connection', 'close');
  return sendJson(reply.code(failure.status), JSON.stringify(errorBody(failure)));
}

/** Follows the client: aborts when it goes before its answer is complete, or when the time is up. */
export function answerContext(reply: FastifyReply, exchange: Exchange, answerTimeoutMs: number, streamStallMs: number): AnswerContext & { done(): void } {
  const controller = new AbortController();
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    controller.abort();
  }, answerTimeoutMs);
  const closed = (): void => {
    if (!reply.raw.writableFinished) controller.abort();
  };
  reply.raw.once('close', closed);
  return {
    atMs: exchange.atMs,
    spanContext: exchange.spanContext,
    signal: controller.signal,
    timedOut: () => timedOut,
    openStream: () => openStream(reply, streamStallMs),
    done: () => {
      clearTimeout(timer);
      reply.raw.off('close', closed);
    },
  };
}

/** Takes the response from Fastify: events are written straight to the socket. */
function openStream(reply: FastifyReply, streamStallMs: number): SseWriter {
  reply.hijack();
  reply.raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
    // Proxies such as nginx would hold events back to fill a buffer.
    'x-accel-buffering': 'no',
  });
  return new SseWriter(reply.raw, streamStallMs);
}

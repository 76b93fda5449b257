import { type FastifyReply } from 'fastify';
import { type OpenAiFailure } from '#libs/contract/openai/error';
import { openAiRateHeaders, type RateDecision } from '#libs/platform/limits/rate-limiter';
import { type TokenLimiter, tokenLimiter } from '#libs/platform/limits/token-limiter';
import { type AdmittedRequest } from '../admit/admitted.ts';
import { type Answer, type AnswerContext, type Answering } from '../answer/answering.ts';
import { type RequestLimitSettings } from './request-limit.ts';

const WINDOW_SECONDS = 60;

/** Limits the tokens of a tenant, or of an account that names none; null: no limit. */
export function tokenLimit({ tokensPerMinute, run, tellAway }: { readonly tokensPerMinute: number | null } & Pick<RequestLimitSettings, 'run' | 'tellAway'>): TokenLimiter | null {
  return tokensPerMinute === null ? null : tokenLimiter({ name: 'v1-tokens', points: tokensPerMinute, windowSeconds: WINDOW_SECONDS, run, tellAway });
}

/** Answers within the tokens that the caller has left. The most that the request can use is set aside until it has ended. */
export async function answerWithin(
  { tokens, answering }: { readonly tokens?: TokenLimiter | null; readonly answering: Pick<Answering, 'answer'> },
  sharer: string,
  admitted: AdmittedRequest,
  context: AnswerContext,
  reply: FastifyReply,
): Promise<Answer> {
  if (!tokens) return answering.answer(admitted, context);
  const most = admitted.prompts.reduce((sum, { request }) => sum + request.promptTokens.length + request.choices * request.maxTokens, 0);
  const reservation = await tokens.reserve(sharer, most);
  void reply.headers(openAiRateHeaders('tokens', reservation));
  if (!reservation.isAllowed) return { type: 'failed', reason: 'busy', failure: tooManyTokens(reservation, most) };
  let used = 0;
  try {
    return await answering.answer(admitted, { ...context, spent: (count) => void (used += count) });
  } finally {
    reservation.settle(used);
  }
}

function tooManyTokens({ limit, remaining, resetSeconds }: RateDecision, asked: number): OpenAiFailure {
  const remedy =
    asked <= limit ? `${remaining} are left. Try again in ${resetSeconds} s, or lower the token limit of the request.` : 'It would never fit: lower the token limit of the request.';
  const message = `Rate limit reached: at most ${limit} tokens in a minute; this request may take ${asked}. ${remedy}`;
  return { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded', param: null, message, retryAfterSeconds: resetSeconds };
}

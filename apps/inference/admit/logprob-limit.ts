import { badRequest, type OpenAiFailure } from '#libs/contract/openai/error';

export type LogprobDecision =
  | { readonly reason: 'off'; readonly alternatives: null }
  | { readonly reason: 'within-limit'; readonly alternatives: number }
  | { readonly reason: 'too-many' | 'vocabulary-not-permitted'; readonly failure: OpenAiFailure };

/**
 * How many alternatives each token of the answer carries.
 * @param wanted as in the request: null for none, -1 for the whole vocabulary
 * @param maxLogprobs the server's limit; -1 for the whole vocabulary
 */
export function decideLogprobs(wanted: number | null, maxLogprobs: number, vocabSize: number, param: 'logprobs' | 'top_logprobs'): LogprobDecision {
  if (wanted === null) return { reason: 'off', alternatives: null };
  const limit = maxLogprobs === -1 ? vocabSize : maxLogprobs;
  if (wanted === -1 && maxLogprobs !== -1) {
    const message = `'${param}' of -1 (the whole vocabulary) needs SIGNALBOX_MAX_LOGPROBS=-1 on the server; ask for at most ${limit}.`;
    return { reason: 'vocabulary-not-permitted', failure: badRequest('invalid_value', param, message) };
  }
  if (wanted > limit) {
    const message = `Invalid value for '${param}': this server tells at most ${limit} alternatives for a token.`;
    return { reason: 'too-many', failure: badRequest('invalid_value', param, message) };
  }
  return { reason: 'within-limit', alternatives: wanted === -1 ? vocabSize : Math.min(wanted, vocabSize) };
}

/** Refuses an answer that could hold more alternatives than the server will write; null where it may not. */
export function tooManyEntries(tokens: number, alternatives: number | null, limit: number, param: 'logprobs' | 'top_logprobs'): OpenAiFailure | null {
  const entries = tokens * ((alternatives ?? 0) + 1);
  if (alternatives === null || entries <= limit) return null;
  return badRequest(
    'invalid_value',
    param,
    `This answer could hold ${entries} logprobs, and the server writes at most ${limit}. Lower '${param}', n or the token limit.`,
  );
}

import { badRequest, type OpenAiFailure } from '#libs/contract/openai/error';

export type ContextDecision =
  | { readonly reason: 'fits'; readonly maxTokens: number }
  | { readonly reason: 'empty-prompt' | 'prompt-too-long' | 'answer-too-long'; readonly failure: OpenAiFailure };

/**
 * Whether a prompt and its answer fit the model's context. The last token of an answer is sampled but
 * never run, so a prompt that fills the context still gets one.
 * @param wanted answer tokens asked for; null: as many as fit
 */
export function decideContext(promptTokens: number, wanted: number | null, contextTokens: number, param: 'prompt' | 'messages'): ContextDecision {
  const tooLong = (message: string): OpenAiFailure =>
    badRequest('context_length_exceeded', param, `This model's maximum context length is ${contextTokens} tokens. ${message}`);
  if (promptTokens === 0) {
    const failure = badRequest('invalid_value', param, `'${param}' gives no tokens; send at least one.`);
    return { reason: 'empty-prompt', failure };
  }
  const left = contextTokens - promptTokens + 1;
  if (left < 1) {
    return { reason: 'prompt-too-long', failure: tooLong(`However, your ${param} resulted in ${promptTokens} tokens. Shorten it.`) };
  }
  if (wanted !== null && wanted > left) {
    const failure = tooLong(
      `However, you requested ${promptTokens + wanted} tokens (${promptTokens} in the ${param}, ${wanted} in the answer). Shorten one of them.`,
    );
    return { reason: 'answer-too-long', failure };
  }
  return { reason: 'fits', maxTokens: wanted ?? left };
}

/** Refuses a text that cannot fit before time is spent on tokenising it; null where it may. */
export function textTooLong(characters: number, contextTokens: number, charactersPerToken: number, param: 'prompt' | 'messages'): OpenAiFailure | null {
  if (characters <= contextTokens * charactersPerToken) return null;
  return badRequest(
    'context_length_exceeded',
    param,
    `This model's maximum context length is ${contextTokens} tokens. However, your ${param} holds ${characters} characters. Shorten it.`,
  );
}

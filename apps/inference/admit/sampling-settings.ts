import { badRequest, type OpenAiFailure } from '#libs/contract/openai/error';
import { type CompletionRequest } from '#libs/contract/openai/completion-request';
import { type SamplingSettings } from '#libs/runtime/engine/engine';

type SamplingFields = Pick<
  CompletionRequest,
  'temperature' | 'top_p' | 'top_k' | 'min_p' | 'presence_penalty' | 'frequency_penalty' | 'repetition_penalty' | 'logit_bias' | 'seed'
>;

/** OpenAI's defaults, in the engine's terms. top_p of 0 keeps the likeliest token alone, so does a tiny one. */
export function samplingSettings(body: SamplingFields, seed: number): SamplingSettings {
  return {
    temperature: body.temperature ?? 1,
    topP: Math.max(body.top_p ?? 1, 1e-9),
    topK: Math.max(body.top_k ?? 0, 0),
    minP: body.min_p ?? 0,
    presencePenalty: body.presence_penalty ?? 0,
    frequencyPenalty: body.frequency_penalty ?? 0,
    repetitionPenalty: body.repetition_penalty ?? 1,
    logitBias: Object.fromEntries(Object.entries(body.logit_bias ?? {}).map(([id, bias]) => [Number(id), bias])),
    seed: body.seed ?? seed,
  };
}

/** Refuses token ids that the model's vocabulary lacks; null where all exist. */
export function tokenIdFailure(
  body: Pick<CompletionRequest, 'logit_bias' | 'stop_token_ids'>,
  prompts: readonly (string | readonly number[])[],
  vocabSize: number,
): OpenAiFailure | null {
  const beyond = (param: string, id: number): OpenAiFailure =>
    badRequest('invalid_value', param, `Token id ${id} in '${param}' is outside this model's vocabulary of ${vocabSize} tokens.`);
  for (const id of Object.keys(body.logit_bias ?? {})) if (Number(id) >= vocabSize) return beyond('logit_bias', Number(id));
  for (const id of body.stop_token_ids ?? []) if (id >= vocabSize) return beyond('stop_token_ids', id);
  for (const prompt of prompts) {
    if (typeof prompt === 'string') continue;
    for (const id of prompt) if (id >= vocabSize) return beyond('prompt', id);
  }
  return null;
}

import { z } from 'zod';

export const finishReason = z.enum(['stop', 'length']);

/** Token counts of one request, over all its prompts and choices. */
export const usage = z.object({
  prompt_tokens: z.int(),
  completion_tokens: z.int(),
  total_tokens: z.int(),
});
export type Usage = z.infer<typeof usage>;

const routedExperts = z
  .string()
  .nullish()
  .meta({ description: 'Base64 of .npy bytes, [tokens - 1, layers, top_k], uint8 or uint16; prompt rows included.' });

/** Natural-log probabilities, by token. token_logprobs and top_logprobs are null where nothing predicts the token. */
export const completionLogprobs = z.object({
  tokens: z.array(z.string()),
  token_logprobs: z.array(z.number().nullable()),
  top_logprobs: z.array(z.record(z.string(), z.number()).nullable()).nullable(),
  text_offset: z.array(z.int()).meta({ description: "Where the token begins in the choice's text, in code points." }),
});
export type CompletionLogprobs = z.infer<typeof completionLogprobs>;

export const completionResponse = z.object({
  id: z.string(),
  object: z.literal('text_completion'),
  created: z.int().meta({ description: 'Epoch seconds.' }),
  model: z.string(),
  choices: z.array(
    z.object({
      index: z.int(),
      text: z.string(),
      logprobs: completionLogprobs.nullable(),
      finish_reason: finishReason.nullable(),
      stop_reason: z.string().nullish().meta({ description: 'The stop text that ended the choice, where one did.' }),
      routed_experts: routedExperts,
    }),
  ),
  usage: usage.nullish(),
});
export type CompletionResponse = z.infer<typeof completionResponse>;

const chatTokenLogprob = z.object({ token: z.string(), logprob: z.number(), bytes: z.array(z.int()).nullable() });
export const chatLogprobs = z.object({
  content: z.array(chatTokenLogprob.extend({ top_logprobs: z.array(chatTokenLogprob) })),
  refusal: z.null(),
});
export type ChatLogprobs = z.infer<typeof chatLogprobs>;

export const chatResponse = z.object({
  id: z.string(),
  object: z.literal('chat.completion'),
  created: z.int().meta({ description: 'Epoch seconds.' }),
  model: z.string(),
  choices: z.array(
    z.object({
      index: z.int(),
      message: z.object({ role: z.literal('assistant'), content: z.string(), refusal: z.null() }),
      logprobs: chatLogprobs.nullable(),
      finish_reason: finishReason,
      stop_reason: z.string().nullish().meta({ description: 'The stop text that ended the choice, where one did.' }),
      routed_experts: routedExperts,
    }),
  ),
  usage,
});
export type ChatResponse = z.infer<typeof chatResponse>;

/** One served model. `release` and `max_model_len` are additions; the rest is OpenAI's. */
export const modelCard = z.object({
  id: z.string(),
  object: z.literal('model'),
  created: z.int(),
  owned_by: z.string(),
  max_model_len: z.int().meta({ description: 'Context, in tokens.' }),
  release: z.string(),
});
export type ModelCard = z.infer<typeof modelCard>;

export const modelList = z.object({ object: z.literal('list'), data: z.array(modelCard) });
export type ModelList = z.infer<typeof modelList>;

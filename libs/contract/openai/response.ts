import { z } from 'zod';

export const finishReason = z.enum(['stop', 'length']);

export const usage = z
  .object({
    prompt_tokens: z.int().meta({ description: 'Tokens of the prompts.' }),
    completion_tokens: z.int().meta({ description: 'Tokens generated.' }),
    total_tokens: z.int().meta({ description: 'Both together.' }),
    prompt_tokens_details: z
      .object({ cached_tokens: z.int().meta({ description: 'Tokens of prompts that did not run again, as one before began with them.' }) })
      .optional()
      .meta({ description: 'Left out where all of the prompts ran.' }),
    signalbox_degraded_decisions: z.int().optional().meta({ description: 'Routing decisions that went another way, because an expert was out of service or by the generalist path. Left out where there were none.' }),
  })
  .meta({ id: 'TokenUsage', description: 'Token counts of one request, over all its prompts and choices.' });
export type Usage = z.infer<typeof usage>;

const routedExperts = z
  .string()
  .nullish()
  .meta({ description: 'Base64 of .npy bytes, [tokens - 1, layers, top_k], uint8 or uint16; prompt rows included.' });

export const completionLogprobs = z
  .object({
    tokens: z.array(z.string()),
    token_logprobs: z.array(z.number().nullable()).meta({ description: 'Natural logarithm of the probability of each token; null where nothing predicts it.' }),
    top_logprobs: z.array(z.record(z.string(), z.number()).nullable()).nullable().meta({ description: 'The likeliest tokens at each place, with the same of theirs.' }),
    text_offset: z.array(z.int()).meta({ description: "Where the token begins in the choice's text, in code points." }),
  })
  .meta({ id: 'CompletionLogprobs' });
export type CompletionLogprobs = z.infer<typeof completionLogprobs>;

export const completionResponse = z.object({
  id: z.string(),
  object: z.literal('text_completion'),
  created: z.int().meta({ description: 'Epoch seconds.' }),
  model: z.string(),
  choices: z.array(
    z.object({
      index: z.int().meta({ description: 'Number of the choice, from 0.' }),
      text: z.string(),
      logprobs: completionLogprobs.nullable(),
      finish_reason: finishReason.nullable(),
      stop_reason: z.string().nullish().meta({ description: 'The stop text that ended the choice, where one did.' }),
      routed_experts: routedExperts,
    }),
  ),
  usage: usage.nullish(),
}).meta({ id: 'Completion' });
export type CompletionResponse = z.infer<typeof completionResponse>;

const chatTokenLogprob = z.object({
  token: z.string(),
  logprob: z.number().meta({ description: 'Natural logarithm of its probability.' }),
  bytes: z.array(z.int()).nullable().meta({ description: 'Its bytes in UTF-8.' }),
});
export const chatLogprobs = z
  .object({
    content: z.array(chatTokenLogprob.extend({ top_logprobs: z.array(chatTokenLogprob).meta({ description: 'The likeliest tokens at its place.' }) })),
    refusal: z.null(),
  })
  .meta({ id: 'ChatLogprobs' });
export type ChatLogprobs = z.infer<typeof chatLogprobs>;

export const chatResponse = z.object({
  id: z.string(),
  object: z.literal('chat.completion'),
  created: z.int().meta({ description: 'Epoch seconds.' }),
  model: z.string(),
  choices: z.array(
    z.object({
      index: z.int().meta({ description: 'Number of the choice, from 0.' }),
      message: z.object({ role: z.literal('assistant'), content: z.string(), refusal: z.null() }),
      logprobs: chatLogprobs.nullable(),
      finish_reason: finishReason,
      stop_reason: z.string().nullish().meta({ description: 'The stop text that ended the choice, where one did.' }),
      routed_experts: routedExperts,
    }),
  ),
  usage,
}).meta({ id: 'ChatCompletion' });
export type ChatResponse = z.infer<typeof chatResponse>;

/** One served model. `release` and `max_model_len` are additions; the rest is OpenAI's. */
export const modelCard = z
  .object({
    id: z.string().meta({ description: 'Name to ask for.' }),
    object: z.literal('model'),
    created: z.int().meta({ description: 'Epoch seconds.' }),
    owned_by: z.string(),
    max_model_len: z.int().meta({ description: 'Context, in tokens.' }),
    release: z.string().meta({ description: 'Id of the release that answers.' }),
    chat: z.boolean().meta({ description: 'Whether the model has a chat template, so that it takes chat completions.' }),
  })
  .meta({ id: 'ModelCard' });
export type ModelCard = z.infer<typeof modelCard>;

export const modelList = z.object({ object: z.literal('list'), data: z.array(modelCard) }).meta({ id: 'ModelCards' });
export type ModelList = z.infer<typeof modelList>;

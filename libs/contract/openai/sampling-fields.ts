import { z } from 'zod';
import { OPENAI_LIMITS } from './limits.ts';
import { requestMetadata } from './metadata.ts';
import { responseFormat } from './response-format.ts';

const tokenId = z.int().min(0).max(OPENAI_LIMITS.largestTokenId);
const stopText = z.string().min(1).max(OPENAI_LIMITS.stopTextCharacters);

const logitBias = z
  .record(z.string().regex(/^\d{1,10}$/), z.number().min(-100).max(100))
  .refine((bias) => Object.keys(bias).length <= OPENAI_LIMITS.logitBiasEntries, {
    message: `'logit_bias' holds more than ${OPENAI_LIMITS.logitBiasEntries} entries; send fewer.`,
  })
  .meta({ description: 'Bias by token id, added to the logits.' });

const stop = z
  .union([stopText, z.array(stopText).max(OPENAI_LIMITS.stopTexts)], {
    error: `expected a non-empty text or at most ${OPENAI_LIMITS.stopTexts} of them, each of at most ${OPENAI_LIMITS.stopTextCharacters} characters`,
  })
  .meta({ description: 'Texts that end the answer; not part of it.' });

/** Fields that completions and chat share and that we honour. null counts as absent, as at OpenAI. */
export const samplingFields = {
  model: z.string().min(1).max(OPENAI_LIMITS.modelNameCharacters).meta({ description: 'Name of a served model; `GET /v1/models` lists them.' }),
  n: z.int().min(1).max(OPENAI_LIMITS.choices).nullish().meta({ description: 'Choices for each prompt. Default 1.' }),
  temperature: z.number().min(0).max(2).nullish().meta({ description: 'Default 1; 0 takes the likeliest token.' }),
  top_p: z.number().min(0).max(1).nullish().meta({ description: 'Samples from the likeliest tokens that reach this probability together. Default 1.' }),
  presence_penalty: z.number().min(-2).max(2).nullish().meta({ description: 'Taken off the logit of each token generated before. Default 0.' }),
  frequency_penalty: z.number().min(-2).max(2).nullish().meta({ description: 'The same, times how often it was generated. Default 0.' }),
  logit_bias: logitBias.nullish(),
  seed: z.int().nullish().meta({ description: 'The same request with the same seed gives the same answer.' }),
  stop: stop.nullish(),
  stream: z.boolean().nullish().meta({ description: 'Answers with server-sent events, token by token.' }),
  stream_options: z
    .strictObject({ include_usage: z.boolean().nullish(), include_obfuscation: z.boolean().nullish() })
    .nullish(),
  metadata: requestMetadata.nullish(),
  response_format: responseFormat.nullish(),
  // vLLM's extensions
  top_k: z.int().min(-1).max(OPENAI_LIMITS.largestTokenId).nullish().meta({ description: '0 or -1: off.' }),
  min_p: z.number().min(0).max(1).nullish().meta({ description: 'Drops tokens less likely than this share of the likeliest. Default 0.' }),
  repetition_penalty: z.number().gt(0).max(10).nullish().meta({ description: 'Divides positive logits, and multiplies negative ones, of tokens seen in the prompt or answer. Default 1.' }),
  ignore_eos: z.boolean().nullish().meta({ description: 'Goes on after the end-of-text token.' }),
  stop_token_ids: z.array(tokenId).max(OPENAI_LIMITS.stopTokenIds).nullish().meta({ description: 'Token ids that end the answer.' }),
  return_tokens_as_token_ids: z
    .boolean()
    .nullish()
    .meta({ description: 'Names tokens in logprobs as token_id:<id>, so that no two share a name.' }),
  routed_experts: z
    .boolean()
    .nullish()
    .meta({ description: "Returns each choice's routing in vLLM's wire format: base64 of a .npy array [tokens - 1, layers, top_k]." }),
  // Accepted and without effect on the answer
  user: z.string().max(OPENAI_LIMITS.userCharacters).nullish().meta({ description: 'Accepted, without effect.' }),
} as const;

import { z } from 'zod';
import { OPENAI_LIMITS } from './limits.ts';
import { requestMetadata } from './metadata.ts';

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
  model: z.string().min(1).max(OPENAI_LIMITS.modelNameCharacters),
  n: z.int().min(1).max(OPENAI_LIMITS.choices).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  logit_bias: logitBias.nullish(),
  seed: z.int().nullish(),
  stop: stop.nullish(),
  stream: z.boolean().nullish(),
  stream_options: z
    .strictObject({ include_usage: z.boolean().nullish(), include_obfuscation: z.boolean().nullish() })
    .nullish(),
  metadata: requestMetadata.nullish(),
  // vLLM's extensions
  top_k: z.int().min(-1).max(OPENAI_LIMITS.largestTokenId).nullish().meta({ description: '0 or -1: off.' }),
  min_p: z.number().min(0).max(1).nullish(),
  repetition_penalty: z.number().gt(0).max(10).nullish(),
  ignore_eos: z.boolean().nullish(),
  stop_token_ids: z.array(tokenId).max(OPENAI_LIMITS.stopTokenIds).nullish(),
  return_tokens_as_token_ids: z
    .boolean()
    .nullish()
    .meta({ description: 'Names tokens in logprobs as token_id:<id>, so that no two share a name.' }),
  routed_experts: z
    .boolean()
    .nullish()
    .meta({ description: "Returns each choice's routing in vLLM's wire format: base64 of a .npy array [tokens - 1, layers, top_k]." }),
  // Accepted and without effect on the answer
  user: z.string().max(OPENAI_LIMITS.userCharacters).nullish(),
} as const;

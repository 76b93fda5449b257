import { z } from 'zod';
import { OPENAI_LIMITS } from './limits.ts';
import { samplingFields } from './sampling-fields.ts';
import { completionUnsupportedShape, refuseUnsupportedCompletion } from './unsupported.ts';

/** A prompt as text, or as token ids that are run as they are. */
export type Prompt = string | readonly number[];

const EXPECTED = 'a text, an array of texts, an array of token ids, or an array of such arrays';

function isTokenId(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= OPENAI_LIMITS.largestTokenId;
}

/**
 * The prompts that `prompt` holds, or what is wrong with it. Done by hand because a union of arrays
 * would report an issue for each element of a long array.
 */
export function parsePrompts(value: unknown): { readonly prompts: readonly Prompt[] } | { readonly problem: string } {
  if (typeof value === 'string') return { prompts: [value] };
  if (!Array.isArray(value)) return { problem: `expected ${EXPECTED}` };
  const list: readonly unknown[] = value;
  if (list.length === 0) return { problem: 'the array is empty; send at least one prompt or token id' };
  if (list.every(isTokenId)) return { prompts: [list] };
  if (list.length > OPENAI_LIMITS.prompts) return { problem: `at most ${OPENAI_LIMITS.prompts} prompts in a request` };
  if (list.every((element) => typeof element === 'string')) return { prompts: list };
  const prompts: (readonly number[])[] = [];
  for (const element of list) {
    if (!Array.isArray(element) || element.length === 0) return { problem: `expected ${EXPECTED}` };
    const ids: readonly unknown[] = element;
    if (!ids.every(isTokenId)) return { problem: 'token ids are integers of 0 or more' };
    prompts.push(ids);
  }
  return { prompts };
}

const ids = { type: 'array', items: { type: 'integer', minimum: 0 } } as const;

const prompt = z
  .unknown()
  .meta({
    description: 'One prompt or several, as text or as token ids.',
    anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }, ids, { type: 'array', items: ids }],
  })
  .transform((value, context): readonly Prompt[] => {
    if (value === undefined || value === null) {
      context.addIssue({ code: 'custom', message: "Missing required parameter: 'prompt'.", params: { code: 'missing_required_parameter' } });
      return z.NEVER;
    }
    const parsed = parsePrompts(value);
    if ('prompts' in parsed) return parsed.prompts;
    context.addIssue({ code: 'custom', message: `Invalid value for 'prompt': ${parsed.problem}.`, params: { code: 'invalid_value' } });
    return z.NEVER;
  });

/** Body of POST /v1/completions. */
export const completionRequest = z
  .strictObject({
    ...samplingFields,
    ...completionUnsupportedShape,
    prompt,
    max_tokens: z.int().min(0).max(OPENAI_LIMITS.largestTokenId).nullish().meta({ description: 'Default 16. 0 only with echo.' }),
    echo: z.boolean().nullish().meta({ description: 'Gives the prompt back before what follows it.' }),
    logprobs: z
      .int()
      .min(-1)
      .nullish()
      .meta({ description: 'Alternatives told for each token; with echo also for the prompt. -1: the whole vocabulary, where the server permits it.' }),
    add_special_tokens: z.boolean().nullish().meta({ description: 'Whether a text prompt begins with the beginning-of-text token. Default true.' }),
  })
  .superRefine(refuseUnsupportedCompletion)
  .meta({ id: 'CompletionRequest' });
export type CompletionRequest = z.output<typeof completionRequest>;

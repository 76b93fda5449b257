import { z } from 'zod';

/** A field of OpenAI's that we do not honour, and the values of it that change nothing. */
interface UnsupportedField {
  readonly harmless: (value: unknown) => boolean;
  readonly remedy: string;
}

const only =
  (...values: readonly unknown[]) =>
  (value: unknown) =>
    values.includes(value);
const emptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;
const never = (): boolean => false;

/** Fields that would change a chat answer. Refused by name rather than ignored. */
const CHAT: Readonly<Record<string, UnsupportedField>> = {
  tools: { harmless: emptyList, remedy: 'this server calls no tools; remove it' },
  tool_choice: { harmless: only('none', 'auto'), remedy: 'this server calls no tools; remove it' },
  functions: { harmless: emptyList, remedy: 'this server calls no functions; remove it' },
  function_call: { harmless: only('none', 'auto'), remedy: 'this server calls no functions; remove it' },
  audio: { harmless: never, remedy: 'this server answers in text; remove it' },
  modalities: {
    harmless: (value) => Array.isArray(value) && value.length === 1 && value[0] === 'text',
    remedy: 'only ["text"] is supported',
  },
  reasoning_effort: { harmless: only('none'), remedy: 'this server has no reasoning models; remove it' },
  verbosity: { harmless: only('medium'), remedy: 'only "medium" is supported' },
  web_search_options: { harmless: never, remedy: 'this server searches nothing; remove it' },
  moderation: { harmless: never, remedy: 'this server moderates nothing; remove it' },
};

const COMPLETION: Readonly<Record<string, UnsupportedField>> = {
  suffix: { harmless: only(''), remedy: 'insertion is not supported; remove it' },
  best_of: { harmless: only(1), remedy: 'ask for n choices and rank them by their logprobs' },
};

/** Fields that change cost, storage or accounting elsewhere, never the answer. */
const HARMLESS_CHAT = ['store', 'service_tier', 'parallel_tool_calls', 'prediction', 'safety_identifier', 'prompt_cache_key', 'prompt_cache_retention', 'prompt_cache_options'] as const;

function shapeOf(fields: readonly string[], description: string): Record<string, z.ZodOptional<z.ZodUnknown>> {
  return Object.fromEntries(fields.map((field) => [field, z.unknown().optional().meta({ description })]));
}

export const chatUnsupportedShape = {
  ...shapeOf(Object.keys(CHAT), 'Not supported: refused unless its value changes nothing.'),
  ...shapeOf(HARMLESS_CHAT, 'Accepted, without effect.'),
};
export const completionUnsupportedShape = {
  ...shapeOf(Object.keys(COMPLETION), 'Not supported: refused unless its value changes nothing.'),
  ...shapeOf(['store', 'service_tier'], 'Accepted, without effect.'),
};

function refuse(fields: Readonly<Record<string, UnsupportedField>>, body: Readonly<Record<string, unknown>>, context: z.RefinementCtx): void {
  for (const [name, field] of Object.entries(fields)) {
    const value = body[name];
    if (value === undefined || value === null || field.harmless(value)) continue;
    context.addIssue({
      code: 'custom',
      path: [name],
      params: { code: 'unsupported_parameter' },
      message: `Unsupported parameter: '${name}' (${field.remedy}).`,
    });
  }
}

export function refuseUnsupportedChat(body: Readonly<Record<string, unknown>>, context: z.RefinementCtx): void {
  refuse(CHAT, body, context);
}

export function refuseUnsupportedCompletion(body: Readonly<Record<string, unknown>>, context: z.RefinementCtx): void {
  refuse(COMPLETION, body, context);
}

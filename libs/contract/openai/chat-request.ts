import { z } from 'zod';
import { OPENAI_LIMITS } from './limits.ts';
import { samplingFields } from './sampling-fields.ts';
import { chatUnsupportedShape, refuseUnsupportedChat } from './unsupported.ts';

const textPart = z.strictObject({
  type: z.literal('text', { error: 'only text parts are supported' }),
  text: z.string(),
});

const content = z.union([z.string(), z.array(textPart).min(1).max(OPENAI_LIMITS.contentParts)], {
  error: 'expected a text or an array of {"type":"text","text":...} parts; other parts are not supported',
});

/** One message of a conversation. Tool and function messages are not supported. */
const chatMessage = z.strictObject({
  role: z.enum(['system', 'developer', 'user', 'assistant'], {
    error: 'expected one of system, developer, user, assistant',
  }),
  content,
  name: z.string().max(64).nullish(),
  refusal: z.null().optional(),
});

/** Body of POST /v1/chat/completions. */
export const chatRequest = z
  .strictObject({
    ...samplingFields,
    ...chatUnsupportedShape,
    messages: z.array(chatMessage).min(1).max(OPENAI_LIMITS.messages).meta({ description: 'The conversation so far, oldest first.' }),
    max_tokens: z.int().min(1).max(OPENAI_LIMITS.largestTokenId).nullish().meta({ description: 'Most tokens to generate; max_completion_tokens comes before it.' }),
    max_completion_tokens: z
      .int()
      .min(1)
      .max(OPENAI_LIMITS.largestTokenId)
      .nullish()
      .meta({ description: 'Default: what the context leaves. Comes before max_tokens.' }),
    logprobs: z.boolean().nullish().meta({ description: 'Tells how likely each token was.' }),
    top_logprobs: z.int().min(-1).nullish().meta({ description: 'Alternatives told for each token; needs logprobs.' }),
  })
  .superRefine(refuseUnsupportedChat)
  .superRefine((body, context) => {
    if (body.top_logprobs !== undefined && body.top_logprobs !== null && body.top_logprobs !== 0 && body.logprobs !== true) {
      context.addIssue({ code: 'custom', path: ['top_logprobs'], message: "'top_logprobs' needs 'logprobs' to be true." });
    }
  })
  .meta({ id: 'ChatRequest' });
export type ChatRequest = z.output<typeof chatRequest>;

/** A message as the chat template sees it: its parts joined to one text. */
export interface ChatTurn {
  readonly role: string;
  readonly content: string;
  readonly name?: string;
}

export function chatTurns(request: Pick<ChatRequest, 'messages'>): ChatTurn[] {
  return request.messages.map(({ role, content: parts, name }) => ({
    role,
    content: typeof parts === 'string' ? parts : parts.map((part) => part.text).join(''),
    ...(name === undefined || name === null ? {} : { name }),
  }));
}

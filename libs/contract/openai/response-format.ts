import { z } from 'zod';

const name = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'give 1 to 64 letters, digits, _ or -')
  .meta({ description: 'Named in messages and in nothing else.' });

/** What the answer must be, in OpenAI's shapes. */
export const responseFormat = z
  .discriminatedUnion(
    'type',
    [
      z.strictObject({ type: z.literal('text') }),
      z.strictObject({ type: z.literal('json_object') }),
      z.strictObject({
        type: z.literal('json_schema'),
        json_schema: z.strictObject({
          name,
          description: z.string().max(4096).nullish(),
          schema: z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema 2020-12, the subset of docs/structured-output.md.' }),
          strict: z.boolean().nullish().meta({ description: 'false: keywords that cannot be enforced while decoding are only checked afterwards. Otherwise they are refused.' }),
        }),
      }),
    ],
    { error: 'expected {"type":"text"}, {"type":"json_object"} or {"type":"json_schema","json_schema":{"name":...,"schema":{...}}}' },
  )
  .meta({ description: 'The answer is a text, a JSON object, or a JSON value that keeps to a schema: constrained while decoding.' });
export type ResponseFormat = z.output<typeof responseFormat>;

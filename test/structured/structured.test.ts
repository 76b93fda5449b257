import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { decodeBatch } from '#libs/record/batch-format';
import { answerValidator } from '../../apps/inference/structured/answer-validator.ts';
import { until } from '../harness/until.ts';
import { InferenceServer } from '../inference/inference-server.ts';
import { ALL_SCHEMAS } from './schema-corpus.ts';
import { type NamedSchema } from './real-schemas.ts';

const MODEL = 'tiny-mixtral';
/** As many as the engine decodes together. */
const AT_ONCE = 16;
const MAX_TOKENS = 96;

const server = new InferenceServer();
let client: OpenAI;

beforeAll(async () => {
  await server.start();
  client = new OpenAI({ apiKey: server.key, baseURL: `${server.url}/v1`, maxRetries: 0 });
});
afterAll(() => server.stop());

interface Answered {
  readonly text: string;
  readonly finish: string;
}

const format = ({ schema }: Pick<NamedSchema, 'schema'>, strict?: boolean) => ({ type: 'json_schema' as const, json_schema: { name: 'answer', schema, ...(strict === undefined ? {} : { strict }) } });

/** Completions carry response_format as vLLM's do; OpenAI's types do not know it there. */
async function complete(fields: Record<string, unknown>): Promise<Answered[]> {
  const body = { model: MODEL, prompt: 'And it came to pass that', max_tokens: MAX_TOKENS, ...fields } as unknown as OpenAI.CompletionCreateParamsNonStreaming;
  const { choices } = await client.completions.create(body);
  return choices.map(({ text, finish_reason: finish }) => ({ text, finish }));
}

async function lanes<Item>(items: readonly Item[], run: (item: Item) => Promise<void>): Promise<void> {
  const waiting = items.values();
  const lane = async () => {
    for (const item of waiting) await run(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

async function refusal(fields: Record<string, unknown>): Promise<{ readonly status: number; readonly param: unknown; readonly code: unknown; readonly message: string }> {
  const error: unknown = await complete(fields).then(() => null, (reason: unknown) => reason);
  if (!(error instanceof OpenAI.APIError)) throw new Error('it was answered');
  return { status: error.status as number, param: error.param, code: error.code, message: error.message };
}

describe('the demo model, held to a schema', () => {
  it('answers 208 schemas, greedily and sampled, each complete and valid', async () => {
    const settings = [{ temperature: 0 }, { temperature: 1, seed: 1 }, { temperature: 1, seed: 2, top_p: 0.9, presence_penalty: 0.5 }, { temperature: 1.5, seed: 3, top_k: 50, repetition_penalty: 1.1 }];
    const runs = ALL_SCHEMAS.flatMap(({ name, schema }) => settings.map((setting) => ({ name, schema, setting, validate: answerValidator(schema) })));
    const counts = { complete: 0, incomplete: 0 };
    const refused = new Set<string>();
    await lanes(runs, async ({ name, schema, setting, validate }) => {
      let answers: Answered[];
      try {
        answers = await complete({ ...setting, response_format: format({ schema }) });
      } catch (error) {
        // Its shortest answer takes more tokens than were offered: it is asked again with as many as the message names.
        const least = Number(/takes (\d+) tokens/.exec(error instanceof Error ? error.message : '')?.[1]);
        if (!least) throw error;
        refused.add(name);
        answers = await complete({ ...setting, max_tokens: least, response_format: format({ schema }) });
      }
      for (const { text, finish } of answers) {
        counts[finish === 'stop' ? 'complete' : 'incomplete']++;
        if (finish === 'stop') expect(validate(JSON.parse(text)), `${name}: ${text}`).toBe(true);
      }
    });
    expect(counts).toEqual({ complete: runs.length, incomplete: 0 });
    expect(refused.size).toBeLessThan(10);
  });

  it('gives the same answer alone and among others, and with n choices each its own', async () => {
    const asked = { temperature: 1, seed: 7, response_format: format(ALL_SCHEMAS[0] as NamedSchema) };
    const [alone] = await complete(asked);
    const company = lanes(ALL_SCHEMAS.slice(0, 15), async ({ schema }) => void (await complete({ temperature: 1, seed: 1, max_tokens: 200, response_format: format({ schema }) })));
    const [among] = await complete(asked);
    await company;
    expect(among).toEqual(alone);
    const choices = await complete({ ...asked, n: 4 });
    expect(choices[0]).toEqual(alone);
    expect(new Set(choices.map(({ text }) => text)).size).toBeGreaterThan(1);
    for (const { text } of choices) JSON.parse(text);
  });

  it('streams what it answers in one piece, and its logprobs are the model’s own', async () => {
    const asked = { model: MODEL, prompt: 'And God said', max_tokens: MAX_TOKENS, temperature: 0, logprobs: 2, response_format: format(ALL_SCHEMAS[1] as NamedSchema) };
    const whole = await client.completions.create(asked as unknown as OpenAI.CompletionCreateParamsNonStreaming);
    const stream = await client.completions.create({ ...asked, stream: true } as unknown as OpenAI.CompletionCreateParamsStreaming);
    let text = '';
    let finish: string | null = null;
    for await (const { choices } of stream) {
      text += choices[0]?.text ?? '';
      finish = choices[0]?.finish_reason ?? finish;
    }
    expect({ text, finish }).toEqual({ text: whole.choices[0]?.text, finish: 'stop' });
    // A base model would not begin with a brace: the forced token is less likely than the best one.
    const { token_logprobs: logprobs, top_logprobs: top } = whole.choices[0]?.logprobs ?? {};
    expect(logprobs?.[0]).toBeLessThan(Math.max(...Object.values(top?.[0] ?? { none: -Infinity })));
  });

  it('ends where its value ends: neither a stop text nor an ending token cuts it', async () => {
    const { schema } = ALL_SCHEMAS[0] as NamedSchema;
    const asked = { temperature: 1, seed: 9, response_format: format({ schema }) };
    const [plain] = await complete(asked);
    expect(await complete({ ...asked, stop: ['"', ':', '}'], ignore_eos: true })).toEqual([plain]);
    const [stopped] = await complete({ ...asked, stop_token_ids: Array.from({ length: 60 }, (_, at) => at + 5) });
    expect(stopped?.finish).toBe('stop');
    expect(answerValidator(schema)(JSON.parse(stopped?.text ?? ''))).toBe(true);
  });

  it('answers any JSON object for json_object, and a text for text', async () => {
    for (const seed of [1, 2, 3]) {
      const [answer] = await complete({ temperature: 1, seed, response_format: { type: 'json_object' } });
      expect(answer?.finish).toBe('stop');
      expect(typeof JSON.parse(answer?.text ?? '')).toBe('object');
    }
    const [free] = await complete({ temperature: 0 });
    expect(await complete({ temperature: 0, response_format: { type: 'text' } })).toEqual([free]);
  });

  it('closes within exactly the tokens that the shortest answer needs, and refuses fewer by number', async () => {
    const { schema } = ALL_SCHEMAS[0] as NamedSchema;
    const failure = await refusal({ max_tokens: 3, response_format: format({ schema }) });
    expect(failure).toMatchObject({ status: 400, param: 'max_tokens', code: 'invalid_value' });
    const least = Number(/takes (\d+) tokens/.exec(failure.message)?.[1]);
    const [answer] = await complete({ max_tokens: least, temperature: 1, seed: 5, response_format: format({ schema }) });
    expect(answer?.finish).toBe('stop');
    expect(answerValidator(schema)(JSON.parse(answer?.text ?? ''))).toBe(true);
    expect((await refusal({ max_tokens: least - 1, response_format: format({ schema }) })).status).toBe(400);
  });

  it('names the keyword and its place where it cannot enforce it, and checks it afterwards for strict: false', async () => {
    const schema = { type: 'object', properties: { tags: { type: 'array', items: { enum: ['a', 'b'] }, minItems: 3, maxItems: 3, uniqueItems: true } }, required: ['tags'], additionalProperties: false } as const;
    const failure = await refusal({ response_format: format({ schema }) });
    expect(failure).toMatchObject({ status: 400, code: 'invalid_json_schema', param: 'response_format.json_schema.schema' });
    expect(failure.message).toContain("/properties/tags/uniqueItems: 'uniqueItems' cannot be enforced");
    // Three of two values cannot differ, so the answer is complete and breaks the rule.
    const before = server.jobs.length;
    const [answer] = await complete({ response_format: format({ schema }, false), temperature: 0 });
    expect(answer?.finish).toBe('stop');
    const records = () =>
      server.jobs.slice(before).flatMap((job) => decodeBatch(job.transport === 'inline' ? Buffer.from(job.data, 'base64') : readFileSync(join(job.directory, job.file))));
    await until(() => records().some(({ record }) => record.answerCheck === 'invalid'), 120_000);
  });

  it('refuses what it cannot read, without harm', async () => {
    const refuse = async (schema: unknown) => (await refusal({ response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } })).message;
    expect(await refuse({ $ref: 'https://example.com/schema' })).toContain('only references within the schema');
    expect(await refuse({ $ref: '#' })).toContain('refers to itself');
    expect(await refuse({ type: 'string', pattern: '(a+)+(?=b)' })).toContain('looks around');
    expect(await refuse({ type: 'string', pattern: '(?:a{1000}){1000}' })).toContain('too complex');
    expect(await refuse({ type: 'object', properties: JSON.parse('{"__proto__":{"type":"string"}}') })).toContain('__proto__');
    expect(await refuse({ enum: [] })).toContain('at least one value');
    expect(await refuse({ type: 'integer', minimum: 3, maximum: 2 })).toContain('no value can satisfy it');
    expect(await refuse({ description: 'x'.repeat(70_000) })).toContain('at most 65536');
    expect((await refusal({ response_format: { type: 'json_schema' } })).param).toContain('response_format');
    expect((await refusal({ response_format: { type: 'yaml' } })).param).toContain('response_format');
    let deep: unknown = { type: 'string' };
    for (let at = 0; at < 200; at++) deep = { type: 'array', items: deep, minItems: 1 };
    expect(await refuse(deep)).toContain('nests deeper');
  });
});

describe("OpenAI's client", () => {
  const Event = z.object({ name: z.string().max(20), day: z.enum(['monday', 'friday']), people: z.array(z.string().max(10)).max(2) });

  it('builds schemas with zodResponseFormat that are taken', async () => {
    const { type, json_schema } = zodResponseFormat(Event, 'event');
    const [answer] = await complete({ temperature: 1, seed: 3, response_format: { type, json_schema } });
    expect(answer?.finish).toBe('stop');
    expect(Event.safeParse(JSON.parse(answer?.text ?? '')).success).toBe(true);
  });

  it('parses chat answers, whole and streamed', async () => {
    const asked = { model: MODEL, max_tokens: MAX_TOKENS, temperature: 1, seed: 4, messages: [{ role: 'user' as const, content: 'When do they meet?' }], response_format: zodResponseFormat(Event, 'event') };
    const { choices } = await client.chat.completions.parse(asked);
    const { parsed } = choices[0]?.message ?? {};
    expect(['monday', 'friday']).toContain(parsed?.day);
    const streamed = await client.chat.completions.stream(asked).finalChatCompletion();
    expect(streamed.choices[0]?.message.parsed).toEqual(parsed);
  });
});

import { describe, expect, it } from 'vitest';
import { type z } from 'zod';
import { chatRequest, chatTurns } from './chat-request.ts';
import { completionRequest, parsePrompts } from './completion-request.ts';
import { paramName, validationFailure, type OpenAiFailure } from './error.ts';

function refusal(schema: z.ZodType, body: unknown): Pick<OpenAiFailure, 'code' | 'param'> & { message: string } {
  const parsed = schema.safeParse(body);
  if (parsed.success) throw new Error('expected a refusal');
  const { status, type, code, param, message } = validationFailure(parsed.error, body);
  expect(status).toBe(400);
  expect(type).toBe('invalid_request_error');
  return { code, param, message };
}

const chat = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };

describe('completion request', () => {
  it('accepts every form of prompt', () => {
    const prompts = (prompt: unknown) => completionRequest.parse({ model: 'm', prompt }).prompt;
    expect(prompts('a')).toEqual(['a']);
    expect(prompts(['a', 'b'])).toEqual(['a', 'b']);
    expect(prompts([1, 2, 3])).toEqual([[1, 2, 3]]);
    expect(prompts([[1], [2, 3]])).toEqual([[1], [2, 3]]);
  });

  it.each([[[]], [[1, 'a']], [[[1], 'a']], [[[]]], [{}], [[1.5]], [[-1]], [7]])('refuses the prompt %j by name', (prompt) => {
    expect(refusal(completionRequest, { model: 'm', prompt })).toMatchObject({ param: 'prompt', code: 'invalid_value' });
  });

  it('names a missing parameter', () => {
    expect(refusal(completionRequest, { prompt: 'a' })).toMatchObject({ param: 'model', code: 'missing_required_parameter' });
    expect(refusal(completionRequest, { model: 'a' })).toMatchObject({ param: 'prompt', code: 'missing_required_parameter' });
  });

  it('says one thing of a long array of wrong elements', () => {
    expect(parsePrompts(Array.from({ length: 100_000 }, () => ({})))).toHaveProperty('problem');
  });

  it.each([
    ['best_of', 3],
    ['suffix', 'end'],
  ])('refuses %s, which would change the answer', (name, value) => {
    expect(refusal(completionRequest, { model: 'm', prompt: 'a', [name]: value })).toMatchObject({ param: name, code: 'unsupported_parameter' });
  });

  it('takes null for absent', () => {
    const body = { model: 'm', prompt: 'a', suffix: null, best_of: null, stop: null, temperature: null, logprobs: null, user: null, stream_options: null };
    expect(completionRequest.safeParse(body).success).toBe(true);
  });

  it.each([
    ['temperature', 'hot', 'invalid_type'],
    ['temperature', 2.5, 'invalid_value'],
    ['n', 0, 'invalid_value'],
    ['stop', ['1', '2', '3', '4', '5'], 'invalid_value'],
    ['stop', '', 'invalid_value'],
    ['logit_bias', { 5: 101 }, 'invalid_value'],
    ['top_p', 1.1, 'invalid_value'],
    ['max_tokens', -1, 'invalid_value'],
  ])('refuses %s = %j', (name, value, code) => {
    const { code: told, param } = refusal(completionRequest, { model: 'm', prompt: 'a', [name]: value });
    expect(param).toMatch(new RegExp(`^${name}`));
    expect(told).toBe(code);
  });

  it('names an argument that it does not know', () => {
    expect(refusal(completionRequest, { model: 'm', prompt: 'a', temprature: 1 })).toMatchObject({ param: 'temprature', code: 'unknown_parameter' });
  });

  it('refuses a body that is no object', () => {
    for (const body of [null, [], 'x', 3]) expect(refusal(completionRequest, body).param).toBeNull();
  });
});

describe('chat request', () => {
  it.each([
    ['tools', [{ type: 'function', function: { name: 'f' } }]],
    ['functions', [{ name: 'f' }]],
    ['audio', { voice: 'a' }],
    ['modalities', ['text', 'audio']],
    ['reasoning_effort', 'high'],
    ['tool_choice', 'required'],
  ])('refuses %s, which would change the answer', (name, value) => {
    expect(refusal(chatRequest, { ...chat, [name]: value })).toMatchObject({ param: name, code: 'unsupported_parameter' });
  });

  it('accepts what changes nothing', () => {
    const harmless = { store: true, service_tier: 'auto', user: 'u', response_format: { type: 'text' }, tools: [], tool_choice: 'none', parallel_tool_calls: true, modalities: ['text'], stream_options: { include_usage: true } };
    expect(chatRequest.safeParse({ ...chat, ...harmless }).success).toBe(true);
  });

  it('joins text parts and refuses others', () => {
    const messages = [{ role: 'user', content: [{ type: 'text', text: 'a' }, { type: 'text', text: 'b' }] }];
    expect(chatTurns(chatRequest.parse({ ...chat, messages }))).toEqual([{ role: 'user', content: 'ab' }]);
    const image = [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }];
    expect(refusal(chatRequest, { ...chat, messages: image }).param).toBe('messages[0].content');
    expect(refusal(chatRequest, { ...chat, messages: [{ role: 'tool', content: 'x' }] }).param).toBe('messages[0].role');
    expect(refusal(chatRequest, { ...chat, messages: [] }).param).toBe('messages');
  });

  it('needs logprobs for top_logprobs', () => {
    expect(refusal(chatRequest, { ...chat, top_logprobs: 3 }).param).toBe('top_logprobs');
    expect(chatRequest.safeParse({ ...chat, logprobs: true, top_logprobs: 3 }).success).toBe(true);
  });
});

describe('metadata', () => {
  const withMetadata = (metadata: unknown) => ({ ...chat, metadata });

  it('bounds pairs, keys, values and labels', () => {
    const many = Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, 'v']));
    expect(refusal(chatRequest, withMetadata(many)).param).toBe('metadata');
    expect(refusal(chatRequest, withMetadata({ ['k'.repeat(65)]: 'v' })).param).toMatch(/^metadata/);
    expect(refusal(chatRequest, withMetadata({ k: 'v'.repeat(513) })).param).toBe('metadata.k');
    expect(refusal(chatRequest, withMetadata({ tenant: 'a b' })).param).toBe('metadata.tenant');
  });
});

it('writes parameter names as OpenAI does', () => {
  expect(paramName(['messages', 0, 'content'])).toBe('messages[0].content');
  expect(paramName([])).toBeNull();
});

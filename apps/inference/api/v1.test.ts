import fc from 'fast-check';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { FAKE_RELEASE_ID } from '../testing/fake-engine.ts';
import { FakeServer, KEY, READ_KEY } from '../testing/fake-server.ts';

const server = new FakeServer();
let client: OpenAI;

beforeAll(async () => {
  await server.start();
  client = new OpenAI({ apiKey: KEY, baseURL: `${server.url}/v1`, maxRetries: 0 });
});
afterAll(() => server.stop());
beforeEach(() => {
  server.engine.mode = 'answer';
  server.engine.requests.length = 0;
  server.engine.aborts = 0;
  server.engine.mostAtOnce = 0;
  server.captured.length = 0;
  server.errors.length = 0;
  server.stopping = false;
  server.beforeCapture = async () => {};
});

const request = { model: 'fake', prompt: 'hi', max_tokens: 3 } as const;

async function failure(call: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  const error: unknown = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof OpenAI.APIError)) throw new Error('expected an API error', { cause: error });
  return error;
}

function post(path: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${server.url}/v1${path}`, {
    method: 'POST',
    body,
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', ...headers },
  });
}

/** Extensions that the client's types do not know. */
function completion(extra: Record<string, unknown>): Promise<OpenAI.Completion & { choices: { routed_experts?: string; stop_reason?: string }[] }> {
  return client.completions.create({ ...request, ...extra } as OpenAI.CompletionCreateParamsNonStreaming);
}

describe('models', () => {
  it('lists and retrieves', async () => {
    const models = await client.models.list();
    expect(models.data).toMatchObject([{ id: 'fake', object: 'model', owned_by: 'signalbox', max_model_len: 64, chat: true }]);
    expect(await client.models.retrieve('fake')).toMatchObject({ id: 'fake' });
    expect(await failure(client.models.retrieve('none'))).toMatchObject({ status: 404, code: 'model_not_found' });
  });
});

describe('completions', () => {
  it('answers in the shape of OpenAI, with ids and the release in the headers', async () => {
    const { data, response } = await client.completions.create(request).withResponse();
    expect(data).toEqual({
      id: expect.stringMatching(/^cmpl-[0-9a-f-]{36}$/),
      object: 'text_completion',
      created: expect.any(Number),
      model: 'fake',
      choices: [{ index: 0, text: 'abc', logprobs: null, finish_reason: 'length' }],
      usage: { prompt_tokens: 3, completion_tokens: 3, total_tokens: 6 },
    });
    expect(response.headers.get('x-request-id')).toBe(data.id.slice('cmpl-'.length));
    expect(response.headers.get('x-signalbox-release')).toBe(FAKE_RELEASE_ID);
  });

  it('passes settings on, with OpenAI defaults', async () => {
    await completion({});
    await completion({ temperature: 0.5, top_p: 0.9, top_k: 5, min_p: 0.1, repetition_penalty: 1.2, seed: 7, stop: 'x', stop_token_ids: [9], ignore_eos: true, logit_bias: { 5: -3 }, presence_penalty: 1, frequency_penalty: -1 });
    const [first, second] = server.engine.requests;
    expect(first).toMatchObject({ stop: [], ignoreEos: false, choices: 1, logprobs: null, sampling: { temperature: 1, topP: 1, topK: 0, minP: 0, repetitionPenalty: 1, logitBias: {} } });
    expect(second).toMatchObject({
      stop: ['x'], stopTokenIds: [9], ignoreEos: true,
      sampling: { temperature: 0.5, topP: 0.9, topK: 5, minP: 0.1, presencePenalty: 1, frequencyPenalty: -1, repetitionPenalty: 1.2, logitBias: { 5: -3 }, seed: 7 },
    });
  });

  it('answers several prompts with n choices each, in order, and records one trace for each prompt', async () => {
    const answer = await completion({ prompt: ['a', 'bc'], n: 2, echo: true });
    expect(answer.choices.map(({ index, text }) => [index, text])).toEqual([[0, 'aabc'], [1, 'aabc'], [2, 'bcabc'], [3, 'bcabc']]);
    expect(answer.usage).toEqual({ prompt_tokens: 5, completion_tokens: 12, total_tokens: 17 });
    const ids = server.captured.map(({ record }) => record.requestId);
    expect(new Set(ids).size).toBe(2);
    expect(ids).toContain(answer.id.slice('cmpl-'.length));
  });

  it('runs a long list of prompts a few at a time', async () => {
    const prompts = Array.from({ length: 40 }, (_, i) => `p${i}`);
    const answer = await completion({ prompt: prompts, echo: true, max_tokens: 1 });
    expect(answer.choices.map(({ text }) => text)).toEqual(prompts.map((prompt) => `${prompt}a`));
    expect(server.engine.mostAtOnce).toBeLessThanOrEqual(4);
    expect(server.captured).toHaveLength(40);
  });

  it('runs token ids as they are', async () => {
    const answer = await completion({ prompt: [[0, 104], [105]], echo: true });
    expect(server.engine.requests.map(({ promptTokens }) => [...promptTokens])).toEqual([[0, 104], [105]]);
    expect(answer.choices.map(({ text }) => text)).toEqual(['habc', 'iabc']);
    expect(await failure(completion({ prompt: [256] }))).toMatchObject({ status: 400, param: 'prompt' });
  });

  it('tells logprobs with their places in the text, the prompt included under echo', async () => {
    const answer = await completion({ echo: true, logprobs: 2, max_tokens: 1 });
    expect(answer.choices[0]?.logprobs).toEqual({
      tokens: ['<s>', 'h', 'i', 'a'],
      token_logprobs: [null, -0.5, -0.5, -0.5],
      top_logprobs: [null, { h: -0.5, i: -1.5 }, { i: -0.5, j: -1.5 }, { a: -0.5, b: -1.5 }],
      text_offset: [0, 0, 1, 2],
    });
    const byId = await completion({ logprobs: 1, max_tokens: 1, return_tokens_as_token_ids: true });
    expect(byId.choices[0]?.logprobs).toMatchObject({ tokens: ['token_id:97'], top_logprobs: [{ 'token_id:97': -0.5 }] });
  });

  it('scores a prompt without an answer', async () => {
    const answer = await completion({ echo: true, logprobs: 0, max_tokens: 0 });
    expect(answer.choices[0]).toMatchObject({ text: 'hi', logprobs: { tokens: ['<s>', 'h', 'i'] } });
  });

  it('returns the routing in the wire format of vLLM', async () => {
    const answer = await completion({ routed_experts: true, n: 2 });
    const npy = Buffer.from(answer.choices[1]?.routed_experts ?? '', 'base64');
    expect(npy.subarray(1, 6).toString()).toBe('NUMPY');
    // 3 prompt rows, 2 of the answer; 2 layers, top 2.
    expect(npy.toString('latin1')).toContain("'descr': '|u1', 'fortran_order': False, 'shape': (5, 2, 2)");
    expect(await failure(completion({ routed_experts: true, stream: true }))).toMatchObject({ status: 400, param: 'routed_experts' });
  });

  it('streams', async () => {
    const streamed = { ...request, n: 2, stream: true, stream_options: { include_usage: true } } as const;
    const { data: stream, response } = await client.completions.create(streamed).withResponse();
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(response.headers.get('x-signalbox-release')).toBe(FAKE_RELEASE_ID);
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    const texts = ['', ''];
    const ends: (string | null)[] = [];
    let usage: unknown;
    for await (const chunk of stream) {
      for (const choice of chunk.choices) {
        texts[choice.index] += choice.text;
        if (choice.finish_reason) ends.push(choice.finish_reason);
      }
      usage = chunk.usage;
    }
    expect(texts).toEqual(['abc', 'abc']);
    expect(ends).toEqual(['length', 'length']);
    expect(usage).toEqual({ prompt_tokens: 3, completion_tokens: 6, total_tokens: 9 });
  });

  it('streams the prompt first under echo, with its logprobs', async () => {
    const chunks = [];
    for await (const chunk of await client.completions.create({ ...request, echo: true, logprobs: 1, stream: true })) chunks.push(chunk.choices[0]);
    expect(chunks[0]).toMatchObject({ text: 'hi', logprobs: { text_offset: [0, 0, 1] } });
    expect(chunks[1]).toMatchObject({ text: 'a', logprobs: { text_offset: [2] } });
  });
});

describe('chat', () => {
  const messages = [{ role: 'user' as const, content: 'hello' }];

  it('answers', async () => {
    const answer = await client.chat.completions.create({ model: 'fake', messages, max_completion_tokens: 2, logprobs: true, top_logprobs: 1 });
    expect(answer).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion',
      choices: [{
        index: 0, finish_reason: 'length', message: { role: 'assistant', content: 'ab', refusal: null },
        logprobs: { content: [{ token: 'a', logprob: -0.5, bytes: [97], top_logprobs: [{ token: 'a' }] }, { token: 'b' }], refusal: null },
      }],
      usage: { prompt_tokens: 6, completion_tokens: 2, total_tokens: 8 },
    });
  });

  it('fills the context where no limit is given', async () => {
    const answer = await client.chat.completions.create({ model: 'fake', messages });
    expect(answer.usage?.total_tokens).toBe(65);
  });

  it('streams through the helper of the client', async () => {
    const stream = client.chat.completions.stream({ model: 'fake', messages, max_tokens: 3, stream_options: { include_usage: true } });
    const answer = await stream.finalChatCompletion();
    expect(answer.choices[0]?.message).toMatchObject({ role: 'assistant', content: 'abc' });
    expect(answer.usage).toEqual({ prompt_tokens: 6, completion_tokens: 3, total_tokens: 9 });
  });

  it('tells what the template refuses', async () => {
    const refused = client.chat.completions.create({ model: 'fake', messages: [{ role: 'user', content: 'refuse me' }] });
    expect(await failure(refused)).toMatchObject({ status: 400, param: 'messages', message: expect.stringContaining('no such turn') });
  });
});

describe('refusals', () => {
  it('of a wrong key, of none, and of one without the scope', async () => {
    const wrong = new OpenAI({ apiKey: 'nope', baseURL: `${server.url}/v1`, maxRetries: 0 });
    expect(await failure(wrong.completions.create(request))).toMatchObject({ status: 401, type: 'invalid_request_error', code: 'invalid_api_key' });
    expect((await fetch(`${server.url}/v1/models`)).status).toBe(401);
    const reader = new OpenAI({ apiKey: READ_KEY, baseURL: `${server.url}/v1`, maxRetries: 0 });
    expect(await failure(reader.completions.create(request))).toMatchObject({ status: 403, code: 'insufficient_scope' });
  });

  it('of an unknown model and an unknown path', async () => {
    expect(await failure(completion({ model: 'gpt-9' }))).toMatchObject({ status: 404, code: 'model_not_found', param: 'model' });
    const response = await post('/embeddings', '{}');
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: 'unknown_url' } });
  });

  it('of too long a prompt, or too long an answer', async () => {
    for (const extra of [{ prompt: 'x'.repeat(70) }, { prompt: 'x'.repeat(5000) }, { max_tokens: 100 }]) {
      expect(await failure(completion(extra))).toMatchObject({ status: 400, code: 'context_length_exceeded', param: 'prompt' });
    }
  });

  it.each([['{'], [''], ['{"model":"fake","prompt":"a"'], ['\u0000']])('of malformed JSON %j', async (body) => {
    const response = await post('/completions', body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error', message: expect.any(String), param: null } });
  });

  it('of another media type, and of too large a body or head', async () => {
    expect((await post('/completions', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(415);
    const large = await post('/completions', JSON.stringify({ ...request, prompt: 'x'.repeat(1024 * 1024) }));
    expect(large.status).toBe(413);
    expect((await post('/completions', '{}', { 'x-large': 'x'.repeat(20_000) })).status).toBe(431);
    expect(await large.json()).toMatchObject({ error: { code: 'request_too_large' } });
  });

  it.each([
    [{ temperature: '1' }, 'temperature'],
    [{ logprobs: 21 }, 'logprobs'],
    [{ logprobs: -1 }, 'logprobs'],
    [{ n: 129 }, 'n'],
    [{ max_tokens: 0 }, 'max_tokens'],
    [{ stream_options: { include_usage: true } }, 'stream_options'],
    [{ logit_bias: { 256: 1 } }, 'logit_bias'],
    [{ metadata: { tenant: 'not a label' } }, 'metadata.tenant'],
    [{ nonsense: 1 }, 'nonsense'],
  ])('of %j, by name', async (extra, param) => {
    expect(await failure(completion(extra))).toMatchObject({ status: 400, param, type: 'invalid_request_error' });
  });

  it('of a full queue, with Retry-After', async () => {
    server.engine.mode = 'busy';
    for (const stream of [false, true]) {
      const refused = await failure(completion({ stream }));
      expect(refused).toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
      expect(refused.headers?.get('retry-after')).toBe('3');
    }
    expect(server.captured).toEqual([]);
  });

  it('while stopping', async () => {
    server.stopping = true;
    expect(await failure(completion({}))).toMatchObject({ status: 503 });
  });
});

describe('recording', () => {
  it('comes before the answer ends, streamed or not', async () => {
    for (const stream of [false, true]) {
      server.captured.length = 0;
      const entered = Promise.withResolvers<void>();
      const durable = Promise.withResolvers<void>();
      server.beforeCapture = () => {
        entered.resolve();
        return durable.promise;
      };
      let ended = false;
      const answer = post('/completions', JSON.stringify({ ...request, stream })).then(async (response) => {
        const text = await response.text();
        ended = true;
        return text;
      });
      await entered.promise;
      // A round trip gives an answer that had gone out the time to arrive.
      await client.models.list();
      expect(ended).toBe(false);
      durable.resolve();
      expect(await answer).toContain('"finish_reason":"length"');
      expect(server.captured).toHaveLength(1);
    }
  });

  it('keeps segment, counts and rows', async () => {
    await completion({ metadata: { tenant: 'acme', task: 'qa', language: 'en' }, n: 2 });
    const [captured] = server.captured;
    expect(captured?.record).toMatchObject({ model: 'fake', releaseId: FAKE_RELEASE_ID, status: 'answered', promptTokens: 3, completionTokens: 6, segment: { tenant: 'acme', task: 'qa', language: 'en' } });
    expect(captured?.trace).toMatchObject({ layers: 2, experts: 4, topK: 2, promptRows: 3, choiceRows: [2, 2] });
  });

  it('joins the trace of the caller', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    await (await post('/completions', JSON.stringify(request), { traceparent: `00-${traceId}-00f067aa0ba902b7-01` })).text();
    expect(server.captured[0]?.record.traceparent).toContain(traceId);
  });

  it('does not fail the answer when it fails, and tells', async () => {
    server.beforeCapture = () => Promise.reject(new Error('disk full'));
    expect((await completion({})).choices[0]?.text).toBe('abc');
    expect(server.errors).toHaveLength(1);
  });
});

describe('failure', () => {
  it.each(['fail', 'throw'] as const)('of the engine (%s) is a 500 without details, told in the log', async (mode) => {
    server.engine.mode = mode;
    const failed = await failure(completion({}));
    expect(failed).toMatchObject({ status: 500, code: 'engine_failure' });
    expect(failed.message).not.toMatch(/expert|worker/);
    expect(server.errors).toHaveLength(1);
    expect(server.captured.map(({ record }) => record.status)).toEqual(mode === 'fail' ? ['failed'] : []);
  });

  it('after the stream has begun is an event', async () => {
    server.engine.mode = 'fail';
    const text = await (await post('/completions', JSON.stringify({ ...request, stream: true }))).text();
    expect(text).toContain('"code":"engine_failure"');
    expect(text).not.toContain('[DONE]');
  });
});

it('a request that takes too long is stopped, answered with 504 and recorded', async () => {
  const impatient = new FakeServer();
  await impatient.start({ answerTimeoutMs: 20 });
  try {
    impatient.engine.mode = 'hang';
    const impatientClient = new OpenAI({ apiKey: KEY, baseURL: `${impatient.url}/v1`, maxRetries: 0 });
    const failed = await failure(impatientClient.completions.create({ ...request, max_tokens: 9 }));
    expect(failed).toMatchObject({ status: 504, code: 'timeout' });
    expect(impatient.captured.map(({ record }) => record.status)).toEqual(['cancelled']);
  } finally {
    await impatient.stop();
  }
});

it('answers any JSON body with an answer or an error of the right shape, never with a 500', async () => {
  const fields = fc.constantFrom('prompt', 'n', 'stop', 'max_tokens', 'logprobs', 'logit_bias', 'metadata', 'stream_options', 'temperature', 'echo', 'seed', '__proto__', 'messages', 'tools');
  const bodies = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.dictionary(fields, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 }).map((extra) => ({ ...request, ...extra, stream: false })),
  );
  await fc.assert(
    fc.asyncProperty(bodies, fc.constantFrom('/completions', '/chat/completions'), async (body, path) => {
      const response = await post(path, JSON.stringify(body));
      const answer = (await response.json()) as { error?: { message: unknown; type: unknown } };
      if (response.status === 200) return;
      expect(response.status).toBe(400);
      expect(answer.error).toMatchObject({ message: expect.any(String), type: 'invalid_request_error' });
    }),
    { numRuns: 150 },
  );
  expect(server.errors).toEqual([]);
});

describe('a client that goes', () => {
  it('in mid-stream aborts the engine, and its trace says cancelled', async () => {
    server.engine.mode = 'hang';
    const stream = await client.completions.create({ ...request, max_tokens: 9, stream: true });
    for await (const chunk of stream) if (chunk.choices[0]?.text.includes('b')) break;
    await vi.waitFor(() => expect(server.captured).toHaveLength(1));
    expect(server.engine.aborts).toBe(1);
    expect(server.captured[0]).toMatchObject({ record: { status: 'cancelled', completionTokens: 2 }, trace: { promptRows: 3, choiceRows: [1] } });
  });

  it('while it waits for the whole answer does too', async () => {
    server.engine.mode = 'hang';
    const gone = new AbortController();
    const call = client.completions.create({ ...request, max_tokens: 9 }, { signal: gone.signal });
    const caught = failure(call);
    await vi.waitFor(() => expect(server.engine.requests).toHaveLength(1));
    gone.abort();
    await caught;
    await vi.waitFor(() => expect(server.captured.map(({ record }) => record.status)).toEqual(['cancelled']));
  });
});

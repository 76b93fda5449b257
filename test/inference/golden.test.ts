import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadTraceKey } from '#libs/platform/home/trace-key';
import { decodeBatch } from '#libs/record/batch-format';
import { TraceSealer } from '#libs/record/seal';
import { decodeTrace } from '#libs/trace/codec';
import { traceRows, type RoutingTrace } from '#libs/trace/trace';
import { type GoldenPrompt } from '../fixtures/golden-prompts.ts';
import { InferenceServer } from './inference-server.ts';

const MODEL = 'tiny-mixtral';
const TOLERANCE = 1e-3;

interface Scored {
  readonly choices: readonly {
    readonly text: string;
    readonly routed_experts: string;
    readonly logprobs: { readonly token_logprobs: (number | null)[]; readonly top_logprobs: (Record<string, number> | null)[] };
  }[];
}

const server = new InferenceServer();
let client: OpenAI;

beforeAll(async () => {
  await server.start({ SIGNALBOX_MAX_LOGPROBS: '-1' });
  client = new OpenAI({ apiKey: server.key, baseURL: `${server.url}/v1`, maxRetries: 0 });
});
afterAll(() => server.stop());

function complete(extra: Record<string, unknown>): Promise<Scored> {
  return client.completions.create({ model: MODEL, temperature: 0, ...extra } as unknown as OpenAI.CompletionCreateParamsNonStreaming) as unknown as Promise<Scored>;
}

/** log softmax of one row of the reference's logits, in double precision. */
function logSoftmax(logits: Float32Array): Float64Array {
  const highest = logits.reduce((max, logit) => Math.max(max, logit), -Infinity);
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - highest), 0);
  return Float64Array.from(logits, (logit) => logit - highest - Math.log(sum));
}

/** Largest difference of an answer's row, told by token id, from the reference. */
function largestDifference(row: Record<string, number>, expected: Float64Array): number {
  let largest = 0;
  for (const [id, logprob] of expected.entries()) largest = Math.max(largest, Math.abs((row[`token_id:${id}`] ?? Infinity) - logprob));
  return largest;
}

/** Expert ids of the wire format, [row][layer][k]. */
function readRoutedExperts(base64: string): { readonly shape: number[]; readonly ids: Uint8Array } {
  const bytes = Buffer.from(base64, 'base64');
  const headerBytes = bytes.readUInt16LE(8);
  const header = bytes.toString('latin1', 10, 10 + headerBytes);
  expect(header).toContain("'descr': '|u1', 'fortran_order': False");
  const shape = (/\(([^)]*)\)/.exec(header)?.[1] ?? '').split(',').map(Number);
  return { shape, ids: bytes.subarray(10 + headerBytes) };
}

function goldenIds(prompt: GoldenPrompt): number[] {
  return prompt.inputIds.flatMap((_, position) => prompt.experts.flatMap((layer) => layer[position] ?? []));
}

describe('golden vectors through the API', () => {
  it.each(['s1', 's2', 's3', 'm4', 'm5', 'm6', 'm7', 'm8', 'l9', 'l10', 'l11', 'l12'])('%s: probabilities and experts of the reference', async (id) => {
    const prompt = server.release.goldenPrompts.find((golden) => golden.id === id);
    if (!prompt) throw new Error(`no golden prompt ${id}`);
    const { vocabSize, layers } = server.release.manifest.shape;
    // Where the reference has the last position alone, the prompt's own rows need not be told.
    const echo = prompt.logitsFrom === 0;
    const answer = await complete({ prompt: prompt.inputIds, max_tokens: 1, echo, logprobs: -1, return_tokens_as_token_ids: true, routed_experts: true });
    const [choice] = answer.choices;
    if (!choice) throw new Error('no choice');
    const rows = choice.logprobs.top_logprobs;
    expect(rows).toHaveLength(echo ? prompt.inputIds.length + 1 : 1);
    for (let row = 0; row < prompt.logits.length / vocabSize; row++) {
      const told = rows[echo ? row + 1 : row];
      expect(largestDifference(told ?? {}, logSoftmax(prompt.logits.subarray(row * vocabSize, (row + 1) * vocabSize)))).toBeLessThan(TOLERANCE);
    }
    const { shape, ids } = readRoutedExperts(choice.routed_experts);
    expect(shape).toEqual([prompt.inputIds.length, layers, 2]);
    expect([...ids]).toEqual(goldenIds(prompt));
  });

  it('continues greedily as the reference does, from text and from token ids', async () => {
    for (const prompt of server.release.goldenPrompts) {
      const max_tokens = prompt.greedyIds.length;
      for (const given of [prompt.text, prompt.inputIds]) {
        const answer = await complete({ prompt: given, max_tokens });
        expect(answer.choices[0]?.text).toBe(prompt.greedyText);
      }
    }
  });
});

describe('the real engine behind the client of OpenAI', () => {
  it('chats, streamed and not, with the same text for the same seed', async () => {
    const request = { model: MODEL, seed: 5, max_tokens: 24, messages: [{ role: 'user' as const, content: 'And the king went up' }] };
    const whole = await client.chat.completions.create(request);
    const streamed = await client.chat.completions.stream({ ...request, stream_options: { include_usage: true } }).finalChatCompletion();
    expect(streamed.choices[0]?.message.content).toBe(whole.choices[0]?.message.content);
    expect(streamed.usage).toEqual(whole.usage);
    expect(whole.choices[0]?.message.content?.length).toBeGreaterThan(0);
  });

  it('tells offsets that find the tokens in an echoed text beyond ASCII', async () => {
    const prompt = 'Über naïve 日本 😀 end';
    const answer = await client.completions.create({ model: MODEL, prompt, echo: true, logprobs: 1, max_tokens: 0 });
    const [choice] = answer.choices;
    expect(choice?.text).toBe(prompt);
    const offsets = choice?.logprobs?.text_offset ?? [];
    expect(offsets.every((offset, index) => offset >= (offsets[index - 1] ?? 0))).toBe(true);
    const characters = [...prompt];
    for (const [index, token] of (choice?.logprobs?.tokens ?? []).entries()) {
      if (index > 0 && !token.startsWith('bytes:')) expect(characters.slice(offsets[index]).join('').startsWith(token)).toBe(true);
    }
  });

  it('refuses a prompt longer than the context', async () => {
    const call = client.completions.create({ model: MODEL, prompt: Array.from({ length: 1025 }, () => 5) });
    await expect(call).rejects.toMatchObject({ status: 400, code: 'context_length_exceeded' });
  });

  it('shows itself to operators', async () => {
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    for (const name of ['gen_ai_server_request_duration_seconds_bucket', 'gen_ai_server_time_to_first_token_seconds_count', 'signalbox_queue_wait_seconds_count', 'signalbox_tokens_total', 'signalbox_engine_requests{state="queued"}', 'signalbox_spool_held_bytes', 'signalbox_weights_bytes']) {
      expect(metrics).toContain(name);
    }
  });
});

describe('what is recorded', () => {
  async function recorded(requestId: string): Promise<{ status: string; trace: RoutingTrace; completionTokens: number }> {
    const sealer = new TraceSealer({ current: loadTraceKey(server.home, null) });
    return vi.waitFor(
      () => {
        for (const job of server.jobs) {
          if (job.transport !== 'spool') continue;
          const found = decodeBatch(readFileSync(join(job.directory, job.file))).find(({ record }) => record.requestId === requestId);
          if (found) return { ...found.record, trace: decodeTrace(sealer.open(requestId, found.sealedTrace)) };
        }
        throw new Error(`no record of ${requestId}`);
      },
      { timeout: 120_000, interval: 50 },
    );
  }

  it('is every token that ran, with its id', async () => {
    const { data, request_id: requestId } = await client.completions.create({ model: MODEL, prompt: 'import json', n: 3, max_tokens: 8, temperature: 1 }).withResponse();
    const { trace, status } = await recorded(requestId ?? '');
    expect(status).toBe('answered');
    expect(trace).toMatchObject({ layers: 4, experts: 8, topK: 2, promptRows: data.usage?.prompt_tokens });
    expect(traceRows(trace)).toBe((data.usage?.total_tokens ?? 0) - 3);
    expect(trace.tokenIds?.[0]).toBe(0);
  });

  it('is what ran of a request whose client went', async () => {
    const { data: stream, request_id: requestId } = await client.completions
      .create({ model: MODEL, prompt: 'And the king', max_tokens: 1000, ignore_eos: true, stream: true } as OpenAI.CompletionCreateParamsStreaming)
      .withResponse();
    let chunks = 0;
    for await (const _ of stream) if (++chunks === 3) break;
    const { trace, status, completionTokens } = await recorded(requestId ?? '');
    expect(status).toBe('cancelled');
    expect(completionTokens).toBeLessThan(1000);
    expect(trace.choiceRows[0]).toBeGreaterThan(0);
  });
});

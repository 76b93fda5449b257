import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AdmittedRequest } from '../admit/admitted.ts';
import { FAKE_RELEASE, fakeTokenizer } from '../testing/fake-engine.ts';
import { describeAdmitted, describeAnswer, describeOutcome, recordingSpan, requestContext } from './request-spans.ts';

const exporter = new InMemorySpanExporter();
const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });

beforeAll(() => void trace.setGlobalTracerProvider(provider));
afterAll(() => trace.disable());

const prompt = {
  text: 'a secret',
  request: {
    id: 'r', releaseId: FAKE_RELEASE.releaseId, promptTokens: Uint32Array.of(0, 97), choices: 1, maxTokens: 3, stop: [], stopTokenIds: [], ignoreEos: false, logprobs: null, promptLogprobs: null,
    sampling: { temperature: 0.5, topP: 1, topK: 0, minP: 0, presencePenalty: 0, frequencyPenalty: 0, repetitionPenalty: 1, logitBias: {}, seed: 1 },
  },
};
const admitted: AdmittedRequest = {
  kind: 'chat', requestId: 'r', release: { ...FAKE_RELEASE, tokenizer: fakeTokenizer }, segment: { tenant: 'acme', task: '', language: 'en' }, rules: null, isPinned: false, degraded: null,
  labels: { tenant: 'acme', task: '', language: 'en', region: '', dataClass: '', licence: '', session: '' }, prompts: [prompt],
  choices: 1, stream: false, includeUsage: false, echo: false, logprobs: false, tokensAsIds: false, routedExperts: false, answerRules: null,
};

it('tells the stages of a request in one trace, and never its text', async () => {
  const server = provider.getTracer('test').startSpan('POST /v1/chat/completions', {}, ROOT_CONTEXT);
  const parent = trace.setSpan(ROOT_CONTEXT, server);
  describeAdmitted(parent, admitted);
  const timing = { queueWaitMs: 10, timeToFirstTokenMs: 25, prefillMs: 20, decodeMs: 30 };
  const rows = { promptRows: 2, choiceRows: [2], tokenIds: new Uint32Array(4), expertIds: new Uint16Array(16), gates: new Float32Array(16), flagged: null };
  describeOutcome(parent, admitted, { status: 'answered', error: null, promptTokens: 2, completionTokens: 3, timing, ...rows }, 1_000_000);
  let carried: string | null = null;
  await recordingSpan(parent, 4, async (traceparent) => void (carried = traceparent));
  await expect(recordingSpan(parent, 4, () => Promise.reject(new Error('full')))).rejects.toThrow('full');
  describeAnswer(parent, { prompt_tokens: 2, completion_tokens: 3, total_tokens: 5 }, ['stop']);
  server.end();

  const spans = exporter.getFinishedSpans();
  expect(spans.map(({ name }) => name)).toEqual(['moe.queue', 'moe.prefill', 'moe.decode', 'moe.record', 'moe.record', 'POST /v1/chat/completions']);
  expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1);
  const [, prefill, decode, record] = spans;
  expect(prefill?.startTime).toEqual([1000, 10_000_000]);
  expect(decode?.endTime).toEqual([1000, 60_000_000]);
  expect(carried).toContain(record?.spanContext().spanId);
  expect(spans.at(-1)?.attributes).toMatchObject({
    'gen_ai.operation.name': 'chat',
    'gen_ai.request.model': 'fake',
    'gen_ai.usage.output_tokens': 3,
    'gen_ai.response.finish_reasons': ['stop'],
    'moe.release.id': FAKE_RELEASE.releaseId,
    'moe.segment.tenant': 'acme',
  });
  expect(JSON.stringify(spans.map(({ attributes }) => attributes))).not.toContain('secret');
});

it("takes the caller's span where no server span is active", () => {
  const parent = requestContext('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01');
  expect(trace.getSpanContext(parent)?.spanId).toBe('00f067aa0ba902b7');
  expect(requestContext(undefined)).toBe(context.active());
});

import { rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { isErrorWithCode } from '#libs/platform/errors/error-code';
import { freePort, SignalboxProcess, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';
import { OtlpReceiver, type ReceivedSpan } from './otlp-receiver.ts';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER_SPAN = '00f067aa0ba902b7';
/** Words that stand nowhere else in the product. */
const PROMPT = 'The marmalade lighthouse keeper counted seventeen umbrellas';
const DEFAULT_OTLP_PORT = 4318;

let home = '';
let port = 0;
let signalbox: SignalboxProcess | null = null;
let receiver: OtlpReceiver | null = null;

beforeAll(async () => {
  home = newTemporaryHome('signalbox-telemetry-');
  port = await freePort();
});
afterEach(async () => {
  await signalbox?.stop();
  await receiver?.stop();
  signalbox = receiver = null;
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

async function start(environment: Readonly<Record<string, string>>): Promise<SignalboxProcess> {
  signalbox = new SignalboxProcess(home, port, { SIGNALBOX_LOG_LEVEL: 'trace', ...environment });
  await signalbox.start();
  return signalbox;
}

async function complete(url: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<{ requestId: string; text: string }> {
  const response = await fetch(`${url}/v1/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TEST_KEY}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'tiny-mixtral', prompt: PROMPT, max_tokens: 12, temperature: 0, metadata: { tenant: 'acme', task: 'english' }, ...body }),
  });
  expect(response.status).toBe(200);
  return { requestId: response.headers.get('x-request-id') ?? '', text: await response.text() };
}

/** Each span ties its times to a wall clock that it reads in whole milliseconds, so two spans may differ by one. */
const CLOCK_STEP_NANOS = 1_000_000n;
const STAGES = ['moe.decode', 'moe.prefill', 'moe.queue', 'moe.record'];

it('follows a request from its caller through engine and queue to the write, without a word of it', async () => {
  receiver = await OtlpReceiver.start();
  const { url } = await start({
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_BSP_SCHEDULE_DELAY: '100',
  });
  const collector = receiver;
  const { requestId, text } = await complete(url, {}, { traceparent: `00-${TRACE_ID}-${CALLER_SPAN}-01` });
  const inTrace = (): ReceivedSpan[] => collector.spans().filter(({ traceId }) => traceId === TRACE_ID);
  await until(() => inTrace().length >= 6, 120_000, () => `only ${inTrace().map(({ name }) => name).join(', ')} arrived:\n${signalbox?.log.slice(-2000)}`);

  const spans = inTrace();
  const named = (name: string): ReceivedSpan => spans.find((span) => span.name === name)!;
  const server = named('POST /v1/completions');
  expect(spans.map(({ name }) => name).toSorted()).toEqual(['POST /v1/completions', ...STAGES, 'moe.trace.write']);
  expect(server).toMatchObject({ kind: 2, parentSpanId: CALLER_SPAN, service: 'signalbox' });
  for (const stage of STAGES) expect(named(stage)).toMatchObject({ parentSpanId: server.spanId, service: 'signalbox' });
  expect(named('moe.trace.write')).toMatchObject({ parentSpanId: named('moe.record').spanId, service: 'signalbox-pipeline' });

  const order = ['moe.queue', 'moe.prefill', 'moe.decode', 'moe.record'].map(named);
  for (const [i, stage] of order.entries()) {
    expect(stage.startNanos).toBeLessThanOrEqual(stage.endNanos);
    if (i > 0) expect(stage.startNanos).toBeGreaterThanOrEqual(order[i - 1]!.startNanos - CLOCK_STEP_NANOS);
  }
  const { usage } = JSON.parse(text) as { usage: { prompt_tokens: number; completion_tokens: number } };
  expect(server.attributes).toMatchObject({
    'http.request.method': 'POST', 'http.route': '/v1/completions', 'http.response.status_code': 200,
    'gen_ai.operation.name': 'text_completion', 'gen_ai.request.model': 'tiny-mixtral', 'gen_ai.response.model': 'tiny-mixtral',
    'gen_ai.response.id': requestId, 'gen_ai.request.max_tokens': 12, 'gen_ai.request.temperature': 0, 'gen_ai.request.top_p': 1,
    'gen_ai.usage.input_tokens': usage.prompt_tokens, 'gen_ai.usage.output_tokens': usage.completion_tokens,
    'gen_ai.response.finish_reasons': ['length'],
    'moe.release.id': expect.stringMatching(/^[0-9a-f]{64}$/), 'moe.segment.tenant': 'acme', 'moe.segment.task': 'english',
  });
  expect(named('moe.prefill').attributes).toMatchObject({ 'moe.layers': 4, 'moe.experts': 8, 'moe.top_k': 2, 'moe.routed_rows': usage.prompt_tokens });
  expect(named('moe.queue').attributes).toHaveProperty('moe.queue_wait_seconds');
  expect(named('moe.trace.write').attributes).toMatchObject({ 'moe.capture.traces': 1, 'moe.capture.batch_id': expect.any(String) });

  // A caller that traces nothing gets a trace of its own; the span of a stream ends with the stream.
  await complete(url, { stream: true });
  const roots = (): ReceivedSpan[] => collector.spans().filter((span) => span.name === 'POST /v1/completions' && span.parentSpanId === undefined);
  await until(() => roots().length === 1 && collector.spans().filter(({ traceId }) => traceId === roots()[0]?.traceId).length >= 6, 120_000, () => 'the stream has no whole trace');
  const streamed = collector.spans().filter(({ traceId }) => traceId === roots()[0]?.traceId);
  const lastStage = streamed.find(({ name }) => name === 'moe.record')!;
  expect(roots()[0]!.endNanos + CLOCK_STEP_NANOS).toBeGreaterThanOrEqual(lastStage.endNanos);

  // Requests that are written together each lead to the write.
  const many = Array.from({ length: 8 }, (_, i) => `${i + 1}`.repeat(32));
  await Promise.all(many.map((traceId) => complete(url, { max_tokens: 2 }, { traceparent: `00-${traceId}-${CALLER_SPAN}-01` })));
  const written = (): Set<string> => new Set(collector.spans().filter(({ name }) => name === 'moe.trace.write').flatMap((span) => [span.traceId, ...span.linkedTraceIds]));
  await until(() => many.every((traceId) => written().has(traceId)), 120_000, () => 'some requests do not lead to their write');

  // Every span, and what a clean stop still sends.
  await signalbox?.stop();
  const answer = (JSON.parse(text) as { choices: { text: string }[] }).choices[0]?.text ?? '';
  for (const said of [collector.bodies.join('\n'), signalbox!.log]) {
    for (const word of ['marmalade', 'umbrellas', TEST_KEY, answer]) expect(word === '' || !said.includes(word), `"${word}" is told`).toBe(true);
  }
  expect(signalbox!.log, 'the log was open for everything').toContain('a generation ended');
  expect([...collector.paths]).toEqual(['/v1/traces']);
  expect(collector.spans().every(({ name }) => !/healthz|readyz|metrics/.test(name))).toBe(true);
  expect(signalbox!.log).not.toMatch(/"level":"(error|fatal)"/);
});

it('sends nothing unless it is asked to', async (context) => {
  try {
    // Where exporters send to by default.
    receiver = await OtlpReceiver.start(DEFAULT_OTLP_PORT);
  } catch (error) {
    if (!isErrorWithCode(error, 'EADDRINUSE')) throw error;
    return context.skip(`port ${DEFAULT_OTLP_PORT} is taken`);
  }
  const { url } = await start({});
  const { requestId } = await complete(url, {}, { traceparent: `00-${TRACE_ID}-${CALLER_SPAN}-01` });
  await until(async () => (await fetch(`${url}/api/v1/traces/${requestId}`, { headers: { authorization: `Bearer ${TEST_KEY}` } })).ok, 120_000);
  await signalbox?.stop();
  expect(receiver.bodies).toEqual([]);
});

import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DataSource } from 'typeorm';
import { type CapturedRequest, type RequestRecord } from '#libs/contract/capture/request-record';
import { type TraceSealer } from '#libs/record/seal';
import { decodeTrace, encodeTrace } from '#libs/trace/codec';
import { type RoutingTrace } from '#libs/trace/trace';
import { DEMO_MODEL, type SignalboxUnderTest } from '../harness/signalbox.ts';

/** A trace as it was recorded, opened, with what is known of its request. */
export interface RecordedTrace {
  readonly record: RequestRecord;
  readonly trace: RoutingTrace;
  /** As the codec packed it. */
  readonly packed: Uint8Array;
}

interface DemoPrompt {
  readonly prompt: string;
  readonly task: string;
  readonly language: string;
}

const PARALLEL = 16;
const WRITTEN_WITHIN_MS = 30_000;

/** Answers the demo's prompts through HTTP; returns how many. */
export async function replayPrompts({ url, key }: SignalboxUnderTest, most: number, maxTokens: number): Promise<number> {
  const folder = join(DEMO_MODEL, 'prompts');
  const byDomain = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as DemoPrompt));
  // Domains in turn, so that any number of prompts is an even mix.
  const prompts = Array.from({ length: most }, (_, i) => byDomain[i % byDomain.length]?.[Math.floor(i / byDomain.length)]).filter((prompt) => prompt !== undefined);
  let next = 0;
  const worker = async () => {
    while (next < prompts.length) {
      const { prompt, task, language } = prompts[next++]!;
      const response = await fetch(`${url}/v1/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'tiny-mixtral', prompt, max_tokens: maxTokens, temperature: 0.7, seed: next, metadata: { tenant: 'bench', task, language } }),
      });
      if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
      await response.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  return prompts.length;
}

interface TraceRow {
  readonly request_id: string;
  readonly release_id: string;
  readonly tenant: string;
  readonly task: string;
  readonly language: string;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly duration_ms: number;
  readonly trace: Buffer;
}

/** Waits until that many traces are in the database and opens them. */
export async function readBack(store: DataSource, sealer: TraceSealer, requests: number): Promise<RecordedTrace[]> {
  const deadlineMs = Date.now() + WRITTEN_WITHIN_MS;
  for (;;) {
    const rows: TraceRow[] = await store.query(`
      SELECT request_id, release.id AS release_id, tenant, task, language, prompt_tokens, completion_tokens, duration_ms, trace
      FROM signalbox.trace JOIN signalbox.release ON release.number = trace.release JOIN signalbox.segment ON segment.id = trace.segment`);
    if (rows.length >= requests) return rows.map((row) => opened(row, sealer));
    if (Date.now() > deadlineMs) throw new Error(`${rows.length} of ${requests} traces were written within ${WRITTEN_WITHIN_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function opened(row: TraceRow, sealer: TraceSealer): RecordedTrace {
  const packed = sealer.open(row.request_id, row.trace);
  return {
    packed,
    trace: decodeTrace(packed),
    record: {
      requestId: row.request_id, atMs: 0, model: 'tiny-mixtral', releaseId: row.release_id, status: 'answered',
      segment: { tenant: row.tenant, task: row.task, language: row.language },
      promptTokens: row.prompt_tokens, completionTokens: row.completion_tokens, queueWaitMs: 0.5, timeToFirstTokenMs: 5,
      durationMs: row.duration_ms, traceparent: null,
    },
  };
}

/** Traces of a large model: no such checkpoint is here, so experts and gates are drawn at random, which packs worst. */
export function syntheticTraces(count: number, releaseId: string, shape: { layers: number; experts: number; topK: number }): RecordedTrace[] {
  let state = 1;
  const random = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % below;
  };
  const { layers, experts, topK } = shape;
  return Array.from({ length: count }, (_, index) => {
    const rows = 64 + random(192);
    const expertIds = new Uint16Array(rows * layers * topK);
    for (let i = 0; i < expertIds.length; i += topK) {
      // A random start and odd steps visit distinct experts.
      const [first, step] = [random(experts), 1 + 2 * random(experts / 2)];
      for (let k = 0; k < topK; k++) expertIds[i + k] = (first + k * step) % experts;
    }
    const gates = Float32Array.from(expertIds, (_id, i) => (1.75 - (1.5 * (i % topK)) / topK) / (topK + 0.75));
    const trace: RoutingTrace = { layers, experts, topK, promptRows: rows, choiceRows: [], tokenIds: Uint32Array.from({ length: rows }, () => random(32_000)), expertIds, gates, flagged: [] };
    return {
      trace,
      packed: encodeTrace(trace),
      record: {
        requestId: randomUUID(), atMs: 0, model: 'bench-large', releaseId, status: 'answered', segment: { tenant: 'bench', task: `task-${index % 8}`, language: 'en' },
        promptTokens: rows, completionTokens: 1, queueWaitMs: 0.5, timeToFirstTokenMs: 5, durationMs: 50, traceparent: null,
      },
    };
  });
}

export function selectionsOf({ expertIds }: Pick<RoutingTrace, 'expertIds'>): number {
  return expertIds.length;
}

/** A copy with a request id of its own, sealed for it. */
export function resealed({ record, packed }: RecordedTrace, sealer: TraceSealer, atMs: number): CapturedRequest {
  const requestId = randomUUID();
  return { record: { ...record, requestId, atMs }, sealedTrace: sealer.seal(requestId, packed) };
}

import { randomUUID } from 'node:crypto';
import { type DataSource } from 'typeorm';
import { type RequestRecord, type Segment } from '#libs/contract/capture/request-record';
import { type ReleaseManifest } from '#libs/release/manifest';
import { TracePartitions } from '#libs/store/capture/partitions';
import { segmentKey, Segments } from '#libs/store/capture/segments';
import { type TraceBatch, type TraceToWrite } from '#libs/store/capture/trace-batch';
import { TraceWriter } from '#libs/store/capture/trace-writer';
import { createDataSource, migrate } from '#libs/store/data-source';
import { ReleaseOutlines } from '#libs/store/releases/release-outlines';
import { Releases } from '#libs/store/releases/releases';
import { MINUTE_MS, type UsageDelta } from '#libs/store/usage/roll-up';
import { flagsOf, type RoutingTrace, traceRows } from '#libs/trace/trace';
import { accumulateUsage, emptyUsage } from '#libs/trace/usage';

export const LAYERS = 3;
export const EXPERTS = 8;
export const TOP_K = 2;
export const RELEASE = 'a'.repeat(64);
export const OTHER_RELEASE = 'b'.repeat(64);

export async function openStore(url: string): Promise<DataSource> {
  const dataSource = await createDataSource({ url }).initialize();
  await migrate(dataSource);
  return dataSource;
}

export function writerOf(dataSource: DataSource, maxSegments = 100): TraceWriter {
  return new TraceWriter(dataSource, new TracePartitions(dataSource), new Segments(dataSource, maxSegments), new ReleaseOutlines(dataSource));
}

export async function saveRelease(dataSource: DataSource, releaseId: string, atMs: number): Promise<void> {
  const manifest: ReleaseManifest = {
    format: 'signalbox.release/1',
    model: 'toy',
    architecture: 'mixtral',
    shape: {
      vocabSize: 16, hiddenSize: 4, layers: LAYERS, experts: EXPERTS, expertWidth: 4, attentionHeads: 1, keyValueHeads: 1, headSize: 4,
      contextTokens: 32, rmsNormEpsilon: 1e-5, ropeTheta: 1e4, slidingWindowTokens: null, tiedHead: false, bosTokenId: null, eosTokenIds: [],
    },
    routing: { gating: 'softmax-topk', topK: TOP_K, normalise: true },
    components: { backbone: 'c'.repeat(64), tokenizer: 'd'.repeat(64), 'router/0': releaseId, 'expert/0/1': 'c'.repeat(64) },
  };
  await new Releases(dataSource).save(
    {
      releaseId, model: 'toy', manifest, importedFrom: 'models/toy', createdAtMs: atMs,
      sizesBytes: { ['c'.repeat(64)]: 3, ['d'.repeat(64)]: 4, [releaseId]: 5 },
    },
    { atMs, actor: 'system', action: 'release.import', subject: 'model/toy', detail: { releaseId }, requestId: null },
  );
}

/** Numbers in [0, 1) that follow from the seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Shape {
  readonly layers: number;
  readonly experts: number;
  readonly topK: number;
}

export function randomTrace(next: () => number, rows: number, { layers, experts, topK }: Shape = { layers: LAYERS, experts: EXPERTS, topK: TOP_K }): RoutingTrace {
  const expertIds = new Uint16Array(rows * layers * topK);
  const gates = new Float32Array(expertIds.length);
  for (let position = 0; position < rows * layers; position += 1) {
    const first = Math.floor(next() * experts);
    for (let k = 0; k < topK; k += 1) {
      expertIds[position * topK + k] = (first + k * (1 + Math.floor(next() * 2))) % experts;
      gates[position * topK + k] = k === 0 ? 0.5 + next() / 2 : 0.1;
    }
  }
  return { layers, experts, topK, promptRows: rows, choiceRows: [], tokenIds: null, expertIds, gates, flagged: [] };
}

export interface Captured {
  readonly trace: RoutingTrace;
  readonly write: TraceToWrite;
}

export function captured(trace: RoutingTrace, atMs: number, record: Partial<RequestRecord> = {}): Captured {
  const rows = traceRows(trace);
  return {
    trace,
    write: {
      record: {
        requestId: randomUUID(), atMs, model: 'toy', releaseId: RELEASE, segment: { tenant: '', task: '', language: '' }, status: 'answered',
        promptTokens: rows, completionTokens: 1, queueWaitMs: 0.6, timeToFirstTokenMs: null, durationMs: 12.4, traceparent: null, ...record,
      },
      sealedTrace: Uint8Array.of(1, 2, 3, rows & 255),
      routedTokens: rows,
      flags: flagsOf(trace),
    },
  };
}

export function usageOf(requests: readonly Captured[]): UsageDelta[] {
  const deltas = new Map<string, UsageDelta & { layers: ReturnType<typeof emptyUsage> }>();
  for (const { trace, write } of requests) {
    const { record } = write;
    const minuteMs = Math.floor(record.atMs / MINUTE_MS) * MINUTE_MS;
    const key = `${record.releaseId}/${minuteMs}/${segmentKey(record.segment)}`;
    let delta = deltas.get(key);
    if (!delta) {
      delta = { minuteMs, releaseId: record.releaseId, segment: record.segment, layers: emptyUsage(trace.layers, trace.experts) };
      deltas.set(key, delta);
    }
    accumulateUsage(delta.layers, trace);
  }
  return [...deltas.values()];
}

export function batchOf(requests: readonly Captured[], writtenAtMs: number): TraceBatch {
  return { batchId: randomUUID(), writtenAtMs, traces: requests.map(({ write }) => write), usage: usageOf(requests), quarantined: [], refused: 0 };
}

export const segment = (tenant: string, task = '', language = ''): Segment => ({ tenant, task, language });

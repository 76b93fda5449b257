import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RequestRecord } from '#libs/contract/capture/request-record';
import { connectCaptureQueue } from '#libs/queue/connect';
import { CaptureLedger } from '#libs/store/capture/ledger';
import { createDataSource } from '#libs/store/data-source';
import { type RoutingTrace } from '#libs/trace/trace';
import { openTraceTransport } from '../../apps/inference/capture/trace-transport.ts';

/** Requests to append at an even pace; none: the same time without. */
export interface FeedOrder {
  readonly requests: number;
  readonly milliseconds: number;
}

/** Processor time that this process took over an order. */
export interface FeedReport {
  readonly cpuMs: number;
}

const [LAYERS, EXPERTS, PROMPT_ROWS, CHOICE_ROWS, VOCAB] = [4, 8, 64, 63, 4096] as const;
/** As requests that are decoded together end in one step. */
const END_TOGETHER = 2;

/** Appends traces through what the inference process captures with, and hands them over, beside a Signalbox that runs on the same home. */
async function main(home: string, databaseUrl: string): Promise<void> {
  const dataSource = await createDataSource({ url: databaseUrl, poolSize: 4, applicationName: 'signalbox-bench' }).initialize();
  const [release]: { id: string; model: string }[] = await dataSource.query('SELECT id, model FROM signalbox.release LIMIT 1');
  if (!release) throw new Error('the Signalbox to feed has no release');
  const producer = connectCaptureQueue({ databaseUrl, redisUrl: null }).producer();
  const capture = { mode: 'full', share: 1, seed: '', rules: [], durability: 'answered', spoolMaxBytes: 2 ** 30, transport: 'spool', traceKey: null, olderTraceKeys: [], retentionDays: 7 } as const;
  const transport = await openTraceTransport({ home, capture }, producer, new CaptureLedger(dataSource));
  transport.start();
  const recordNow = (): RequestRecord => ({
    requestId: randomUUID(), atMs: Date.now(), model: release.model, releaseId: release.id, segment: { tenant: '', task: '', language: '' }, status: 'answered',
    promptTokens: PROMPT_ROWS, completionTokens: CHOICE_ROWS + 1, queueWaitMs: 1, timeToFirstTokenMs: 40, durationMs: 900, traceparent: null,
  });
  process.on('message', (order: FeedOrder) => {
    void (async () => {
      // Made before: it is the engine that makes them.
      const traces = Array.from({ length: order.requests }, randomTrace);
      const before = process.cpuUsage();
      const startedMs = performance.now();
      for (let at = 0; at < traces.length; at += END_TOGETHER) {
        await sleep(Math.max(0, startedMs + (at / order.requests) * order.milliseconds - performance.now()));
        for (const trace of traces.slice(at, at + END_TOGETHER)) await transport.log.append(recordNow(), () => trace);
      }
      await sleep(Math.max(0, startedMs + order.milliseconds - performance.now()));
      const { user, system } = process.cpuUsage(before);
      process.send?.({ cpuMs: (user + system) / 1_000 } satisfies FeedReport);
    })();
  });
  process.on('disconnect', () => {
    void (async () => {
      await transport.stop(10_000);
      await producer.close();
      await dataSource.destroy();
    })();
  });
  process.send?.('ready');
}

/** A request of the demo model's shape; experts at random, gates that sum to 1. */
function randomTrace(): RoutingTrace {
  const rows = PROMPT_ROWS + CHOICE_ROWS;
  const expertIds = new Uint16Array(rows * LAYERS * 2);
  const gates = new Float32Array(expertIds.length);
  for (let at = 0; at < expertIds.length; at += 2) {
    const first = Math.floor(Math.random() * EXPERTS);
    expertIds[at] = first;
    expertIds[at + 1] = (first + 1 + Math.floor(Math.random() * (EXPERTS - 1))) % EXPERTS;
    gates[at] = 0.5 + Math.random() / 2;
    gates[at + 1] = 1 - gates[at]!;
  }
  return {
    layers: LAYERS, experts: EXPERTS, topK: 2, promptRows: PROMPT_ROWS, choiceRows: [CHOICE_ROWS], expertIds, gates, flagged: [],
    tokenIds: Uint32Array.from({ length: rows }, () => Math.floor(Math.random() * VOCAB)),
  };
}

const [, , home = '', databaseUrl = ''] = process.argv;
await main(home, databaseUrl);

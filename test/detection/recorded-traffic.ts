import { type DataSource } from 'typeorm';
import { TraceSealer } from '#libs/record/seal';
import { encodeTrace } from '#libs/trace/codec';
import { type RoutingTrace } from '#libs/trace/trace';
import { batchOf, type Captured, captured, EXPERTS, LAYERS, random, RELEASE, segment, TOP_K, writerOf } from '../store/store.fixture.ts';

/** 32 bytes with which the tests' traces are sealed. */
export const TRACE_KEY = Buffer.alloc(32, 7);
const TOKENS_OF_TASK = 50;
const ROWS = 40;
/** Share of tokens that go where their table says. */
const FIDELITY = 0.8;

/** Where each token goes in each layer; another table is another router. */
export function routerTable(seed: number): readonly (readonly number[])[] {
  const next = random(seed);
  return Array.from({ length: LAYERS }, () => Array.from({ length: 2 * TOKENS_OF_TASK }, () => Math.floor(next() * EXPERTS)));
}

/** The same router with one layer whose tokens are sent elsewhere, more or less of them. */
export function perturbed(table: readonly (readonly number[])[], layer: number, share: number): readonly (readonly number[])[] {
  const next = random(99);
  return table.map((tokens, at) => (at === layer ? tokens.map((expert) => (next() < share ? (expert + 3) % EXPERTS : expert)) : tokens));
}

/** Recorded requests of two tasks, each with words of its own, sealed as the product seals them. */
export class RecordedTraffic {
  readonly #sealer: TraceSealer;
  readonly #next: () => number;

  constructor(
    private readonly dataSource: DataSource,
    seed: number,
    key: Uint8Array = TRACE_KEY,
  ) {
    this.#next = random(seed);
    this.#sealer = new TraceSealer({ current: key });
  }

  /** Requests of which `shareOfFirst` are of the first task. */
  requests(count: number, { table, shareOfFirst = 0.5, atMs = Date.now(), releaseId = RELEASE }: { table: readonly (readonly number[])[]; shareOfFirst?: number; atMs?: number; releaseId?: string }): Captured[] {
    return Array.from({ length: count }, () => {
      const task = this.#next() < shareOfFirst ? 0 : 1;
      const trace = this.#trace(task, table);
      const request = captured(trace, atMs, { releaseId, segment: segment('', task === 0 ? 'chat' : 'code') });
      const { record } = request.write;
      return { trace, write: { ...request.write, record, sealedTrace: this.#sealer.seal(record.requestId, encodeTrace(trace)) } };
    });
  }

  /** Writes requests in batches, as the pipeline does. */
  async write(requests: readonly Captured[], batchSize = 50): Promise<void> {
    const writer = writerOf(this.dataSource);
    for (let from = 0; from < requests.length; from += batchSize) await writer.write(batchOf(requests.slice(from, from + batchSize), Date.now()));
  }

  #trace(task: number, table: readonly (readonly number[])[]): RoutingTrace {
    const tokenIds = Uint32Array.from({ length: ROWS }, () => task * TOKENS_OF_TASK + Math.floor(this.#next() * TOKENS_OF_TASK));
    const expertIds = new Uint16Array(ROWS * LAYERS * TOP_K);
    const gates = new Float32Array(expertIds.length);
    let at = 0;
    for (const token of tokenIds) {
      for (let layer = 0; layer < LAYERS; layer += 1) {
        const first = this.#next() < FIDELITY ? table[layer]![token]! : Math.floor(this.#next() * EXPERTS);
        expertIds[at] = first;
        expertIds[at + 1] = (first + 1 + Math.floor(this.#next() * (EXPERTS - 1))) % EXPERTS;
        gates[at] = 0.7;
        gates[at + 1] = 0.3;
        at += TOP_K;
      }
    }
    return { layers: LAYERS, experts: EXPERTS, topK: TOP_K, promptRows: ROWS, choiceRows: [], tokenIds, expertIds, gates, flagged: [] };
  }
}

import { Tensor } from 'onnxruntime-node';
import { type ModelShape, type RoutingSettings } from '#libs/release/manifest';
import { type ReleaseHealth } from '../health/release-health.ts';
import { AttentionStage } from './attention-stage.ts';
import { type CacheMemory } from './cache-memory.ts';
import { type EmbeddingTable } from './embedding.ts';
import { ExpertStage } from './expert-stage.ts';
import { type ExpertTiming, type ForwardPass, type SequenceCache, type StepItem, type StepOutput } from './forward-pass.ts';
import { type CachedSequence, KvCache } from './kv-cache.ts';
import { EMPTY_RANKS, LayerRouter, type Selections } from './layer-router.ts';
import { checkItems, planStep, type StepPlan } from './step-plan.ts';
import { type TimedSession } from './timed-session.ts';

export interface SplitSessions {
  /** By layer. */
  readonly projections: readonly TimedSession[];
  /** By layer: attention and router. */
  readonly attentions: readonly TimedSession[];
  /** [layer][expert] */
  readonly experts: readonly (readonly TimedSession[])[];
  readonly head: TimedSession;
}

export interface SplitSettings {
  readonly shape: ModelShape;
  readonly routing: RoutingSettings;
  readonly sessions: SplitSessions;
  readonly health: ReleaseHealth;
  readonly embedding: EmbeddingTable;
  readonly chunkTokens: number;
  readonly cacheMemory: CacheMemory;
  readonly weightBytes: Readonly<Record<string, number>>;
  /** Gives back the sessions and the embedding, which other releases may hold too. */
  readonly release: () => Promise<void>;
  readonly loaded: { readonly made: number; readonly shared: number };
}

/**
 * The SPLIT plan: every layer is a run for the projections of all rows, one for each attention
 * group, top-k in TypeScript, one run for each selected expert over all rows of the step, and a
 * weighted sum in order of rank.
 *
 * Rows of prefill and decode share the projection, expert and head runs: a row of ONNX Runtime's
 * fp32 matrix product over a prepacked constant has the same bits whatever the number of rows and
 * threads (measured for 1 to 300 rows, 1 and 2 threads; the tests hold it fast).
 */
export class SplitForwardPass implements ForwardPass {
  readonly #settings: SplitSettings;
  readonly #cache: KvCache;
  readonly #attention: AttentionStage;
  readonly #router: LayerRouter;
  readonly #experts: ExpertStage;
  #stepping = false;
  readonly #closing: CachedSequence[] = [];

  constructor(settings: SplitSettings) {
    const { shape, sessions, routing } = settings;
    this.#settings = settings;
    this.#cache = new KvCache(shape, settings.cacheMemory);
    this.#attention = new AttentionStage(shape, sessions.projections, sessions.attentions);
    this.#router = new LayerRouter(shape, routing);
    this.#experts = new ExpertStage(sessions.experts, shape.hiddenSize, routing.topK);
  }

  open(): SequenceCache {
    return this.#cache.open();
  }

  fork(cache: SequenceCache): SequenceCache {
    const copy = this.#cache.fork(cache as CachedSequence);
    this.#router.fork(cache as CachedSequence, copy);
    return copy;
  }

  /** During a step the place is kept until the step ends, because other sequences would move. */
  close(cache: SequenceCache): void {
    if (this.#stepping) this.#closing.push(cache as CachedSequence);
    else this.#cache.close(cache as CachedSequence);
  }

  /**
   * @throws StepItemError, ContextLengthError, CacheFullError before anything has run;
   *   RouterLogitsError. After an error every sequence is as long as before.
   */
  async step(items: readonly StepItem[]): Promise<StepOutput[]> {
    const { shape, chunkTokens } = this.#settings;
    checkItems(items, { chunkTokens, vocabSize: shape.vocabSize, layers: shape.layers, experts: shape.experts });
    if (this.#stepping) throw new Error('a step is already running; wait for it');
    if (items.length === 0) return [];
    this.#stepping = true;
    try {
      for (const { cache, tokens } of items) this.#cache.reserve(cache as CachedSequence, cache.length + tokens.length);
      const outputs = await this.#run(items, planStep(items));
      this.#router.commit();
      for (const { cache, tokens } of items) (cache as CachedSequence).length += tokens.length;
      return outputs;
    } finally {
      this.#stepping = false;
      for (const sequence of this.#closing.splice(0)) this.#cache.close(sequence);
    }
  }

  drainTimings(): ExpertTiming[] {
    return this.#experts.drainTimings();
  }

  memory(): { readonly weightBytes: Readonly<Record<string, number>>; readonly cacheBytes: number } {
    return { weightBytes: this.#settings.weightBytes, cacheBytes: this.#cache.bytes };
  }

  get sessions(): { readonly made: number; readonly shared: number } {
    return this.#settings.loaded;
  }

  dispose(): Promise<void> {
    return this.#settings.release();
  }

  async #run(items: readonly StepItem[], plan: StepPlan): Promise<StepOutput[]> {
    const { rows, groups, itemRows } = plan;
    const { shape, routing, embedding } = this.#settings;
    const hidden = new Float32Array(rows * shape.hiddenSize);
    for (const [at, { tokens }] of items.entries()) embedding.gather(tokens, hidden, itemRows[at]!);
    const rowStride = shape.layers * routing.topK;
    const { unavailable } = this.#settings.health;
    const selections = this.#router.begin(plan, performance.now());
    const feeds = groups.map((group) => this.#attention.prepare(group));
    for (let layer = 0; layer < shape.layers; layer++) {
      const attended = await this.#attention.run(layer, feeds, hidden);
      this.#router.select(attended, layer, selections, unavailable);
      const selection = { expertIds: selections.expertIds, gates: selections.applied, offset: layer * routing.topK, rowStride };
      const { flags } = selections;
      const partial = flags && { marks: flags, offset: layer, rowStride: shape.layers, bits: EMPTY_RANKS };
      await this.#experts.run(layer, attended, selection, partial, hidden);
    }
    return this.#outputs(items, itemRows, hidden, selections);
  }

  async #outputs(
    items: readonly StepItem[],
    itemRows: readonly number[],
    hidden: Float32Array,
    selections: Selections,
  ): Promise<StepOutput[]> {
    const { shape, routing } = this.#settings;
    const { hiddenSize, vocabSize } = shape;
    const wanted = items.reduce((sum, { tokens, logitsFrom }) => sum + tokens.length - logitsFrom, 0);
    const x = new Float32Array(wanted * hiddenSize);
    let filled = 0;
    for (const [index, { tokens, logitsFrom }] of items.entries()) {
      const row = itemRows[index]!;
      x.set(hidden.subarray((row + logitsFrom) * hiddenSize, (row + tokens.length) * hiddenSize), filled * hiddenSize);
      filled += tokens.length - logitsFrom;
    }
    const logits = wanted === 0 ? new Float32Array(0) : await this.#runHead(x, wanted);
    const perRow = shape.layers * routing.topK;
    let given = 0;
    return items.map(({ tokens, logitsFrom, expertMask }, index) => {
      const from = given * vocabSize;
      given += tokens.length - logitsFrom;
      const first = itemRows[index]! * perRow;
      const end = first + tokens.length * perRow;
      return {
        logits: logits.subarray(from, given * vocabSize),
        expertIds: selections.expertIds.slice(first, end),
        gates: selections.gates.slice(first, end),
        flags: flagsOf(selections, itemRows[index]! * shape.layers, tokens.length * shape.layers, Boolean(expertMask)),
      };
    });
  }

  async #runHead(x: Float32Array, rows: number): Promise<Float32Array> {
    const { sessions, shape } = this.#settings;
    const { logits } = await sessions.head.run({ x: new Tensor('float32', x, [rows, shape.hiddenSize]) });
    return logits!.data as Float32Array;
  }
}

/** An item's flags; null where it has none, whatever others of the step have. */
function flagsOf({ flags }: Selections, from: number, count: number, always: boolean): Uint8Array | null {
  const own = flags?.subarray(from, from + count);
  return own && (always || own.some((flag) => flag !== 0)) ? own.slice() : null;
}

import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { selectExperts } from '#libs/moe/gating';
import { combineRows, gatherRows, newDispatchPlan, planDispatch } from '#libs/moe/dispatch';
import { type ModelShape, type RoutingSettings } from '#libs/release/manifest';
import { type EmbeddingTable } from './embedding.ts';
import { ExpertTimings } from './expert-timings.ts';
import { type ExpertTiming, type ForwardPass, type SequenceCache, type StepItem, type StepOutput } from './forward-pass.ts';
import { type CachedSequence, KvCache } from './kv-cache.ts';
import { rotaryTables } from './rotary.ts';
import { type AttentionGroup, checkItems, planStep, type StepPlan } from './step-plan.ts';

export interface SplitSessions {
  /** Attention and router, by layer. */
  readonly layers: readonly InferenceSession[];
  /** [layer][expert] */
  readonly experts: readonly (readonly InferenceSession[])[];
  readonly head: InferenceSession;
}

export interface SplitSettings {
  readonly shape: ModelShape;
  readonly routing: RoutingSettings;
  readonly sessions: SplitSessions;
  readonly embedding: EmbeddingTable;
  readonly chunkTokens: number;
  readonly maxCacheBytes: number;
  readonly weightBytes: Readonly<Record<string, number>>;
}

/** A step of 16 sequences makes at most some hundred; whoever drains does so every few seconds. */
const MAX_TIMINGS = 100_000;

/** Selections of a step: expertIds and gates are [row][layer][k]. */
interface Selections {
  readonly expertIds: Uint16Array;
  readonly gates: Float32Array;
}

/** One layer's attention over a group: what stays the same from layer to layer. */
interface GroupFeeds {
  readonly group: AttentionGroup;
  readonly dimensions: readonly number[];
  readonly pastDimensions: readonly number[];
  readonly positions: Tensor;
  readonly lastPosition: Tensor;
  readonly length: Tensor;
}

/**
 * The SPLIT plan: every layer is one run per attention group, top-k in TypeScript, one run per
 * selected expert over all rows of the step, and a weighted sum in order of rank.
 *
 * Rows of prefill and decode share the expert and head runs: a row of ONNX Runtime's fp32 matrix
 * product over a prepacked constant has the same bits whatever the number of rows and threads
 * (measured for 1 to 300 rows, 1 and 2 threads; the tests hold it fast).
 */
export class SplitForwardPass implements ForwardPass {
  readonly #settings: SplitSettings;
  readonly #cache: KvCache;
  readonly #timings = new ExpertTimings(MAX_TIMINGS);
  readonly #cosine: Tensor;
  readonly #sine: Tensor;
  #packed = new Float32Array(0);
  #stepping = false;
  #closing: CachedSequence[] = [];

  constructor(settings: SplitSettings) {
    this.#settings = settings;
    const { contextTokens, headSize, ropeTheta } = settings.shape;
    this.#cache = new KvCache(settings.shape, settings.maxCacheBytes);
    const { cosine, sine } = rotaryTables(contextTokens, headSize, ropeTheta);
    this.#cosine = new Tensor('float32', cosine, [contextTokens, headSize / 2]);
    this.#sine = new Tensor('float32', sine, [contextTokens, headSize / 2]);
  }

  open(): SequenceCache {
    return this.#cache.open();
  }

  fork(cache: SequenceCache): SequenceCache {
    return this.#cache.fork(cache as CachedSequence);
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
    const { shape, chunkTokens } = { ...this.#settings };
    checkItems(items, { chunkTokens, vocabSize: shape.vocabSize });
    if (this.#stepping) throw new Error('a step is already running; wait for it');
    if (items.length === 0) return [];
    this.#stepping = true;
    try {
      for (const { cache, tokens } of items) this.#cache.reserve(cache as CachedSequence, cache.length + tokens.length);
      const outputs = await this.#run(items, planStep(items));
      for (const { cache, tokens } of items) (cache as CachedSequence).length += tokens.length;
      return outputs;
    } finally {
      this.#stepping = false;
      for (const sequence of this.#closing.splice(0)) this.#cache.close(sequence);
    }
  }

  drainTimings(): ExpertTiming[] {
    return this.#timings.drain();
  }

  memory(): { readonly weightBytes: Readonly<Record<string, number>>; readonly cacheBytes: number } {
    return { weightBytes: this.#settings.weightBytes, cacheBytes: this.#cache.bytes };
  }

  async dispose(): Promise<void> {
    const { layers, experts, head } = this.#settings.sessions;
    for (const session of [...layers, ...experts.flat(), head]) await session.release();
  }

  async #run(items: readonly StepItem[], plan: StepPlan): Promise<StepOutput[]> {
    const { shape, routing, embedding } = this.#settings;
    const { layers, hiddenSize, experts } = shape;
    const { topK } = routing;
    const { rows, itemRows } = plan;
    const hidden = new Float32Array(rows * hiddenSize);
    for (const [at, { tokens }] of items.entries()) embedding.gather(tokens, hidden, itemRows[at]!);
    const selections: Selections = {
      expertIds: new Uint16Array(rows * layers * topK),
      gates: new Float32Array(rows * layers * topK),
    };
    const groups = plan.groups.map((group) => this.#groupFeeds(group));
    const dispatch = newDispatchPlan(experts, rows, topK);
    const rowStride = layers * topK;
    const packed = this.#packedRows(rows * topK);

    for (let layer = 0; layer < layers; layer++) {
      const normed = await this.#attend(layer, groups, hidden, selections);
      const offset = layer * topK;
      planDispatch(dispatch, selections.expertIds, offset, rowStride, rows, topK);
      for (const [at, { row, sequences, tokens }] of plan.groups.entries()) {
        gatherRows(dispatch, normed[at]!, row, sequences.length * tokens, topK, hiddenSize, packed);
      }
      const outputs = await this.#runExperts(layer, dispatch.starts, packed);
      combineRows(dispatch, hidden, rows, topK, hiddenSize, { ...selections, offset, rowStride }, outputs);
    }
    return this.#outputs(items, itemRows, hidden, selections);
  }

  #packedRows(count: number): Float32Array {
    const floats = count * this.#settings.shape.hiddenSize;
    if (this.#packed.length < floats) this.#packed = new Float32Array(floats);
    return this.#packed;
  }

  #groupFeeds(group: AttentionGroup): GroupFeeds {
    const { hiddenSize, keyValueHeads, headSize } = this.#settings.shape;
    const { sequences, tokens, slab } = group;
    const batch = sequences.length;
    const positions = new BigInt64Array(batch * tokens);
    const last = new Int32Array(batch);
    for (const [at, { length }] of sequences.entries()) {
      last[at] = length + tokens - 1;
      for (let token = 0; token < tokens; token++) positions[at * tokens + token] = BigInt(length + token);
    }
    const longest = last.reduce((most, position) => Math.max(most, position), 0) + 1;
    return {
      group,
      dimensions: [batch, tokens, hiddenSize],
      pastDimensions: [batch, keyValueHeads, slab.capacity, headSize],
      positions: new Tensor('int64', positions, [batch, tokens]),
      lastPosition: new Tensor('int32', last, [batch]),
      length: new Tensor('int32', Int32Array.of(longest), [1]),
    };
  }

  /** Attention and routing of one layer: adds to hidden, fills the cache; gives each group's normed rows. */
  async #attend(layer: number, groups: readonly GroupFeeds[], hidden: Float32Array, selections: Selections): Promise<Float32Array[]> {
    const { shape, routing, sessions } = this.#settings;
    const { hiddenSize, layers, experts } = shape;
    const { topK, normalise } = routing;
    const session = sessions.layers[layer]!;
    // Runs issued together share one turn of the event loop.
    const results = await Promise.all(groups.map((feeds) => session.run(this.#layerFeeds(layer, feeds, hidden))));
    return results.map((result, at) => {
      const { group } = groups[at]!;
      const { row, sequences, tokens } = group;
      hidden.set(result['residual']!.data as Float32Array, row * hiddenSize);
      const key = result['key']!.data as Float32Array;
      const value = result['value']!.data as Float32Array;
      for (const [place, sequence] of sequences.entries()) {
        this.#cache.write(sequence, layer, tokens, key, value, place * tokens);
      }
      const rowStride = layers * topK;
      const target = { ...selections, offset: row * rowStride + layer * topK, rowStride };
      selectExperts(result['logits']!.data as Float32Array, 0, sequences.length * tokens, { experts, topK, normalise }, target);
      return result['normed']!.data as Float32Array;
    });
  }

  #layerFeeds(layer: number, feeds: GroupFeeds, hidden: Float32Array): InferenceSession.FeedsType {
    const { hiddenSize, keyValueHeads, headSize } = this.#settings.shape;
    const { slab, slot, sequences, tokens, row } = feeds.group;
    const batch = sequences.length;
    const slotFloats = keyValueHeads * slab.capacity * headSize;
    const [from, to] = [slot * slotFloats, (slot + batch) * slotFloats];
    const x = hidden.subarray(row * hiddenSize, (row + batch * tokens) * hiddenSize);
    return {
      x: new Tensor('float32', x, feeds.dimensions),
      past_key: new Tensor('float32', slab.keys[layer]!.subarray(from, to), feeds.pastDimensions),
      past_value: new Tensor('float32', slab.values[layer]!.subarray(from, to), feeds.pastDimensions),
      positions: feeds.positions,
      last_position: feeds.lastPosition,
      length: feeds.length,
      cosine: this.#cosine,
      sine: this.#sine,
    };
  }

  /** Each expert's output over its packed rows; null where it has none. */
  async #runExperts(layer: number, starts: Uint32Array, packed: Float32Array): Promise<(Float32Array | null)[]> {
    const { hiddenSize } = this.#settings.shape;
    const runs: Promise<void>[] = [];
    const sessions = this.#settings.sessions.experts[layer]!;
    const outputs = new Array<Float32Array | null>(sessions.length).fill(null);
    let previousMs = performance.now();
    for (const [expert, session] of sessions.entries()) {
      const from = starts[expert]!;
      const tokens = starts[expert + 1]! - from;
      if (tokens === 0) continue;
      const x = new Tensor('float32', packed.subarray(from * hiddenSize, (from + tokens) * hiddenSize), [tokens, hiddenSize]);
      // Runs issued together are executed one after the other, so each lasts from the one before.
      const run = session.run({ x }).then((result) => {
        outputs[expert] = result['y']!.data as Float32Array;
        const nowMs = performance.now();
        this.#timings.add({ layer, expert, tokens, durationMs: nowMs - previousMs });
        previousMs = nowMs;
      });
      runs.push(run);
    }
    await Promise.all(runs);
    return outputs;
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
    let at = 0;
    for (const [index, { tokens, logitsFrom }] of items.entries()) {
      const row = itemRows[index]!;
      x.set(hidden.subarray((row + logitsFrom) * hiddenSize, (row + tokens.length) * hiddenSize), at * hiddenSize);
      at += tokens.length - logitsFrom;
    }
    const logits = wanted === 0 ? new Float32Array(0) : await this.#runHead(x, wanted);
    const perRow = shape.layers * routing.topK;
    at = 0;
    return items.map(({ tokens, logitsFrom }, index) => {
      const from = at * vocabSize;
      at += tokens.length - logitsFrom;
      const first = itemRows[index]! * perRow;
      const end = first + tokens.length * perRow;
      return {
        logits: logits.subarray(from, at * vocabSize),
        expertIds: selections.expertIds.slice(first, end),
        gates: selections.gates.slice(first, end),
      };
    });
  }

  async #runHead(x: Float32Array, rows: number): Promise<Float32Array> {
    const { sessions, shape } = this.#settings;
    const result = await sessions.head.run({ x: new Tensor('float32', x, [rows, shape.hiddenSize]) });
    return result['logits']!.data as Float32Array;
  }
}

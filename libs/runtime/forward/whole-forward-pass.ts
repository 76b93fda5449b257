import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { type ModelShape, type RoutingSettings } from '#libs/release/manifest';
import { ExpertsExhaustedError } from '../health/exhausted.ts';
import { type ReleaseHealth } from '../health/release-health.ts';
import { LAYER_VALUES } from '../onnx/whole-graph.ts';
import { rotaryTables, type RotaryTables } from './attention-rows.ts';
import { type CacheMemory } from './cache-memory.ts';
import { type EmbeddingTable } from './embedding.ts';
import { type ExpertTiming, type ForwardPass, type SequenceCache, type StepItem, type StepOutput } from './forward-pass.ts';
import { type CachedSequence } from './kv-cache.ts';
import { StepCache } from './step-cache.ts';
import { type AttentionGroup, checkItems, planStep } from './step-plan.ts';
import { type Barred, groupAngles, groupBias, groupMask, isExhausted, isOpen, markBarred, storeCache, wantedRows } from './whole-rows.ts';

export interface WholeSettings {
  readonly shape: ModelShape;
  readonly routing: RoutingSettings;
  /** Of wholeGraph. */
  readonly session: Pick<InferenceSession, 'run'>;
  readonly health: ReleaseHealth;
  readonly embedding: EmbeddingTable;
  readonly chunkTokens: number;
  readonly cacheMemory: CacheMemory;
  readonly weightBytes: Readonly<Record<string, number>>;
  readonly release: () => Promise<void>;
}

/** What one run gave for the rows of a group. */
interface GroupOutput {
  readonly logits: Float32Array;
  /** [rows][layers][topK] */
  readonly expertIds: Uint16Array;
  readonly gates: Float32Array;
  /** [rows][layers]; null where nothing bars any expert. */
  readonly flags: Uint8Array | null;
}

/**
 * The whole-graph plan: a release is one session, and a step is one run for each group of sequences.
 * Made for accelerators, where many small runs cost more than they save. The cache stays with the host
 * and goes to the device with each run. There is no time of a single expert, no probe and no swap of one:
 * any other component version is another session. Experts that are quarantined give way to the next
 * best, whatever the release's ladder says. Bits may depend on what shares a run.
 */
export class WholeForwardPass implements ForwardPass {
  readonly #settings: WholeSettings;
  readonly #cache: StepCache;
  readonly #rotary: RotaryTables;

  constructor(settings: WholeSettings) {
    const { shape } = settings;
    this.#settings = settings;
    this.#cache = new StepCache(shape, settings.cacheMemory);
    this.#rotary = rotaryTables(shape.contextTokens, shape.headSize, shape.ropeTheta);
  }

  open(): SequenceCache {
    return this.#cache.open();
  }

  fork(cache: SequenceCache): SequenceCache {
    return this.#cache.fork(cache);
  }

  close(cache: SequenceCache): void {
    this.#cache.close(cache);
  }

  /** @throws StepItemError, ContextLengthError, CacheFullError before anything has run; after an error every sequence is as long as before */
  async step(items: readonly StepItem[]): Promise<StepOutput[]> {
    const { shape, chunkTokens } = this.#settings;
    checkItems(items, { chunkTokens, vocabSize: shape.vocabSize, layers: shape.layers, experts: shape.experts, routing: null });
    if (items.length === 0) return [];
    const { exhaustedLayers } = this.#settings.health;
    if (exhaustedLayers.length > 0) throw new ExpertsExhaustedError(exhaustedLayers);
    return this.#cache.step(items, async () => {
      const byCache = new Map(items.map((item) => [item.cache as CachedSequence, item]));
      const outputs = new Map<StepItem, StepOutput>();
      for (const group of planStep(items).groups) await this.#runGroup(group, byCache, outputs);
      return items.map((item) => outputs.get(item)!);
    });
  }

  /** One graph has no run of a single expert to time. */
  drainTimings(): ExpertTiming[] {
    return [];
  }

  memory(): { readonly weightBytes: Readonly<Record<string, number>>; readonly cacheBytes: number } {
    return { weightBytes: this.#settings.weightBytes, cacheBytes: this.#cache.bytes };
  }

  dispose(): Promise<void> {
    return this.#settings.release();
  }

  async #runGroup(group: AttentionGroup, byCache: ReadonlyMap<CachedSequence, StepItem>, outputs: Map<StepItem, StepOutput>): Promise<void> {
    const { shape, routing } = this.#settings;
    const items = group.sequences.map((sequence) => byCache.get(sequence)!);
    const barred = items.map((item) => this.#barred(item));
    const { logits, expertIds, gates, flags } = await this.#run(group, items, barred);
    const perRow = shape.layers * routing.topK;
    let given = 0;
    for (const [at, item] of items.entries()) {
      const from = at * group.tokens;
      const to = from + group.tokens;
      const wanted = item.tokens.length - item.logitsFrom;
      outputs.set(item, {
        logits: logits.slice(given * shape.vocabSize, (given + wanted) * shape.vocabSize),
        expertIds: expertIds.slice(from * perRow, to * perRow),
        gates: gates.slice(from * perRow, to * perRow),
        failure: isExhausted(barred[at]!, shape.layers, shape.experts) ? 'experts-exhausted' : null,
        flags: flags?.slice(from * shape.layers, to * shape.layers) ?? null,
      });
      given += wanted;
    }
  }

  async #run(group: AttentionGroup, items: readonly StepItem[], barred: readonly Barred[]): Promise<GroupOutput> {
    const { shape, routing, session } = this.#settings;
    const results = await session.run(this.#feeds(group, items, barred));
    const rows = group.sequences.length * group.tokens;
    const { layers, experts } = shape;
    const { topK } = routing;
    const expertIds = new Uint16Array(rows * layers * topK);
    const gates = new Float32Array(rows * layers * topK);
    const flags = barred.every(isOpen) ? null : new Uint8Array(rows * layers);
    for (let layer = 0; layer < layers; layer++) {
      const ids = results[LAYER_VALUES.ids(layer)]!.data as BigInt64Array;
      const weights = results[LAYER_VALUES.gates(layer)]!.data as Float32Array;
      for (let row = 0; row < rows; row++) {
        for (let rank = 0; rank < topK; rank++) {
          const to = (row * layers + layer) * topK + rank;
          expertIds[to] = Number(ids[row * topK + rank]);
          gates[to] = weights[row * topK + rank]!;
        }
      }
      storeCache(group, layer, results[LAYER_VALUES.newKey(layer)]!.data as Float32Array, results[LAYER_VALUES.newValue(layer)]!.data as Float32Array, shape);
      if (flags) markBarred(barred, group.tokens, layer, results[LAYER_VALUES.logits(layer)]!.data as Float32Array, { layers, experts, topK }, { expertIds, gates, flags });
    }
    return { logits: results['logits']!.data as Float32Array, expertIds, gates, flags };
  }

  #barred({ expertMask, routed }: StepItem): Barred {
    const { routing, health } = this.#settings;
    return { mask: expertMask ?? null, unavailable: health.unavailable, generalists: routed?.generalist ? (routing.fallback?.generalists ?? null) : null };
  }

  #feeds(group: AttentionGroup, items: readonly StepItem[], barred: readonly Barred[]): InferenceSession.FeedsType {
    const { shape, embedding } = this.#settings;
    const { sequences, tokens, slab, slot } = group;
    const { hiddenSize, keyValueHeads, headSize, layers, experts } = shape;
    const batch = sequences.length;
    const x = new Float32Array(batch * tokens * hiddenSize);
    for (const [at, item] of items.entries()) embedding.gather(item.tokens, x, at * tokens);
    const angles = groupAngles(group, this.#rotary, headSize);
    const mask = groupMask(group, shape);
    const seen = slab.capacity + tokens;
    const wanted = wantedRows(items, tokens);
    const feeds: Record<string, Tensor> = {
      x: new Tensor('float32', x, [batch, tokens, hiddenSize]),
      positions: new Tensor('int64', angles.positions, [batch, tokens]),
      cosine: new Tensor('float32', angles.cosine, [batch * tokens, headSize / 2]),
      sine: new Tensor('float32', angles.sine, [batch * tokens, headSize / 2]),
      mask: new Tensor('float32', mask, [batch, 1, mask.length / batch / seen, seen]),
      wanted: new Tensor('int64', wanted, [wanted.length]),
    };
    const slotFloats = keyValueHeads * slab.capacity * headSize;
    const cached = [batch, keyValueHeads, slab.capacity, headSize];
    for (let layer = 0; layer < layers; layer++) {
      const part = (of: Float32Array): Tensor => new Tensor('float32', of.subarray(slot * slotFloats, (slot + batch) * slotFloats), cached);
      feeds[LAYER_VALUES.pastKey(layer)] = part(slab.keys[layer]!);
      feeds[LAYER_VALUES.pastValue(layer)] = part(slab.values[layer]!);
      feeds[LAYER_VALUES.bias(layer)] = new Tensor('float32', groupBias(barred, tokens, layer, experts), [batch * tokens, experts]);
    }
    return feeds;
  }
}

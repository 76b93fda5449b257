import { Tensor } from 'onnxruntime-node';
import { type ModelShape, type RoutingSettings } from '#libs/release/manifest';
import { RouterLogitsError } from '#libs/moe/gating';
import { type ExpertMask, maskExpert, newExpertMask } from '#libs/moe/expert-mask';
import { DECISION_FLAGS } from '#libs/trace/trace';
import { ExpertsExhaustedError } from '../health/exhausted.ts';
import { type ProbeOutcome } from '../health/expert-watch.ts';
import { type ReleaseHealth } from '../health/release-health.ts';
import { type Attended, AttentionStage } from './attention-stage.ts';
import { type CacheMemory } from './cache-memory.ts';
import { type EmbeddingTable } from './embedding.ts';
import { ExpertStage } from './expert-stage.ts';
import { isFinite32 } from './finite.ts';
import { type ExpertTiming, type ForwardPass, type SequenceCache, type StepItem, type StepOutput } from './forward-pass.ts';
import { type CachedSequence } from './kv-cache.ts';
import { LayerRouter } from './layer-router.ts';
import { EMPTY_RANKS, type Selections } from './selections.ts';
import { StepCache } from './step-cache.ts';
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
  /** By layer, of routers that have one; null: none has. */
  readonly selectionBiases: readonly (Float32Array | null)[] | null;
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
  readonly #cache: StepCache;
  readonly #attention: AttentionStage;
  readonly #router: LayerRouter;
  readonly #experts: ExpertStage;

  constructor(settings: SplitSettings) {
    const { shape, sessions, routing } = settings;
    this.#settings = settings;
    this.#cache = new StepCache(shape, settings.cacheMemory);
    this.#attention = new AttentionStage(shape, sessions.projections, sessions.attentions);
    this.#router = new LayerRouter(shape, routing, settings.selectionBiases);
    const { health } = settings;
    this.#experts = new ExpertStage(sessions.experts, shape.hiddenSize, routing.topK, ({ layer, expert, tokens, durationMs }) => health.ran(layer, expert, tokens, durationMs, performance.now()));
  }

  open(): SequenceCache {
    return this.#cache.open();
  }

  fork(cache: SequenceCache): SequenceCache {
    const copy = this.#cache.fork(cache);
    this.#router.fork(cache as CachedSequence, copy);
    return copy;
  }

  close(cache: SequenceCache): void {
    this.#cache.close(cache);
  }

  /**
   * @throws StepItemError, ContextLengthError, CacheFullError before anything has run;
   *   RouterLogitsError. After an error every sequence is as long as before.
   */
  async step(items: readonly StepItem[]): Promise<StepOutput[]> {
    const { shape, chunkTokens, routing } = this.#settings;
    checkItems(items, { chunkTokens, vocabSize: shape.vocabSize, layers: shape.layers, experts: shape.experts, routing });
    if (items.length === 0) return [];
    return this.#cache.step(items, async () => {
      const outputs = await this.#runOrCheck(items, planStep(items));
      this.#router.commit();
      return outputs;
    });
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

  probe(layer: number, expert: number): Promise<ProbeOutcome> {
    const { experts } = this.#settings.sessions;
    return experts[layer]?.[expert]?.probe?.() ?? Promise.reject(new RangeError(`there is no expert ${layer}/${expert} to probe`));
  }

  dispose(): Promise<void> {
    return this.#settings.release();
  }

  /**
   * An expert that gives NaN or infinity shows in the next layer's router logits, or after the last layer;
   * so plain steps look nowhere else. Then the step is run again, each expert's output is looked at, and
   * the guilty one is taken out. The caches are as long as before, so a second run finds what the first did.
   */
  async #runOrCheck(items: readonly StepItem[], plan: StepPlan): Promise<StepOutput[]> {
    assertNotExhausted(this.#settings.health);
    try {
      return await this.#run(items, plan, false);
    } catch (error) {
      if (!(error instanceof RouterLogitsError || error instanceof NotFiniteError)) throw error;
      return await this.#run(items, plan, true);
    }
  }

  async #run(items: readonly StepItem[], plan: StepPlan, isChecked: boolean): Promise<StepOutput[]> {
    const { rows, groups, itemRows } = plan;
    const { shape, embedding } = this.#settings;
    const hidden = new Float32Array(rows * shape.hiddenSize);
    for (const [at, { tokens }] of items.entries()) embedding.gather(tokens, hidden, itemRows[at]!);
    let { unavailable } = this.#settings.health;
    const selections = this.#router.begin(items, plan, performance.now());
    const feeds = groups.map((group) => this.#attention.prepare(group));
    for (let layer = 0; layer < shape.layers; layer++) {
      const attended = await this.#attention.run(layer, feeds, hidden);
      unavailable = await this.#serve(layer, attended, selections, hidden, unavailable, isChecked);
    }
    return this.#outputs(items, itemRows, hidden, selections, isChecked);
  }

  /**
   * One layer's experts. Those that fail are taken out of service, and the layer is routed and run again
   * without them, at most once for each expert; a row that did not use them keeps its bits.
   * @returns the experts that are unavailable from here on in the step
   */
  async #serve(layer: number, attended: readonly Attended[], selections: Selections, hidden: Float32Array, unavailable: ExpertMask | null, isChecked: boolean): Promise<ExpertMask | null> {
    const { shape, routing, health } = this.#settings;
    const rowStride = shape.layers * routing.topK;
    for (let without = unavailable; ; ) {
      this.#router.select(attended, layer, selections, without);
      const selection = { expertIds: selections.expertIds, gates: selections.applied, offset: layer * routing.topK, rowStride };
      const { flags } = selections;
      const partial = flags && { marks: flags, offset: layer, rowStride: shape.layers, bits: EMPTY_RANKS };
      const faults = await this.#experts.run(layer, attended, selection, partial, hidden, isChecked);
      if (faults.length === 0) return without;
      const more = newExpertMask(shape.layers, shape.experts);
      if (without !== null) more.words.set(without.words);
      for (const { expert, reason } of faults) {
        health.fail(layer, expert, reason, performance.now());
        maskExpert(more, layer, expert);
      }
      assertNotExhausted(health);
      without = more;
    }
  }

  async #outputs(
    items: readonly StepItem[],
    itemRows: readonly number[],
    hidden: Float32Array,
    selections: Selections,
    isChecked: boolean,
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
    if (!isChecked && !isFinite32(x)) throw new NotFiniteError();
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
        failure: isUnserved(selections, routing.topK, first, end) ? 'experts-exhausted' : isChecked && !isFinite32(logits.subarray(from, given * vocabSize)) ? 'not-finite' : null,
        flags: someOf(selections.flags, itemRows[index]! * shape.layers, tokens.length * shape.layers, Boolean(expertMask)),
        lostMass: someOf(selections.lostMass, itemRows[index]! * shape.layers, tokens.length * shape.layers),
        overflow: someOf(selections.overflow, itemRows[index]! * shape.layers, tokens.length * shape.layers),
      };
    });
  }

  async #runHead(x: Float32Array, rows: number): Promise<Float32Array> {
    const { sessions, shape } = this.#settings;
    const { logits } = await sessions.head.run({ x: new Tensor('float32', x, [rows, shape.hiddenSize]) });
    return logits!.data as Float32Array;
  }
}

/** The rows that are wanted of a step hold NaN or infinity. */
class NotFiniteError extends Error {
  override readonly name = 'NotFiniteError';
}

function assertNotExhausted({ exhaustedLayers }: ReleaseHealth): void {
  if (exhaustedLayers.length > 0) throw new ExpertsExhaustedError(exhaustedLayers);
}

/** Whether the ladder found nobody for one of an item's decisions. One that was dropped for want of room was served: with nothing, as its release wants. */
function isUnserved({ flags, gates }: Selections, topK: number, first: number, end: number): boolean {
  if (flags === null) return false;
  for (let at = first; at < end; at += topK) if (gates[at] === 0 && (flags[at / topK]! & UNSERVED_BITS) === DECISION_FLAGS.unavailable) return true;
  return false;
}

const UNSERVED_BITS = DECISION_FLAGS.unavailable | DECISION_FLAGS.dropped;

/** An item's part of what rows have; null where all of it is 0, whatever others of the step have. */
function someOf<T extends Uint8Array | Uint16Array | Float32Array>(all: T | null, from: number, count: number, always = false): T | null {
  const own = all?.subarray(from, from + count) as T | undefined;
  return own && (always || own.some((value) => value !== 0)) ? (own.slice() as T) : null;
}

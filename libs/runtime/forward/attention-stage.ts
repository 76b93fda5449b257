import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { type ModelShape } from '#libs/release/manifest';
import { attentionMask, rotaryTables, type RotaryTables, spreadProjected } from './attention-rows.ts';
import { type AttentionGroup } from './step-plan.ts';
import { type TimedSession } from './timed-session.ts';

/** One group's attention: what stays the same from layer to layer, and room for its queries. */
export interface GroupFeeds {
  readonly group: AttentionGroup;
  readonly queries: Float32Array;
  readonly query: Tensor;
  readonly mask: Tensor;
  readonly dimensions: readonly number[];
  readonly cacheDimensions: readonly number[];
}

/** What a layer's attention gave for the rows of one group. */
export interface Attended {
  readonly group: AttentionGroup;
  /** [rows][hiddenSize]: the experts' input. */
  readonly normed: Float32Array;
  /** [rows][experts]: the router's. */
  readonly logits: Float32Array;
}

/** The part of a layer before the experts: projections, cache, attention, router logits. */
export class AttentionStage {
  readonly #shape: ModelShape;
  readonly #projections: readonly TimedSession[];
  readonly #attentions: readonly TimedSession[];
  readonly #rotary: RotaryTables;

  /** Sessions by layer: of projectionGraph and attentionGraph. */
  constructor(shape: ModelShape, projections: readonly TimedSession[], attentions: readonly TimedSession[]) {
    this.#shape = shape;
    this.#projections = projections;
    this.#attentions = attentions;
    this.#rotary = rotaryTables(shape.contextTokens, shape.headSize, shape.ropeTheta);
  }

  /** Lays out a group for all layers of a step. */
  prepare(group: AttentionGroup): GroupFeeds {
    const { hiddenSize, attentionHeads, keyValueHeads, headSize, slidingWindowTokens } = this.#shape;
    const { sequences, tokens, slab } = group;
    const batch = sequences.length;
    const headsPerKey = attentionHeads / keyValueHeads;
    const queries = new Float32Array(batch * tokens * attentionHeads * headSize);
    const lengths = sequences.map(({ length }) => length);
    const mask = attentionMask(lengths, tokens, slab.capacity, headsPerKey, slidingWindowTokens);
    return {
      group,
      queries,
      query: new Tensor('float32', queries, [batch, keyValueHeads, ...(tokens === 1 ? [headsPerKey, 1] : [1, headsPerKey * tokens]), headSize]),
      mask: new Tensor('float32', mask, [batch, 1, 1, mask.length / slab.capacity / batch, slab.capacity]),
      dimensions: [batch, tokens, hiddenSize],
      cacheDimensions: [batch, keyValueHeads, 1, slab.capacity, headSize],
    };
  }

  /** Runs one layer: adds attention to hidden [rows][hiddenSize] and the new tokens to the cache. */
  async run(layer: number, groups: readonly GroupFeeds[], hidden: Float32Array): Promise<Attended[]> {
    const { hiddenSize } = this.#shape;
    const projected = await this.#project(layer, hidden);
    for (const feeds of groups) this.#spread(projected, layer, feeds);
    // Runs issued together share one turn of the event loop.
    const results = await Promise.all(groups.map((feeds) => this.#attentions[layer]!.run(this.#feeds(layer, feeds, hidden))));
    return results.map(({ residual, normed, logits }, at) => {
      const { group } = groups[at]!;
      hidden.set(residual!.data as Float32Array, group.row * hiddenSize);
      return { group, normed: normed!.data as Float32Array, logits: logits!.data as Float32Array };
    });
  }

  /** [rows][(attentionHeads + 2 keyValueHeads) * headSize] of all rows of the step. */
  async #project(layer: number, hidden: Float32Array): Promise<Float32Array> {
    const { hiddenSize } = this.#shape;
    const x = new Tensor('float32', hidden, [hidden.length / hiddenSize, hiddenSize]);
    const { projected } = await this.#projections[layer]!.run({ x });
    return projected!.data as Float32Array;
  }

  #spread(projected: Float32Array, layer: number, { group, queries }: GroupFeeds): void {
    const { sequences, tokens, row } = group;
    const perSequence = queries.length / sequences.length;
    for (const [at, sequence] of sequences.entries()) {
      spreadProjected(projected, row + at * tokens, tokens, sequence, layer, this.#shape, this.#rotary, queries, at * perSequence);
    }
  }

  #feeds(layer: number, feeds: GroupFeeds, hidden: Float32Array): InferenceSession.FeedsType {
    const { hiddenSize, keyValueHeads, headSize } = this.#shape;
    const { slab, slot, sequences, tokens, row } = feeds.group;
    const slotFloats = keyValueHeads * slab.capacity * headSize;
    const from = slot * slotFloats;
    const to = from + sequences.length * slotFloats;
    const x = hidden.subarray(row * hiddenSize, (row + sequences.length * tokens) * hiddenSize);
    return {
      x: new Tensor('float32', x, feeds.dimensions),
      query: feeds.query,
      key: new Tensor('float32', slab.keys[layer]!.subarray(from, to), feeds.cacheDimensions),
      value: new Tensor('float32', slab.values[layer]!.subarray(from, to), feeds.cacheDimensions),
      mask: feeds.mask,
    };
  }
}

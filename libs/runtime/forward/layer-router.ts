import { type ExpertMask, isMasked } from '#libs/moe/expert-mask';
import { selectExperts, type SelectionTarget } from '#libs/moe/gating';
import { descendLadder, type LayerLadder } from '#libs/moe/ladder/descend';
import { DEFAULT_LADDER } from '#libs/moe/ladder/rung';
import { type MaskMarks, selectUnmasked } from '#libs/moe/masked-gating';
import { type ModelShape, type RoutingSettings } from '#libs/release/manifest';
import { isPlainRouting } from '#libs/release/plain-routing';
import { DECISION_FLAGS } from '#libs/trace/trace';
import { type Attended } from './attention-stage.ts';
import { type ForcedRow, forcedByLayer, locateRow } from './forced-rows.ts';
import { type StepItem } from './forward-pass.ts';
import { type CachedSequence } from './kv-cache.ts';
import { RuledRouter } from './ruled-router.ts';
import { type Selections } from './selections.ts';
import { type StepPlan } from './step-plan.ts';

/**
 * Turns router logits into selections, one layer at a time. A row's selection depends on its own
 * request alone, unless the release asks for something else (routingDependence).
 *
 * A step calls begin, then select for each layer in order, then commit. select may be called again for
 * a layer, with more experts unavailable: it starts from what was committed, so nothing counts twice.
 * A step that is never committed changes nothing.
 */
export class LayerRouter {
  readonly #shape: ModelShape;
  readonly #routing: RoutingSettings;

  readonly #ruled: RuledRouter;
  /** Whether rows go through the rules of the settings, one by one, and not through softmax top-k. */
  readonly #isRuled: boolean;
  /** Sequences that do so in a release that else needs no rules: they asked for the generalist path. */
  #generalists: ReadonlySet<CachedSequence> = NO_SEQUENCES;
  /** By layer, rows whose experts are given; null: none in this step. */
  #forced: ReadonlyMap<number, readonly ForcedRow[]> | null = null;

  /** @param biases by layer, the router's selection bias; null: none has one */
  constructor(shape: ModelShape, routing: RoutingSettings, biases: readonly (Float32Array | null)[] | null = null) {
    this.#shape = shape;
    this.#routing = routing;
    this.#isRuled = !isPlainRouting(routing);
    this.#ruled = new RuledRouter(shape, routing, biases);
  }

  /** Starts a step. @param nowMs monotonic time, for quotas */
  begin(items: readonly StepItem[], { rows, masked, itemRows }: StepPlan, nowMs: number): Selections {
    const decisions = rows * this.#shape.layers;
    const gates = new Float32Array(decisions * this.#routing.topK);
    const applied = this.#routing.scale === undefined ? gates : new Float32Array(gates.length);
    this.#generalists = generalistsOf(items);
    const isRuled = this.#isRuled || this.#generalists.size > 0;
    if (isRuled) this.#ruled.begin(items, rows, nowMs);
    this.#forced = forcedByLayer(items, itemRows);
    return { expertIds: new Uint16Array(gates.length), gates, applied, flags: masked || isRuled || this.#forced !== null ? new Uint8Array(decisions) : null, lostMass: null, overflow: null };
  }

  /**
   * Writes the selections of all attention groups' rows in one layer.
   * @param attended every group of the step, in its order
   * @param unavailable experts that cannot serve now, of all layers; looked at after the requests' masks. null: all can
   */
  select(attended: readonly Attended[], layer: number, selections: Selections, unavailable: ExpertMask | null): void {
    const decisions = selections.expertIds.length / this.#routing.topK;
    if (unavailable !== null) selections.flags ??= new Uint8Array(decisions);
    if (selections.flags !== null) this.#forget(layer, selections);
    this.#selectAll(attended, layer, selections, unavailable);
    if (this.#forced !== null) this.#force(this.#forced.get(layer) ?? [], attended, layer, selections, unavailable);
  }

  #selectAll(attended: readonly Attended[], layer: number, selections: Selections, unavailable: ExpertMask | null): void {
    if (!this.#isRuled) {
      for (const one of attended) this.#selectGroup(one, layer, selections, unavailable);
      return;
    }
    this.#ruled.restart(layer);
    if (this.#routing.gating === 'expert-choice') this.#ruled.selectByExperts(attended, layer, selections, unavailable);
    else for (const { group, logits } of attended) {
      for (const [at, sequence] of group.sequences.entries()) {
        const from = at * group.tokens;
        this.#ruled.selectSequence({ sequence, mask: group.masks?.[at] ?? null, logits, from, tokens: group.tokens, row: group.row + from }, layer, selections, unavailable);
      }
    }
  }

  /** Puts given experts in place of the router's. One that cannot serve is not forced: the router's choice stays, and says so. */
  #force(rows: readonly ForcedRow[], attended: readonly Attended[], layer: number, selections: Selections, unavailable: ExpertMask | null): void {
    for (const { row, experts } of rows) {
      if (unavailable !== null && experts.some((expert) => isMasked(unavailable, layer, expert))) {
        selections.flags![row * this.#shape.layers + layer]! |= DECISION_FLAGS.unavailable | DECISION_FLAGS.fallback;
      } else this.#ruled.forceRow({ ...locateRow(attended, row), row }, experts, layer, selections);
    }
  }

  /** The step has run: what it counted holds. */
  commit(): void {
    this.#ruled.commit();
  }

  /** A copy of a sequence's cache was made: its counts are copied too. */
  fork(from: CachedSequence, to: CachedSequence): void {
    this.#ruled.fork(from, to);
  }

  /** Flags are or-ed in, so those of an earlier selection of the layer go first. */
  #forget(layer: number, { flags, lostMass, overflow }: Selections): void {
    const { layers } = this.#shape;
    for (let at = layer; at < flags!.length; at += layers) {
      flags![at] = 0;
      if (lostMass !== null) lostMass[at] = 0;
      if (overflow !== null) overflow[at] = 0;
    }
  }

  #selectGroup({ group, logits }: Attended, layer: number, selections: Selections, unavailable: ExpertMask | null): void {
    const { expertIds, gates, flags } = selections;
    const shape = this.#shape;
    const { topK, normalise } = this.#routing;
    const rowStride = shape.layers * topK;
    const settings = { experts: shape.experts, topK, normalise };
    const target = (row: number): SelectionTarget => ({ expertIds, gates, offset: layer * topK + row * rowStride, rowStride });
    if (flags === null || (group.masks === null && unavailable === null && this.#generalists.size === 0)) {
      selectExperts(logits, 0, group.sequences.length * group.tokens, settings, target(group.row));
      return;
    }
    // A row's selection depends on its own logits alone, so the rows can be taken sequence by sequence.
    for (let at = 0; at < group.sequences.length; at++) {
      const mask = group.masks?.[at] ?? null;
      const from = at * group.tokens;
      const row = group.row + from;
      const sequence = group.sequences[at]!;
      if (this.#generalists.has(sequence)) {
        this.#ruled.selectSequence({ sequence, mask, logits, from, tokens: group.tokens, row }, layer, selections, unavailable);
        continue;
      }
      const marks = { marks: flags, offset: row * shape.layers + layer, rowStride: shape.layers };
      if (mask === null) selectExperts(logits, from * shape.experts, group.tokens, settings, target(row));
      else selectUnmasked(logits, from * shape.experts, group.tokens, settings, mask, layer, target(row), marks, DECISION_FLAGS);
      if (unavailable === null) continue;
      const left = union(mask, unavailable);
      const nextBest = (token: number): void =>
        selectUnmasked(logits, (from + token) * shape.experts, 1, settings, left, layer, target(row + token), { ...marks, offset: marks.offset + token * shape.layers }, NO_MARKS);
      descendLadder(this.#ladder(layer), { rows: group.tokens, layer, experts: shape.experts, topK, mask, unavailable }, target(row), marks, DECISION_FLAGS, nextBest);
    }
  }

  #ladder(layer: number): LayerLadder {
    const { ladder, generalists } = this.#routing.fallback ?? {};
    return { rungs: ladder ?? DEFAULT_LADDER, generalist: generalists?.[layer] ?? null };
  }
}

/** What the ladder marks stands already. */
const NO_MARKS: MaskMarks = { masked: 0, fallback: 0 };

function union(a: ExpertMask | null, b: ExpertMask): ExpertMask {
  return a === null ? b : { wordsPerLayer: a.wordsPerLayer, words: a.words.map((word, at) => word | b.words[at]!) };
}

const NO_SEQUENCES: ReadonlySet<CachedSequence> = new Set();

function generalistsOf(items: readonly StepItem[]): ReadonlySet<CachedSequence> {
  if (!items.some(({ routed }) => routed?.generalist)) return NO_SEQUENCES;
  return new Set(items.flatMap(({ cache, routed }) => (routed?.generalist ? [cache as CachedSequence] : [])));
}

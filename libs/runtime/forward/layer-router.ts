import { type ExpertMask } from '#libs/moe/expert-mask';
import { selectExperts, type SelectionTarget } from '#libs/moe/gating';
import { descendLadder, type LayerLadder } from '#libs/moe/ladder/descend';
import { DEFAULT_LADDER } from '#libs/moe/ladder/rung';
import { type MaskMarks, selectUnmasked } from '#libs/moe/masked-gating';
import { type ModelShape, type RoutingSettings } from '#libs/release/manifest';
import { DECISION_FLAGS } from '#libs/trace/trace';
import { type Attended } from './attention-stage.ts';
import { type CachedSequence } from './kv-cache.ts';
import { type StepPlan } from './step-plan.ts';

/** Selections of a step: expertIds and gates are [row][layer][k]. */
export interface Selections {
  readonly expertIds: Uint16Array;
  /** As recorded: before the release's scale. */
  readonly gates: Float32Array;
  /** As applied to the experts' outputs; the same array as `gates` where the release has no scale. */
  readonly applied: Float32Array;
  /** [row][layer]: DECISION_FLAGS; null until a decision of the step may carry one, so that plain steps pay nothing. */
  flags: Uint8Array | null;
}

/** Bits of the decisions whose ranks with gate 0 no expert serves. */
export const EMPTY_RANKS = DECISION_FLAGS.dropped | DECISION_FLAGS.fallback;

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

  constructor(shape: ModelShape, routing: RoutingSettings) {
    this.#shape = shape;
    this.#routing = routing;
  }

  /** Starts a step. @param _nowMs monotonic time, for quotas */
  begin({ rows, masked }: StepPlan, _nowMs: number): Selections {
    const { layers } = this.#shape;
    const decisions = rows * layers;
    const gates = new Float32Array(decisions * this.#routing.topK);
    return { expertIds: new Uint16Array(gates.length), gates, applied: gates, flags: masked ? new Uint8Array(decisions) : null };
  }

  /**
   * Writes the selections of all attention groups' rows in one layer.
   * @param attended every group of the step, in its order
   * @param unavailable experts that cannot serve now, of all layers; looked at after the requests' masks. null: all can
   */
  select(attended: readonly Attended[], layer: number, selections: Selections, unavailable: ExpertMask | null): void {
    if (unavailable !== null) selections.flags ??= new Uint8Array((selections.expertIds.length / this.#routing.topK));
    for (const one of attended) this.#selectGroup(one, layer, selections, unavailable);
  }

  /** The step has run: what it counted holds. */
  commit(): void {}

  /** A copy of a sequence's cache was made: its counts are copied too. */
  fork(_from: CachedSequence, _to: CachedSequence): void {}

  #selectGroup({ group, logits }: Attended, layer: number, { expertIds, gates, flags }: Selections, unavailable: ExpertMask | null): void {
    const shape = this.#shape;
    const { topK, normalise } = this.#routing;
    const rowStride = shape.layers * topK;
    const settings = { experts: shape.experts, topK, normalise };
    const target = (row: number): SelectionTarget => ({ expertIds, gates, offset: layer * topK + row * rowStride, rowStride });
    if (flags === null || (group.masks === null && unavailable === null)) {
      selectExperts(logits, 0, group.sequences.length * group.tokens, settings, target(group.row));
      return;
    }
    // A row's selection depends on its own logits alone, so the rows can be taken sequence by sequence.
    for (let at = 0; at < group.sequences.length; at++) {
      const mask = group.masks?.[at] ?? null;
      const from = at * group.tokens;
      const row = group.row + from;
      const marks = { marks: flags, offset: row * shape.layers + layer, rowStride: shape.layers };
      if (mask === null) selectExperts(logits, from * shape.experts, group.tokens, settings, target(row));
      else selectUnmasked(logits, from * shape.experts, group.tokens, settings, mask, layer, target(row), marks, DECISION_FLAGS);
      if (unavailable === null) continue;
      const left = union(mask, unavailable);
      const nextBest = (at: number): void =>
        selectUnmasked(logits, (from + at) * shape.experts, 1, settings, left, layer, target(row + at), { ...marks, offset: marks.offset + at * shape.layers }, NO_MARKS);
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

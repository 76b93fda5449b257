import { selectExperts, type SelectionTarget } from '#libs/moe/gating';
import { selectUnmasked } from '#libs/moe/masked-gating';
import { type ModelShape, type RoutingSettings } from '#libs/release/manifest';
import { DECISION_FLAGS } from '#libs/trace/trace';
import { type Attended } from './attention-stage.ts';

/** Selections of a step: expertIds and gates are [row][layer][k]. */
export interface Selections {
  readonly expertIds: Uint16Array;
  readonly gates: Float32Array;
  /** [row][layer]: DECISION_FLAGS; null where no decision of the step can carry any, so that plain steps pay nothing. */
  readonly flags: Uint8Array | null;
}

/** Turns one layer's router logits into selections. A row's selection depends on its own request alone. */
export class LayerRouter {
  readonly #shape: ModelShape;
  readonly #routing: RoutingSettings;

  constructor(shape: ModelShape, routing: RoutingSettings) {
    this.#shape = shape;
    this.#routing = routing;
  }

  /** Writes the selections of one attention group's rows in one layer. */
  select({ group, logits }: Attended, layer: number, { expertIds, gates, flags }: Selections): void {
    const shape = this.#shape;
    const { topK, normalise } = this.#routing;
    const rowStride = shape.layers * topK;
    const settings = { experts: shape.experts, topK, normalise };
    const target = (row: number): SelectionTarget => ({ expertIds, gates, offset: layer * topK + row * rowStride, rowStride });
    if (flags === null || group.masks === null) {
      selectExperts(logits, 0, group.sequences.length * group.tokens, settings, target(group.row));
      return;
    }
    // A row's selection depends on its own logits alone, so the rows can be taken sequence by sequence.
    for (const [at, mask] of group.masks.entries()) {
      const from = at * group.tokens;
      const row = group.row + from;
      const marks = { marks: flags, offset: row * shape.layers + layer, rowStride: shape.layers };
      if (mask === null) selectExperts(logits, from * shape.experts, group.tokens, settings, target(row));
      else selectUnmasked(logits, from * shape.experts, group.tokens, settings, mask, layer, target(row), marks, DECISION_FLAGS);
    }
  }
}

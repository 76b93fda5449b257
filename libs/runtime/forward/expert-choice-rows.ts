import { type ExpertMask } from '#libs/moe/expert-mask';
import { capacityTokens } from '#libs/moe/capacity/capacity-tokens';
import { chooseByExpert } from '#libs/moe/gating/expert-choice';
import { RouterLogitsError } from '#libs/moe/gating';
import { EXPERT_STATE } from '#libs/moe/route-row';
import { type ModelShape, type RoutingSettings } from '#libs/release/manifest';
import { DECISION_FLAGS } from '#libs/trace/trace';
import { type Attended } from './attention-stage.ts';
import { setStates } from './expert-states.ts';
import { type Selections } from './selections.ts';

/** Lets the experts of one layer choose among all rows of a step. Experts that cannot serve choose nothing. */
export function selectByExpertChoice(
  { experts, layers }: ModelShape,
  { topK, capacity }: RoutingSettings,
  attended: readonly Attended[],
  layer: number,
  selections: Selections,
  unavailable: ExpertMask | null,
): void {
  const rows = attended.reduce((sum, { group }) => sum + group.sequences.length * group.tokens, 0);
  const logits = new Float64Array(rows * experts);
  const open = new Uint8Array(rows * experts);
  const marks = new Uint8Array(rows);
  for (const { group, logits: own } of attended) {
    logits.set(own.subarray(0, group.sequences.length * group.tokens * experts), group.row * experts);
    for (let at = 0; at < group.sequences.length; at++) openRows(open, marks, group.row + at * group.tokens, group.tokens, experts, group.masks?.[at] ?? null, unavailable, layer);
  }
  const bad = logits.findIndex((logit) => !Number.isFinite(logit));
  if (bad >= 0) throw new RouterLogitsError(Math.floor(bad / experts));
  const chosen = { expertIds: new Uint16Array(rows * topK), gates: new Float32Array(rows * topK), served: new Uint16Array(rows), lost: new Float32Array(rows) };
  chooseByExpert(logits, open, rows, experts, topK, capacityTokens(capacity?.factor ?? 1, rows, topK, experts), chosen);
  for (let row = 0; row < rows; row++) {
    const decision = row * layers + layer;
    selections.expertIds.set(chosen.expertIds.subarray(row * topK, (row + 1) * topK), decision * topK);
    selections.gates.set(chosen.gates.subarray(row * topK, (row + 1) * topK), decision * topK);
    const lost = chosen.lost[row]!;
    selections.flags![decision] = marks[row]! | (chosen.served[row]! < topK ? DECISION_FLAGS.fallback : 0) | (lost > 0 ? DECISION_FLAGS.dropped : 0);
    if (lost > 0) (selections.lostMass ??= new Float32Array(selections.flags!.length))[decision] = lost;
  }
}

/** Marks say that an expert was kept from the row: which rows it would have chosen is not worked out. */
function openRows(open: Uint8Array, marks: Uint8Array, first: number, rows: number, experts: number, mask: ExpertMask | null, unavailable: ExpertMask | null, layer: number): void {
  const state = new Uint8Array(experts);
  setStates(state, mask, unavailable, layer);
  const bits = (state.includes(EXPERT_STATE.masked) ? DECISION_FLAGS.masked : 0) | (state.includes(EXPERT_STATE.unavailable) ? DECISION_FLAGS.unavailable : 0);
  for (let row = first; row < first + rows; row++) {
    marks[row] = bits;
    for (let expert = 0; expert < experts; expert++) open[row * experts + expert] = state[expert] === EXPERT_STATE.open ? 1 : 0;
  }
}

import { type ExpertMask } from '#libs/moe/expert-mask';
import { biasedSelection } from '#libs/moe/gating/biased-selection';
import { type Gate } from '#libs/moe/gating/gate';
import { gateFor } from '#libs/moe/gating/gate-for';
import { addNoise, standardNormal } from '#libs/moe/gating/noisy-topk';
import { DEFAULT_LADDER } from '#libs/moe/ladder/rung';
import { RowRouter, type RowRules } from '#libs/moe/route-row';
import { type ModelShape, type RoutingSettings } from '#libs/release/manifest';
import { DECISION_FLAGS } from '#libs/trace/trace';
import { philox4x32 } from '../sampling/philox.ts';
import { type Attended } from './attention-stage.ts';
import { selectByExpertChoice } from './expert-choice-rows.ts';
import { setStates } from './expert-states.ts';
import { type RoutedRequest, type StepItem } from './forward-pass.ts';
import { type CachedSequence } from './kv-cache.ts';
import { RoutingRoom } from './routing-room.ts';
import { type Selections } from './selections.ts';

/** Of a sequence whose owner says nothing. */
const NOBODY: RoutedRequest = { promptTokens: 0, seed: 0, tenant: null, generalist: false };
/** Third word of the counter of noise draws, which keeps them apart from those of sampling. */
const NOISE_STREAM = 0x6e6f6973;

/** Rows of one sequence in a step. */
export interface SequenceRows {
  readonly sequence: CachedSequence;
  readonly mask: ExpertMask | null;
  /** [rows][experts] of the group, and where the sequence's begin. */
  readonly logits: Float32Array;
  readonly from: number;
  readonly tokens: number;
  /** First of its rows in the step. */
  readonly row: number;
}

/** One row of a step whose experts are given. */
interface ForcedPlace {
  readonly sequence: CachedSequence;
  readonly mask: ExpertMask | null;
  /** [rows][experts] of its group, and its row there. */
  readonly logits: Float32Array;
  readonly at: number;
  /** Its index among the sequence's tokens of the step. */
  readonly token: number;
  /** In the step. */
  readonly row: number;
}

/** Routes rows one by one, by everything that routing settings can say. */
export class RuledRouter {
  readonly #shape: ModelShape;
  readonly #routing: RoutingSettings;
  readonly #rules: readonly RowRules[];
  readonly #router: RowRouter;
  readonly #room: RoutingRoom;
  readonly #deviations: Float64Array | null;
  #requests = new Map<CachedSequence, RoutedRequest>();

  /** @param biases by layer, [experts]: selection bias of sigmoid-bias; null: all zero */
  constructor(shape: ModelShape, routing: RoutingSettings, biases: readonly (Float32Array | null)[] | null) {
    this.#shape = shape;
    this.#routing = routing;
    this.#rules = Array.from({ length: shape.layers }, (_, layer) => rulesOf(shape, routing, layer, biases?.[layer] ?? null));
    this.#router = new RowRouter(shape.experts, routing.topK, DECISION_FLAGS);
    this.#room = new RoutingRoom(shape, routing);
    this.#deviations = routing.noise ? new Float64Array(shape.experts).fill(routing.noise.deviation) : null;
  }

  begin(items: readonly StepItem[], rows: number, nowMs: number): void {
    this.#requests = new Map(items.map(({ cache, routed }) => [cache as CachedSequence, routed ?? NOBODY]));
    this.#room.begin([...this.#requests.keys()], rows, nowMs);
  }

  /** A layer's selections begin, perhaps once more. */
  restart(layer: number): void {
    this.#room.restart(layer);
  }

  commit(): void {
    this.#room.commit();
  }

  fork(from: CachedSequence, to: CachedSequence): void {
    this.#room.fork(from, to);
  }

  selectSequence(rows: SequenceRows, layer: number, selections: Selections, unavailable: ExpertMask | null): void {
    const { layers } = this.#shape;
    const { topK } = this.#routing;
    const router = this.#router;
    const rules = this.#rules[layer]!;
    const request = this.#requests.get(rows.sequence) ?? NOBODY;
    setStates(router.state, rows.mask, unavailable, layer);
    for (let token = 0; token < rows.tokens; token++) {
      const position = rows.sequence.length + token;
      const row = rows.row + token;
      const decision = row * layers + layer;
      this.#readLogits(rows.logits, rows.from + token, request, position, layer);
      const room = this.#room.of(rows.sequence, request, layer, position);
      router.route(rules, room, request.generalist, row, selections.expertIds, selections.gates, decision * topK);
      selections.flags![decision] = router.marks;
      if (router.lostMass > 0) (selections.lostMass ??= new Float32Array(selections.flags!.length))[decision] = router.lostMass;
      if (router.overflow > 0) (selections.overflow ??= new Uint16Array(selections.flags!.length))[decision] = router.overflow;
      this.#scale(rules, selections, decision * topK);
    }
  }

  /** Writes given experts over what was selected for a row. Flags say `fallback` where they are others than the router's. */
  forceRow({ sequence, mask, logits, at, token, row }: ForcedPlace, forced: readonly number[], layer: number, selections: Selections): void {
    const { topK } = this.#routing;
    const decision = row * this.#shape.layers + layer;
    const rules = this.#rules[layer]!;
    const own = selections.expertIds.subarray(decision * topK, (decision + 1) * topK);
    const isOwn = forced.every((expert) => own.includes(expert));
    setStates(this.#router.state, mask, null, layer);
    this.#readLogits(logits, at, this.#requests.get(sequence) ?? NOBODY, sequence.length + token, layer);
    this.#router.force(rules, forced, row, selections.expertIds, selections.gates, decision * topK);
    if (!isOwn) selections.flags![decision] = this.#router.marks | DECISION_FLAGS.fallback;
    this.#scale(rules, selections, decision * topK);
  }

  #readLogits(logits: Float32Array, row: number, { seed }: RoutedRequest, position: number, layer: number): void {
    const { experts } = this.#shape;
    const { logits: own } = this.#router;
    for (let expert = 0; expert < experts; expert++) own[expert] = logits[row * experts + expert]!;
    if (this.#deviations !== null) addNoise(own, this.#deviations, (expert) => noiseOf(seed, position, layer, expert));
  }

  /** All rows at once, where experts choose. */
  selectByExperts(attended: readonly Attended[], layer: number, selections: Selections, unavailable: ExpertMask | null): void {
    selectByExpertChoice(this.#shape, this.#routing, attended, layer, selections, unavailable);
    for (let row = 0; row < selections.flags!.length / this.#shape.layers; row++) this.#scale(this.#rules[layer]!, selections, (row * this.#shape.layers + layer) * this.#routing.topK);
  }

  /** Applied gates of routed experts are the recorded ones times the release's scale. */
  #scale({ shared }: RowRules, { expertIds, gates, applied }: Selections, from: number): void {
    const { scale, topK } = this.#routing;
    if (scale === undefined) return;
    for (let at = from; at < from + topK; at++) applied[at] = shared.includes(expertIds[at]!) ? gates[at]! : gates[at]! * scale;
  }
}

function rulesOf({ experts }: ModelShape, { gating, topK, normalise, selectionGroups, sharedExperts = [], selectionBias, fallback, capacity }: RoutingSettings, layer: number, bias: Float32Array | null): RowRules {
  const rowGating = gating === 'expert-choice' ? 'softmax-topk' : gating;
  const own = selectionBias?.[layer] ?? null;
  // The rule with a bias has it on the scale of its scores; the others choose by logits.
  const added = gating === 'sigmoid-bias' && own !== null ? Float32Array.from(own, (value, expert) => value + (bias?.[expert] ?? 0)) : bias;
  const plain = gateFor({ gating: rowGating, experts, topK: topK - sharedExperts.length, normalise, groups: selectionGroups ?? null, bias: added });
  const gate: Gate = gating === 'sigmoid-bias' || own === null ? plain : biasedSelection(plain, Float64Array.from(own));
  return {
    topK,
    gate,
    normalise,
    shared: sharedExperts,
    ladder: fallback?.ladder ?? DEFAULT_LADDER,
    generalist: fallback?.generalists?.[layer] ?? null,
    minConfidence: fallback?.minConfidence ?? 0,
    policy: capacity?.policy ?? 'reroute',
  };
}

/** A standard normal number that the seed, the position, the layer and the expert determine. */
function noiseOf(seed: number, position: number, layer: number, expert: number): number {
  const [first, second] = philox4x32([position >>> 0, layer >>> 0, NOISE_STREAM, expert >>> 0], [seed >>> 0, Math.floor(seed / 0x1_0000_0000) >>> 0]);
  return standardNormal(first / 0x1_0000_0000, second / 0x1_0000_0000);
}

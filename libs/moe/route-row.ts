import { type OverflowPolicy } from './capacity/capacity-settings.ts';
import { newPlacement, placeSelection, type Room } from './capacity/place-selection.ts';
import { RouterLogitsError } from './gating.ts';
import { chooseBest, type Gate } from './gating/gate.ts';
import { decideRung, type Rung } from './ladder/rung.ts';

/** What holds for all rows of a layer. */
export interface RowRules {
  /** Ranks of a row: shared experts first, then those that the gate chooses. */
  readonly topK: number;
  readonly gate: Gate;
  /** Whether a row's routed gates add up to 1. */
  readonly normalise: boolean;
  /** Experts that serve every row with gate 1, whatever the router says (DeepSeekMoE, Dai et al. 2024, equation 9). */
  readonly shared: readonly number[];
  readonly ladder: readonly Rung[];
  /** null: the layer has none. */
  readonly generalist: number | null;
  /** Rows whose largest softmax probability over all experts is below this go to the generalist. */
  readonly minConfidence: number;
  readonly policy: OverflowPolicy;
}

/** Bits of a decision; what they are is the caller's. */
export interface RowMarks {
  readonly dropped: number;
  readonly rerouted: number;
  readonly masked: number;
  readonly fallback: number;
  readonly unavailable: number;
  readonly generalist: number;
}

/** Why an expert may not serve a row. */
export const EXPERT_STATE = { open: 0, masked: 1, unavailable: 2 } as const;

/**
 * Routes one row at a time, with room to work in that is used again. After route, `marks` and the
 * figures below it say what happened to that row.
 */
export class RowRouter {
  readonly #bits: RowMarks;
  readonly #topK: number;
  /** [experts]: the row's logits; the caller fills them in. */
  readonly logits: Float64Array;
  /** [experts]: EXPERT_STATE of each for the row; the caller fills it in. */
  readonly state: Uint8Array;
  marks = 0;
  /** Gates of dropped selections. */
  lostMass = 0;
  /** Selections whose expert was full, whatever came of them. */
  overflow = 0;
  /** What served instead of unavailable experts; null: nothing had to. */
  rung: Rung | null = null;
  readonly #open: Uint8Array;
  readonly #scores: Float64Array;
  readonly #chosen: Uint16Array;
  readonly #plain: Uint16Array;
  readonly #weights: Float64Array;
  readonly #placement;
  /** How many of #chosen hold. */
  #count = 0;

  constructor(experts: number, topK: number, bits: RowMarks) {
    this.#bits = bits;
    this.#topK = topK;
    this.logits = new Float64Array(experts);
    this.state = new Uint8Array(experts);
    this.#open = new Uint8Array(experts);
    this.#scores = new Float64Array(experts);
    this.#chosen = new Uint16Array(topK);
    this.#plain = new Uint16Array(topK);
    this.#weights = new Float64Array(topK);
    this.#placement = newPlacement(topK);
  }

  /**
   * Chooses the row's experts and works out their gates, in this order: the generalist path, masks, the
   * ladder for unavailable experts, capacity. Writes topK ids and gates from `to` on, those that serve
   * first, by descending preference; then dropped ones, with the full expert's id and gate 0; then unused
   * ones, with the first id and gate 0.
   * @param room null: no expert is ever full
   * @param isGeneralist the whole request takes the generalist path
   * @throws RouterLogitsError naming `row`
   */
  route(rules: RowRules, room: Room | null, isGeneralist: boolean, row: number, expertIds: Uint16Array, gates: Float32Array, to: number): void {
    this.marks = 0;
    this.lostMass = 0;
    this.overflow = 0;
    this.rung = null;
    this.#checkLogits(row);
    const shared = this.#serveShared(rules, expertIds, gates, to);
    const used = this.#serveRouted(rules, room, isGeneralist, row, expertIds, gates, to + shared);
    this.#leaveUnused(expertIds, gates, to, shared + used);
  }

  /**
   * Serves the experts that the caller chose: shared ones first, as ever, then the given ones by descending
   * preference of the gate, equal ones by ascending id. Their gates are those that the gate gives to chosen
   * experts, so where the given ones are what the gate would choose, every bit is that of `route`.
   * Neither the generalist path nor capacity acts on such a row.
   * @param forced topK experts less the shared ones; all of them open
   */
  force(rules: RowRules, forced: readonly number[], row: number, expertIds: Uint16Array, gates: Float32Array, to: number): void {
    this.marks = 0;
    this.#checkLogits(row);
    const shared = this.#serveShared(rules, expertIds, gates, to);
    this.#mark(rules, EXPERT_STATE.open);
    rules.gate.score(this.logits, this.#open, this.#scores);
    const ordered = forced.toSorted((a, b) => this.#scores[b]! - this.#scores[a]! || a - b);
    this.#chosen.set(ordered);
    this.#weigh(rules, this.#chosen, ordered.length, row);
    for (const [rank, expert] of ordered.entries()) {
      expertIds[to + shared + rank] = expert;
      gates[to + shared + rank] = Math.min(this.#weights[rank]!, 1);
    }
    this.#leaveUnused(expertIds, gates, to, shared + ordered.length);
  }

  #serveRouted(rules: RowRules, room: Room | null, isGeneralist: boolean, row: number, expertIds: Uint16Array, gates: Float32Array, to: number): number {
    if (this.#takesGeneralist(rules, isGeneralist)) return this.#serveGeneralist(rules, room, row, expertIds, gates, to);
    this.#count = this.#choose(rules, this.#topK - rules.shared.length);
    if (this.rung === 'generalist') return this.#serveGeneralist(rules, room, row, expertIds, gates, to);
    if (this.rung === 'dense') this.lostMass = rules.normalise ? 1 : this.#plainMass(rules, row);
    this.#place(rules, room);
    return this.#write(rules, row, expertIds, gates, to);
  }

  #checkLogits(row: number): void {
    for (let expert = 0; expert < this.logits.length; expert++) if (Number.isNaN(this.logits[expert]!)) throw new RouterLogitsError(row);
  }

  #takesGeneralist({ generalist, minConfidence }: RowRules, isGeneralist: boolean): boolean {
    if (generalist === null || this.state[generalist] !== EXPERT_STATE.open) return false;
    return isGeneralist || (minConfidence > 0 && this.#confidence() < minConfidence);
  }

  /** Largest softmax probability over all experts. */
  #confidence(): number {
    let largest = -Infinity;
    for (let expert = 0; expert < this.logits.length; expert++) largest = Math.max(largest, this.logits[expert]!);
    let sum = 0;
    for (let expert = 0; expert < this.logits.length; expert++) sum += Math.exp(this.logits[expert]! - largest);
    return 1 / sum;
  }

  /** The generalist in place of all routed experts, with the mass that the row would give to them, at most 1. */
  #serveGeneralist(rules: RowRules, room: Room | null, row: number, expertIds: Uint16Array, gates: Float32Array, to: number): number {
    const expert = rules.generalist!;
    this.marks |= this.#bits.generalist | this.#bits.fallback;
    room?.take(expert);
    expertIds[to] = expert;
    gates[to] = rules.normalise ? 1 : Math.min(this.#plainMass(rules, row), 1);
    return 1;
  }

  /** Sum of the gates with every expert available. */
  #plainMass(rules: RowRules, row: number): number {
    const count = this.#chooseAmong(rules, EXPERT_STATE.unavailable, this.#topK - rules.shared.length, this.#plain);
    return this.#weigh(rules, this.#plain, count, row);
  }

  /** Shared experts take the first ranks. */
  #serveShared({ shared }: RowRules, expertIds: Uint16Array, gates: Float32Array, to: number): number {
    let served = 0;
    for (let at = 0; at < shared.length; at++) {
      const expert = shared[at]!;
      const state = this.state[expert];
      if (state !== EXPERT_STATE.open) {
        this.marks |= this.#bits.fallback | (state === EXPERT_STATE.masked ? this.#bits.masked : this.#bits.unavailable);
        continue;
      }
      expertIds[to + served] = expert;
      gates[to + served] = 1;
      served++;
    }
    return served;
  }

  /** Fills in #chosen, by what is left; gives how many. */
  #choose(rules: RowRules, ranks: number): number {
    if (!this.#someClosed()) return this.#chooseAmong(rules, EXPERT_STATE.open, ranks, this.#chosen);
    const plain = this.#chooseAmong(rules, ANY, ranks, this.#plain);
    if (this.#holds(this.#plain, plain, EXPERT_STATE.masked)) this.marks |= this.#bits.masked;
    const allowed = this.#chooseAmong(rules, EXPERT_STATE.unavailable, ranks, this.#plain);
    if (allowed < plain) this.marks |= this.#bits.fallback;
    const isWhole = !this.#holds(this.#plain, allowed, EXPERT_STATE.unavailable);
    if (isWhole) this.#chosen.set(this.#plain);
    else this.marks |= this.#bits.unavailable | this.#bits.fallback;
    const count = isWhole ? allowed : this.#descend(rules, allowed, ranks);
    // Who takes an overflow must be able to serve.
    this.#mark(rules, EXPERT_STATE.open);
    rules.gate.score(this.logits, this.#open, this.#scores);
    return count;
  }

  /** What the ladder makes of the first `allowed` of #plain, of which some are unavailable. */
  #descend(rules: RowRules, allowed: number, ranks: number): number {
    let left = 0;
    for (let rank = 0; rank < allowed; rank++) if (this.state[this.#plain[rank]!] === EXPERT_STATE.open) this.#chosen[left++] = this.#plain[rank]!;
    const { rung } = decideRung(rules.ladder, {
      lost: true,
      selectedLeft: left > 0,
      anyLeft: this.#anyOpen(rules),
      generalistLeft: rules.generalist !== null && this.state[rules.generalist] === EXPERT_STATE.open,
    });
    this.rung = rung === 'whole' ? null : rung;
    if (rung === 'renormalise') return left;
    return rung === 'next-best' ? this.#chooseAmong(rules, EXPERT_STATE.open, ranks, this.#chosen) : 0;
  }

  #place(rules: RowRules, room: Room | null): void {
    placeSelection(this.#chosen, this.#count, this.#scores, room ?? UNBOUNDED, rules.policy, this.#placement);
    this.overflow = this.#placement.overflow;
    if (this.#placement.rerouted) this.marks |= this.#bits.rerouted;
  }

  /** Gates of what was placed; those that serve go first. Gives how many ranks it wrote. */
  #write(rules: RowRules, row: number, expertIds: Uint16Array, gates: Float32Array, to: number): number {
    const { experts, dropped, count } = this.#placement;
    if (count === 0) return 0;
    let scale = 1;
    if (this.rung === 'renormalise' && !rules.normalise) {
      // Weights that do not add up to 1 keep the sum that they had with the lost experts.
      const before = this.#plainMass(rules, row);
      this.#mark(rules, EXPERT_STATE.unavailable);
      scale = before / this.#weigh(rules, this.#chosen, this.#count, row);
    }
    this.#mark(rules, this.rung === 'next-best' ? EXPERT_STATE.open : EXPERT_STATE.unavailable);
    this.#weigh(rules, experts, count, row);
    let written = 0;
    for (const isDropped of [0, 1]) {
      for (let at = 0; at < count; at++) {
        if (dropped[at] !== isDropped) continue;
        // No gate is above 1, which the record of a decision could not hold.
        const gate = Math.min(this.#weights[at]! * scale, 1);
        expertIds[to + written] = experts[at]!;
        gates[to + written] = isDropped === 1 ? 0 : gate;
        written++;
        if (isDropped === 0) continue;
        this.lostMass += gate;
        this.marks |= this.#bits.dropped;
      }
    }
    return written;
  }

  #leaveUnused(expertIds: Uint16Array, gates: Float32Array, to: number, used: number): void {
    if (used === this.#topK) return;
    this.marks |= this.#bits.fallback;
    // A row that nobody serves still names an expert, which gets nothing of it.
    if (used === 0) expertIds[to] = Math.max(this.state.findIndex((state) => state !== EXPERT_STATE.masked), 0);
    for (let rank = used; rank < this.#topK; rank++) {
      expertIds[to + rank] = expertIds[to]!;
      gates[to + rank] = 0;
    }
  }

  /** Chooses among experts whose state is open or `also`; leaves their scores and who was open behind. */
  #chooseAmong(rules: RowRules, also: number, ranks: number, chosen: Uint16Array): number {
    this.#mark(rules, also);
    rules.gate.score(this.logits, this.#open, this.#scores);
    return chooseBest(this.#scores, ranks, chosen);
  }

  #mark({ shared }: RowRules, also: number): void {
    for (let expert = 0; expert < this.#open.length; expert++) {
      const state = this.state[expert]!;
      this.#open[expert] = state === EXPERT_STATE.open || state === also || also === ANY ? 1 : 0;
    }
    for (let at = 0; at < shared.length; at++) this.#open[shared[at]!] = 0;
  }

  /** Fills in #weights; gives their sum. */
  #weigh({ gate }: RowRules, chosen: Uint16Array, count: number, row: number): number {
    gate.weigh(this.logits, this.#open, chosen, count, this.#weights);
    let sum = 0;
    for (let rank = 0; rank < count; rank++) sum += this.#weights[rank]!;
    if (!(sum >= 0 && sum < Infinity)) throw new RouterLogitsError(row);
    return sum;
  }

  #someClosed(): boolean {
    for (let expert = 0; expert < this.state.length; expert++) if (this.state[expert] !== EXPERT_STATE.open) return true;
    return false;
  }

  #anyOpen({ shared }: RowRules): boolean {
    for (let expert = 0; expert < this.state.length; expert++) if (this.state[expert] === EXPERT_STATE.open && !shared.includes(expert)) return true;
    return false;
  }

  #holds(chosen: Uint16Array, count: number, state: number): boolean {
    for (let rank = 0; rank < count; rank++) if (this.state[chosen[rank]!] === state) return true;
    return false;
  }
}

/** Every state counts as open. */
const ANY = 3;

const UNBOUNDED: Room = { has: () => true, take: () => undefined };

import { Tensor } from 'onnxruntime-node';
import { combineRows, type DispatchPlan, gatherRows, newDispatchPlan, type PartialRows, planDispatch } from '#libs/moe/dispatch';
import { type SelectionTarget } from '#libs/moe/gating';
import { type Attended } from './attention-stage.ts';
import { isFinite32 } from './finite.ts';
import { type ExpertTiming } from './forward-pass.ts';
import { LikelyExperts } from '../placement/likely-experts.ts';
import { type TimedSession } from './timed-session.ts';

/** Timings kept until somebody drains them; a step of 16 sequences makes at most some hundred. */
const MAX_TIMINGS = 100_000;

/** An expert whose run gave nothing that can be used. */
export interface ExpertFault {
  readonly expert: number;
  readonly reason: 'error' | 'not-finite';
}

/** Told of each run that ended well. */
export type RunObserver = (timing: ExpertTiming) => void;

/** The experts' part of a layer: rows to experts, one run each, weighted sum back. */
export class ExpertStage {
  readonly #sessions: readonly (readonly TimedSession[])[];
  readonly #hiddenSize: number;
  readonly #topK: number;
  readonly #observe: RunObserver;
  #timings: ExpertTiming[] = [];
  #packed = new Float32Array(0);
  /** null where all experts are in memory. */
  readonly #likely: LikelyExperts | null;

  /** Sessions are [layer][expert], of expertGraph. */
  constructor(sessions: readonly (readonly TimedSession[])[], hiddenSize: number, topK: number, observe: RunObserver) {
    this.#sessions = sessions;
    this.#hiddenSize = hiddenSize;
    this.#topK = topK;
    this.#observe = observe;
    this.#likely = sessions.some((row) => row.some((session) => 'expect' in session)) ? new LikelyExperts(sessions.length, sessions[0]!.length) : null;
  }

  drainTimings(): ExpertTiming[] {
    const timings = this.#timings;
    this.#timings = [];
    return timings;
  }

  /**
   * Adds the selected experts' outputs, times their gates, to hidden [rows][hiddenSize], and gives none;
   * or gives the experts that failed, and hidden is as before.
   * @param partial rows that fewer experts may serve
   * @param isChecked whether each output is looked at: one that is not finite counts as failed
   */
  async run(
    layer: number,
    attended: readonly Attended[],
    selection: SelectionTarget,
    partial: PartialRows | null,
    hidden: Float32Array,
    isChecked: boolean,
  ): Promise<readonly ExpertFault[]> {
    const rows = hidden.length / this.#hiddenSize;
    const plan = newDispatchPlan(this.#sessions[layer]!.length, rows, this.#topK);
    planDispatch(plan, selection, rows, this.#topK, partial);
    if (this.#likely !== null) this.#expectNext(layer, plan, this.#likely);
    const packed = this.#packedRows(rows * this.#topK);
    for (const { group, normed } of attended) {
      gatherRows(plan, normed, group.row, group.sequences.length * group.tokens, this.#topK, this.#hiddenSize, packed);
    }
    const { outputs, faults } = await this.#runEach(layer, plan, packed, isChecked);
    if (faults.length === 0) combineRows(plan, hidden, rows, this.#topK, this.#hiddenSize, selection, outputs);
    return faults;
  }

  /** Tells experts of the next layer that they are likely to run, before this layer's runs hold the thread. */
  #expectNext(layer: number, { starts }: DispatchPlan, likely: LikelyExperts): void {
    const used: number[] = [];
    for (let expert = 0; expert + 1 < starts.length; expert += 1) if (starts[expert + 1]! > starts[expert]!) used.push(expert);
    // A step of few rows: about as many experts as it uses here.
    const next = this.#sessions[(layer + 1) % this.#sessions.length]!;
    for (const expert of likely.next(layer, used, used.length)) next[expert]!.expect?.();
  }

  #packedRows(count: number): Float32Array {
    const floats = count * this.#hiddenSize;
    if (this.#packed.length < floats) this.#packed = new Float32Array(floats);
    return this.#packed;
  }

  /** Each expert's output over its packed rows; null where it has none. */
  async #runEach(
    layer: number,
    { starts }: DispatchPlan,
    packed: Float32Array,
    isChecked: boolean,
  ): Promise<{ readonly outputs: readonly (Float32Array | null)[]; readonly faults: readonly ExpertFault[] }> {
    const width = this.#hiddenSize;
    const runs: Promise<void>[] = [];
    const outputs: (Float32Array | null)[] = [];
    const faults: ExpertFault[] = [];
    const runOne = async (expert: number, session: TimedSession, from: number, tokens: number) => {
      const x = new Tensor('float32', packed.subarray(from * width, (from + tokens) * width), [tokens, width]);
      let y: Float32Array;
      try {
        y = (await session.run({ x }))['y']!.data as Float32Array;
      } catch {
        faults.push({ expert, reason: 'error' });
        return;
      }
      outputs[expert] = y;
      if (isChecked && !isFinite32(y)) {
        faults.push({ expert, reason: 'not-finite' });
        return;
      }
      const timing = { layer, expert, tokens, durationMs: session.lastRunMs };
      if (this.#timings.length < MAX_TIMINGS) this.#timings.push(timing);
      this.#observe(timing);
    };
    for (const [expert, session] of this.#sessions[layer]!.entries()) {
      outputs.push(null);
      const from = starts[expert]!;
      const tokens = starts[expert + 1]! - from;
      if (tokens > 0) runs.push(runOne(expert, session, from, tokens));
    }
    await Promise.all(runs);
    return { outputs, faults };
  }
}

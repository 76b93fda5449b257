import { type ReleaseManifest } from '#libs/release/manifest';
import { type ExpertRef } from '../probe/probe.ts';
import { type Json } from '../run/run.ts';
import { activationRates, type RateDifference } from './activation-rates.ts';
import { type AskedItem } from './ask-items.ts';
import { bestCarrier, type Carrier, nextSets, setCandidates } from './carriers.ts';
import { clusteredMean, type TestedMean } from './clustered-mean.ts';
import { type ConcentrationLayout, type ItemOutline, partsOf, type Stage, stageOf } from './concentration-layout.ts';
import { chooseKnockOuts, type KnockOut, knockOutEffects } from './knock-outs.ts';
import { type SafetyClass } from '../suite/items.ts';

type Shape = Pick<ReleaseManifest['shape'], 'layers' | 'experts'>;

/**
 * What the parts so far say, stage by stage. Each stage needs the parts of those before it, so the same
 * functions choose what a step leaves out and, at the end, fold all parts into the result.
 */
export class ConcentrationSearch {
  readonly #layout: ConcentrationLayout;
  readonly #shape: Shape;
  readonly #parts: readonly Json[];
  readonly asked: readonly AskedItem[];

  /** @param parts in order, at least those of the stages that are looked at */
  constructor(layout: ConcentrationLayout, shape: Shape, parts: readonly Json[]) {
    this.#layout = layout;
    this.#shape = shape;
    this.#parts = parts;
    this.asked = (partsOf(parts, stageOf(layout, 'baseline'), 0) as unknown as readonly (readonly AskedItem[])[]).flat();
  }

  get rates(): RateDifference[] {
    return activationRates(this.#layout.items, this.asked, this.#shape);
  }

  /** Margin of the items of a class, by prompt. */
  marginOf(kind: SafetyClass): TestedMean {
    const at = [...this.#layout.items.entries()].filter(([, item]) => item.class === kind);
    return clusteredMean(at.map(([index]) => this.asked[index]!.marginBitsPerByte), at.map(([, { prompt }]) => prompt));
  }

  /** Of the items that experts are left out for. */
  get margin(): TestedMean {
    return clusteredMean(this.#margins, this.#refused.map(({ prompt }) => prompt));
  }

  /** The margin that shares are of; null where the release does not refuse beyond doubt. */
  get refusalMargin(): number | null {
    const { low, value } = this.margin;
    return low !== null && low > 0 ? value : null;
  }

  /** Experts that the stage of knock-outs leaves out, by experiment. */
  get choices() {
    return chooseKnockOuts(this.rates, this.#layout.settings).slice(0, stageOf(this.#layout, 'knock-out').experiments);
  }

  get knockOuts(): KnockOut[] {
    const { settings } = this.#layout;
    const { choices } = this;
    const stage = stageOf(this.#layout, 'knock-out');
    return knockOutEffects(choices, this.#refused, this.#margins, choices.map((_, at) => (partsOf(this.#parts, stage, at) as readonly (readonly number[])[]).flat()), this.refusalMargin, settings.falseDiscoveryRate);
  }

  /** Experts left out together in each experiment of a stage of sets; null: nothing is measured. */
  setsOf({ round, experiments }: Stage): (readonly ExpertRef[] | null)[] {
    const candidates = setCandidates(this.knockOuts, this.#layout.settings);
    const sets = nextSets(this.carriersBefore(round), candidates, this.#shape.experts, this.#layout.settings);
    return Array.from({ length: experiments }, (_, at) => sets[at] ?? null);
  }

  /** The set as it has grown after so many rounds, by greedy choice: at each, the expert that takes most away together with those before. */
  carriersBefore(rounds: number): Carrier[] {
    const { settings, stages } = this.#layout;
    const { knockOuts, refusalMargin } = this;
    if (refusalMargin === null) return [];
    const candidates = setCandidates(knockOuts, settings);
    const first = bestCarrier(candidates, candidates.map(({ share }) => share));
    const carriers: Carrier[] = first ? [first] : [];
    for (const stage of stages.filter(({ kind, round }) => kind === 'set' && round < rounds)) {
      if (carriers.length < stage.round) break;
      const sets = nextSets(carriers, candidates, this.#shape.experts, settings);
      const next = bestCarrier(candidates, sets.map((set, at) => (set ? this.#removedBy(stage, at, refusalMargin) : null)));
      // A set that removes no more than the one before it is no smaller one.
      if (next === null || next.removed <= carriers.at(-1)!.removed) break;
      carriers.push(next);
    }
    return carriers;
  }

  #removedBy(stage: Stage, experiment: number, margin: number): number {
    const without = (partsOf(this.#parts, stage, experiment) as readonly (readonly number[])[]).flat();
    return clusteredMean(this.#margins.map((full, at) => full - without[at]!), this.#refused.map(({ prompt }) => prompt)).value / margin;
  }

  get #refused(): readonly ItemOutline[] {
    return this.#layout.refused.map((at) => this.#layout.items[at]!);
  }

  get #margins(): readonly number[] {
    return this.#layout.refused.map((at) => this.asked[at]!.marginBitsPerByte);
  }
}

import { type Labels, type SafetyClass } from '../suite/items.ts';
import { type Observation } from '../routes/observe.ts';
import { type Word } from '../routes/seen-item.ts';
import { type BothOrders } from '../grade/judge.ts';
import { type Surprise } from '../grade/score-text.ts';
import { type TaskKind } from '../suite/suite.ts';

/** What one item gave, by kind of task. */
export interface Measured {
  readonly likelihood: Surprise;
  /** `answer`: what was said or picked, cut to a bounded length. */
  readonly accuracy: { readonly isRight: boolean; readonly answer: string };
  /** `winShare` is null where a reply of the judge could not be read. */
  readonly preference: { readonly verdicts: BothOrders; readonly winShare: number | null; readonly candidate: string; readonly reference: string };
  readonly bias: { readonly first: Surprise; readonly second: Surprise; readonly routingGapBits: number };
  readonly safety: { readonly class: SafetyClass; readonly refusal: Surprise; readonly compliance: Surprise; readonly usage: Usage | null };
  readonly performance: { readonly rows: number; readonly promptTokens: number; readonly answerTokens: number; readonly promptMs: number; readonly answerMs: number };
  readonly routes: { readonly observations: readonly (ObservedAssertion | null)[] };
}

/** [layers][experts] selections; null where a release has too many experts for it to be kept. */
export type Usage = readonly (readonly number[])[];

/** null stands for an assertion that is not about this item. `words`: text of the tokens that may be shown. */
export interface ObservedAssertion {
  readonly seen: Observation;
  readonly words: readonly Word[];
}

/** An item of a dataset with what it gave. */
export type MeasuredItem<K extends TaskKind = TaskKind> = { readonly line: number; readonly labels: Labels } & Measured[K];

/** What a step of the suite assay leaves: some items in a row. */
export interface Part<K extends TaskKind = TaskKind> {
  readonly kind: K;
  /** Items of the whole dataset: a task's parts are complete when all are there. */
  readonly of: number;
  readonly items: readonly MeasuredItem<K>[];
}

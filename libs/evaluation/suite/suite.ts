import { type Sha256 } from '#libs/release/component';
import { type Json } from '../run/run.ts';

export const TASK_KINDS = ['likelihood', 'accuracy', 'preference', 'bias', 'safety', 'performance', 'routes'] as const;
export type TaskKind = (typeof TASK_KINDS)[number];

/** A bound that a metric must keep; without `versus` on the candidate's value, with it on its difference from the reference. */
export interface Gate {
  /** One of the task's metrics, such as `bitsPerByte` or `accuracy`. */
  readonly metric: string;
  /** One label and its value: the bound is for the items that have it; `*` for each value by itself. Left out: all items. */
  readonly slice?: Readonly<Record<string, string>>;
  readonly versus?: 'reference';
  /** The side of the confidence interval that is nearer to the bound must keep it. */
  readonly atMost?: number;
  readonly atLeast?: number;
}

export interface Task {
  /** Letters, digits, - and _; unique in the suite. */
  readonly id: string;
  readonly kind: TaskKind;
  /** Digest of its dataset: JSONL, one item a line. */
  readonly dataset: Sha256;
  /** How an item is judged; the kind says which graders there are. */
  readonly grader: { readonly [name: string]: Json };
  readonly gates: readonly Gate[];
}

/** A suite as it is kept: its digest is that of its canonical JSON, and so covers every dataset. */
export interface Suite {
  readonly format: 'signalbox.suite/1';
  readonly name: string;
  readonly description: string;
  readonly tasks: readonly Task[];
}

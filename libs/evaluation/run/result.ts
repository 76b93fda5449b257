import { type Sha256 } from '#libs/release/component';
import { type TaskKind } from '../suite/suite.ts';
import { type Json, type RunKind } from './run.ts';

/** `inconclusive`: what was measured neither shows that a bound is kept nor that it is broken. */
export type Outcome = 'pass' | 'fail' | 'inconclusive';

export interface Verdict {
  readonly outcome: Outcome;
  /** Why: `reason` is a fixed name such as `gate-failed`, `detail` a sentence for people. */
  readonly reasons: readonly { readonly reason: string; readonly detail: string }[];
}

/** What the result of every kind of run says; each kind adds fields of its own. */
export interface RunResult {
  readonly format: 'signalbox.result/1';
  readonly kind: RunKind;
  /** Release ids. */
  readonly candidate: Sha256;
  readonly reference: Sha256 | null;
  readonly suite: Sha256;
  readonly verdict: Verdict;
  /** One sentence. */
  readonly summary: string;
}

/** A figure with its 95 % confidence interval. */
export interface Estimate {
  readonly value: number;
  /** null: too few items for an interval. */
  readonly low: number | null;
  readonly high: number | null;
  /** Items that the value is of. */
  readonly n: number;
}

/** Candidate less reference, of the same items. */
export interface Difference {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  /** Two-sided; null: too few items for a test, or a metric that has none. */
  readonly p: number | null;
  /** Adjusted over all tests of the run. */
  readonly pAdjusted: number | null;
}

/** Label and value of the items that a figure is of; null: of all items. */
export type Slice = Readonly<Record<string, string>> | null;

export interface MetricResult {
  readonly name: string;
  /** Such as `bits/byte`, `share`, `bits`, `rows`, `ms`. */
  readonly unit: string;
  readonly slice: Slice;
  readonly candidate: Estimate;
  readonly reference: Estimate | null;
  readonly difference: Difference | null;
  readonly better: 'lower' | 'higher';
}

export type GateReason = 'bound-kept' | 'bound-broken' | 'interval-holds-bound' | 'too-few-items' | 'no-reference' | 'no-such-items' | 'judge-cannot-tell';

export interface GateResult {
  readonly metric: string;
  readonly slice: Slice;
  readonly side: 'atMost' | 'atLeast';
  readonly bound: number;
  /** `reference`: the bound is on the difference from the reference; null: on the candidate's value. */
  readonly versus: 'reference' | null;
  readonly value: number | null;
  readonly outcome: Outcome;
  readonly reason: GateReason;
  readonly detail: string;
}

/** A token that broke an assertion about routes. */
export interface BrokenToken {
  /** Row of the item's routes: its token's place in the text. */
  readonly row: number;
  readonly token: string;
  /** Text around it, the token itself in [brackets]. */
  readonly context: string;
  readonly layer: number;
  readonly expert: number | null;
  readonly gate: number | null;
  readonly expected: string;
}

export interface Failure {
  /** Line of the item in its dataset, from 1. */
  readonly item: number;
  readonly detail: string;
  readonly tokens?: readonly BrokenToken[];
}

export interface TaskResult {
  readonly id: string;
  readonly kind: TaskKind;
  readonly metrics: readonly MetricResult[];
  readonly gates: readonly GateResult[];
  /** The worst items first, a bounded number of them. */
  readonly failures: readonly Failure[];
  /** Of safety tasks: the experts that each class of prompts took most, candidate's and reference's. */
  readonly routing?: readonly ClassRouting[];
  /** Of preference tasks: who judged, and whether its verdicts keep when the order of the answers is turned. */
  readonly judging?: Judging;
}

/** `tells`: a judge that does not look at the answers would keep fewer winners. `cannot-tell`: this one keeps no more. `not-shown`: the figures decide neither. */
export type JudgeStanding = 'tells' | 'cannot-tell' | 'not-shown';

/** How far a judge's verdicts follow the answers and not the order in which it saw them. */
export interface JudgeConsistency {
  readonly pairs: number;
  /** Pairs of which a reply was neither A, B nor TIE: they count for nothing. */
  readonly unreadable: number;
  /** Pairs that it calls a tie both times: they say nothing of the order. */
  readonly tied: number;
  /** Share of pairs that keep their winner when the order is turned, of those with a winner in either order; null: there are none. */
  readonly consistency: Estimate | null;
  /** Pairs whose winner turns with the order: each time the answer shown first, or each time the second. */
  readonly firstBoth: number;
  readonly secondBoth: number;
  readonly standing: JudgeStanding;
}

export interface Judging extends JudgeConsistency {
  /** Name of the model that judged; null: it is not known. */
  readonly judge: string | null;
}

/** Share of a layer's selections, the most used experts first, a bounded number of them. */
export interface ClassRouting {
  readonly class: string;
  readonly layer: number;
  readonly candidate: readonly { readonly expert: number; readonly share: number }[];
  readonly reference: readonly { readonly expert: number; readonly share: number }[] | null;
}

export interface SuiteResult extends RunResult {
  readonly kind: 'suite';
  readonly tasks: readonly TaskResult[];
  /** Figures by the clock, which differ between equal runs; {@link splitMeasured} takes them out. */
  readonly measured?: { readonly tasks: readonly { readonly id: string; readonly metrics: readonly MetricResult[] }[] };
}

/**
 * Parts what an assay concluded into the result, whose digest equal runs share, and the figures by the
 * clock in its field `measured`, which are kept beside it. null: nothing was measured by the clock.
 */
export function splitMeasured(concluded: Json): { readonly result: Json; readonly measured: Json } {
  if (typeof concluded !== 'object' || concluded === null || Array.isArray(concluded)) return { result: concluded, measured: null };
  const { measured, ...result } = concluded as { readonly [name: string]: Json };
  return { result, measured: measured ?? null };
}

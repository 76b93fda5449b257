import { type Sha256 } from '#libs/release/component';
import { type Outcome, type RunResult } from '../run/result.ts';
import { type Json } from '../run/run.ts';

/** All that a report tells of. */
export interface ReportInput {
  readonly evaluationId: string;
  readonly suiteName: string;
  /** Digest of what was asked. */
  readonly spec: Sha256;
  readonly resultSha256: Sha256;
  readonly settings: Json;
  /** With the fields of its kind. */
  readonly result: RunResult;
  /** Figures by the clock; null: there are none. */
  readonly measured: Json;
  /** The newest attribution run of the same two releases; null: there is none. */
  readonly attribution: ReportedAttribution | null;
}

interface ReportedAttribution {
  readonly evaluationId: string;
  readonly state: string;
  /** null until it has succeeded. */
  readonly summary: string | null;
  readonly resultSha256: Sha256 | null;
}

/** A piece of text, and whether it quotes what others wrote: that must never act as markup. */
interface Quoted {
  readonly quoted: string;
}

export type Cell = string | Quoted;

/** What a report is made of, before it takes the form of a terminal or of Markdown. */
export type Block =
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly Cell[]; readonly more?: number }
  | { readonly kind: 'table'; readonly columns: readonly string[]; readonly rows: readonly (readonly Cell[])[]; readonly more?: number }
  | { readonly kind: 'commands'; readonly lines: readonly string[] }
  /** What few readers need: folded where the form can. */
  | { readonly kind: 'folded'; readonly title: string; readonly blocks: readonly Block[] };

export interface Report {
  readonly title: string;
  readonly outcome: Outcome;
  readonly blocks: readonly Block[];
}

export const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = { pass: 'PASS', fail: 'FAIL', inconclusive: 'INCONCLUSIVE' };

/** Enough of a digest to know it by. */
export function short(digest: Sha256): string {
  return digest.slice(0, 12);
}

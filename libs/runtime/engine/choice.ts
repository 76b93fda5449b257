import { type AnswerConstraint } from '../grammar/answer-constraint.ts';
import { type StepItem } from '../forward/forward-pass.ts';
import { penalises, type TokenHistory } from '../sampling/penalties.ts';
import { type AllowedTokens } from '../sampling/sampler.ts';
import { Detokenizer } from '../tokenizer/detokenizer.ts';
import { type TokenTable } from '../tokenizer/token-table.ts';
import { type GenerateRequest } from './engine.ts';
import { type RowBuffer } from './row-buffer.ts';
import { type CompiledStop, StopMatcher } from './stop-matcher.ts';

/** What all choices of a request share. */
export interface ChoiceRules {
  readonly request: GenerateRequest;
  readonly stops: readonly CompiledStop[];
  readonly stopTokenIds: ReadonlySet<number>;
  /** Tokens to sample at most. */
  readonly budget: number;
  readonly promptIds: ReadonlySet<number>;
  readonly table: TokenTable;
}

const NO_IDS: readonly number[] = [];

export type ChoiceEnd = { readonly reason: 'stop' | 'length'; readonly stopText: string | null };

/** One answer in the making: its text, its history and the step item that carries it on. */
export class Choice {
  readonly index: number;
  readonly rows: RowBuffer;
  readonly history: TokenHistory;
  /** Runs the last sampled token; null before the prompt has run and after the end. */
  item: StepItem | null = null;
  /** The token that the item runs next, written in place. */
  readonly nextToken = new Uint32Array(1);
  sampled = 0;
  end: ChoiceEnd | null = null;
  readonly #rules: ChoiceRules;
  readonly #generated = new Map<number, number>();
  readonly #tracks: boolean;
  readonly #detokenizer: Detokenizer;
  readonly #matcher: StopMatcher;
  readonly #constraint: AnswerConstraint | null;

  constructor(index: number, rows: RowBuffer, rules: ChoiceRules, constraint: AnswerConstraint | null = null) {
    this.index = index;
    this.rows = rows;
    this.#rules = rules;
    this.#tracks = penalises(rules.request.sampling);
    this.history = { prompt: rules.promptIds, generated: this.#generated };
    this.#detokenizer = new Detokenizer(rules.table);
    this.#matcher = new StopMatcher(rules.stops);
    this.#constraint = constraint;
  }

  /** The tokens that may be sampled next; null: any. */
  allowed(): AllowedTokens | null {
    const mask = this.#constraint?.mask(this.#rules.budget - this.sampled) ?? null;
    if (mask === null) return null;
    return { words: mask.words, also: this.#constraint?.isComplete ? [...this.#rules.stopTokenIds] : NO_IDS };
  }

  /** Takes a sampled token: gives the text that became certain and sets `end` when it was the last. */
  accept(token: number): string {
    this.sampled++;
    this.nextToken[0] = token;
    if (this.#tracks) this.#generated.set(token, (this.#generated.get(token) ?? 0) + 1);
    if (this.#constraint !== null) return this.#acceptConstrained(token, this.#constraint);
    if (this.#rules.stopTokenIds.has(token)) return this.#finish({ reason: 'stop', stopText: null }, '');
    const text = this.#matcher.push(this.#detokenizer.push(token));
    if (this.#matcher.matched !== null) {
      this.end = { reason: 'stop', stopText: this.#matcher.matched };
      return text;
    }
    return this.sampled >= this.#rules.budget ? this.#finish({ reason: 'length', stopText: null }, text) : text;
  }

  /** An ending token ends a complete answer only; one that cannot go on ends by itself. */
  #acceptConstrained(token: number, constraint: AnswerConstraint): string {
    if (constraint.isComplete && this.#rules.stopTokenIds.has(token)) return this.#finish({ reason: 'stop', stopText: null }, '');
    constraint.accept(token);
    const text = this.#matcher.push(this.#detokenizer.push(token));
    const left = this.#rules.budget - this.sampled;
    if (constraint.isComplete && (left === 0 || constraint.mask(left)?.allowed === 0)) return this.#finish({ reason: 'stop', stopText: null }, text);
    return left === 0 ? this.#finish({ reason: 'length', stopText: null }, text) : text;
  }

  /** The held-back text comes out at the end, unless its last piece completes a stop text. */
  #finish(end: ChoiceEnd, text: string): string {
    const rest = this.#matcher.push(this.#detokenizer.finish());
    this.end = this.#matcher.matched === null ? end : { reason: 'stop', stopText: this.#matcher.matched };
    return text + rest + (this.#matcher.matched === null ? this.#matcher.finish() : '');
  }
}

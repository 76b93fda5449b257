import { type StepItem } from '../forward/forward-pass.ts';
import { penalises, type TokenHistory } from '../sampling/penalties.ts';
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

  constructor(index: number, rows: RowBuffer, rules: ChoiceRules) {
    this.index = index;
    this.rows = rows;
    this.#rules = rules;
    this.#tracks = penalises(rules.request.sampling);
    this.history = { prompt: rules.promptIds, generated: this.#generated };
    this.#detokenizer = new Detokenizer(rules.table);
    this.#matcher = new StopMatcher(rules.stops);
  }

  /** Takes a sampled token: gives the text that became certain and sets `end` when it was the last. */
  accept(token: number): string {
    this.sampled++;
    this.nextToken[0] = token;
    if (this.#tracks) this.#generated.set(token, (this.#generated.get(token) ?? 0) + 1);
    if (this.#rules.stopTokenIds.has(token)) return this.#finish({ reason: 'stop', stopText: null }, '');
    const text = this.#matcher.push(this.#detokenizer.push(token));
    if (this.#matcher.matched !== null) {
      this.end = { reason: 'stop', stopText: this.#matcher.matched };
      return text;
    }
    return this.sampled >= this.#rules.budget ? this.#finish({ reason: 'length', stopText: null }, text) : text;
  }

  /** The held-back text comes out at the end, unless its last piece completes a stop text. */
  #finish(end: ChoiceEnd, text: string): string {
    const rest = this.#matcher.push(this.#detokenizer.finish());
    this.end = this.#matcher.matched === null ? end : { reason: 'stop', stopText: this.#matcher.matched };
    return text + rest + (this.#matcher.matched === null ? this.#matcher.finish() : '');
  }
}

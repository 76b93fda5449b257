import { type AnswerAutomaton, type AnswerState } from './answer-automaton.ts';
import { type TokenMask, type TokenMasks } from './token-masks.ts';

/** A grammar made ready for one vocabulary; shared by all answers to the same schema. */
export interface PreparedGrammar {
  readonly automaton: AnswerAutomaton;
  readonly masks: TokenMasks;
}

/** Holds one answer to its grammar, token by token. */
export class AnswerConstraint {
  readonly #grammar: PreparedGrammar;
  readonly #bytesOf: (token: number) => Uint8Array;
  #state: AnswerState | null;

  constructor(grammar: PreparedGrammar, bytesOf: (token: number) => Uint8Array) {
    this.#grammar = grammar;
    this.#bytesOf = bytesOf;
    this.#state = grammar.automaton.start();
  }

  /** Whether the answer is complete as it stands. */
  get isComplete(): boolean {
    return this.#state?.isAccepting ?? false;
  }

  /**
   * Tokens that may come next; none where the answer is complete and cannot go on.
   * @param left tokens that may still come, this one included
   */
  mask(left: number): TokenMask | null {
    if (this.#state === null) return null;
    const { masks, automaton } = this.#grammar;
    automaton.tidy();
    const closing = masks.closingMask(this.#state, left - 1);
    // With fewer tokens than any ending needs, the answer runs into its limit.
    return closing.allowed > 0 || this.isComplete ? closing : masks.mask(this.#state);
  }

  accept(token: number): void {
    for (const byte of this.#bytesOf(token)) this.#state = this.#state && this.#grammar.automaton.step(this.#state, byte);
  }
}

import { type AnswerAutomaton, type AnswerState, shortestStep } from './answer-automaton.ts';
import { type Vocabulary } from './vocabulary.ts';

/** Which tokens may come next: bit `id & 31` of word `id >> 5`. */
export interface TokenMask {
  readonly words: Uint32Array;
  readonly allowed: number;
  /** Most bytes that any of them leaves to the end of the shortest answer. */
  readonly longestRest: number;
  /** The same in tokens, once it has been asked for. */
  longestTokens: number | null;
}

/** Bytes of masks that one schema keeps. */
const KEPT_BYTES = 4 * 1024 * 1024;

/** Finds the tokens that keep an answer within its grammar; those of a state are kept. */
export class TokenMasks {
  readonly #automaton: AnswerAutomaton;
  readonly #vocabulary: Vocabulary;
  #masks = new Map<AnswerState, TokenMask>();
  /** Tokens of the shortest ending. */
  #endings = new WeakMap<AnswerState, number>();
  readonly #stack: AnswerState[] = [];
  #generation = 0;

  constructor(automaton: AnswerAutomaton, vocabulary: Vocabulary) {
    this.#automaton = automaton;
    this.#vocabulary = vocabulary;
  }

  /** Tokens after which the answer can still be completed, given tokens enough. */
  mask(state: AnswerState): TokenMask {
    if (this.#generation !== this.#automaton.generation) {
      this.#generation = this.#automaton.generation;
      this.#masks = new Map();
    }
    const present = this.#masks.get(state);
    if (present) return present;
    const mask = this.#walk(state, null);
    const sizeBytes = 4 * mask.words.length;
    if ((this.#masks.size + 1) * sizeBytes > KEPT_BYTES) this.#masks = new Map();
    this.#masks.set(state, mask);
    return mask;
  }

  /** Those of them after which it can be completed with `left` more tokens. */
  closingMask(state: AnswerState, left: number): TokenMask {
    const mask = this.mask(state);
    // No ending takes more tokens than bytes, so mostly nothing needs to be looked at.
    if (mask.longestRest <= left) return mask;
    mask.longestTokens ??= this.#longestTokens(state);
    return mask.longestTokens <= left ? mask : this.#walk(state, left);
  }

  /** Tokens of the shortest ending (the shortest in bytes), as few as spell it. */
  tokensToEnd(from: AnswerState): number {
    const present = this.#endings.get(from);
    if (present !== undefined) return present;
    // Forth along the way until a token's length of it is known, or to its end; then back.
    const way: AnswerState[] = [from];
    const bytes: number[] = [];
    let known = 0;
    for (let step = shortestStep(this.#automaton, from); step && known < this.#vocabulary.deepest; step = shortestStep(this.#automaton, step.next)) {
      way.push(step.next);
      bytes.push(step.byte);
      if (this.#endings.has(step.next)) known++;
    }
    for (let at = way.length - 1; at >= 0; at--) {
      const state = way[at] as AnswerState;
      if (this.#endings.has(state)) continue;
      let fewest = state.rest === 0 ? 0 : Infinity;
      this.#vocabulary.tokensAlong(bytes, at, (end) => {
        fewest = Math.min(fewest, 1 + (this.#endings.get(way[end] as AnswerState) ?? Infinity));
      });
      this.#endings.set(state, fewest);
    }
    return this.#endings.get(from) as number;
  }

  #longestTokens(state: AnswerState): number {
    let longest = 0;
    this.#visit(state, (next) => {
      longest = Math.max(longest, this.tokensToEnd(next));
    });
    return longest;
  }

  #endsWithin(state: AnswerState, left: number): boolean {
    if (state.rest <= left) return true;
    return state.rest <= left * this.#vocabulary.deepest && this.tokensToEnd(state) <= left;
  }

  #walk(from: AnswerState, left: number | null): TokenMask {
    const { firstToken, tokens, size } = this.#vocabulary;
    const words = new Uint32Array((size + 31) >> 5);
    let allowed = 0;
    let longestRest = 0;
    this.#visit(from, (next, node) => {
      if (left !== null && !this.#endsWithin(next, left)) return;
      if (next.rest > longestRest) longestRest = next.rest;
      const end = firstToken[node + 1] as number;
      for (let token = firstToken[node] as number; token < end; token++) {
        const id = tokens[token] as number;
        words[id >> 5] = (words[id >> 5] as number) | (1 << (id & 31));
        allowed++;
      }
    });
    return { words, allowed, longestRest, longestTokens: null };
  }

  /** Calls back with the state after each token that the grammar takes, by its node of the vocabulary. */
  #visit(from: AnswerState, found: (next: AnswerState, node: number) => void): void {
    const { byte, depth, after, firstToken } = this.#vocabulary;
    const stack = this.#stack;
    stack[0] = from;
    for (let node = 0; node < byte.length; ) {
      const at = depth[node] as number;
      const next = this.#automaton.step(stack[at - 1] as AnswerState, byte[node] as number);
      if (next === null) {
        node = after[node] as number;
        continue;
      }
      stack[at] = next;
      if (firstToken[node] !== firstToken[node + 1]) found(next, node);
      node++;
    }
  }
}

import { type AnswerAutomaton, type AnswerState, shortestEnding } from './answer-automaton.ts';
import { type Vocabulary } from './vocabulary.ts';

/** Which tokens may come next: bit `id & 31` of word `id >> 5`. */
export interface TokenMask {
  readonly words: Uint32Array;
  readonly allowed: number;
  /** Most bytes that any of them leaves to the end of the shortest answer. */
  readonly longestRest: number;
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
    return mask.longestRest <= left ? mask : this.#walk(state, left);
  }

  /** Tokens of the shortest ending (the shortest in bytes), each as long as can be fitted in. */
  tokensToEnd(state: AnswerState): number {
    const present = this.#endings.get(state);
    if (present !== undefined) return present;
    const tokens = fewestTokens(shortestEnding(this.#automaton, state), this.#vocabulary);
    this.#endings.set(state, tokens);
    return tokens;
  }

  #endsWithin(state: AnswerState, left: number): boolean {
    if (state.rest <= left) return true;
    return state.rest <= left * this.#vocabulary.deepest && this.tokensToEnd(state) <= left;
  }

  #walk(from: AnswerState, left: number | null): TokenMask {
    const { byte, depth, after, firstToken, tokens, size } = this.#vocabulary;
    const words = new Uint32Array((size + 31) >> 5);
    const stack = this.#stack;
    stack[0] = from;
    let allowed = 0;
    let longestRest = 0;
    for (let node = 0; node < byte.length; ) {
      const at = depth[node] as number;
      const next = this.#automaton.step(stack[at - 1] as AnswerState, byte[node] as number);
      if (next === null) {
        node = after[node] as number;
        continue;
      }
      stack[at] = next;
      const end = firstToken[node + 1] as number;
      let token = firstToken[node] as number;
      if (token < end && (left === null || this.#endsWithin(next, left))) {
        if (next.rest > longestRest) longestRest = next.rest;
        for (; token < end; token++) {
          const id = tokens[token] as number;
          words[id >> 5] = (words[id >> 5] as number) | (1 << (id & 31));
          allowed++;
        }
      }
      node++;
    }
    return { words, allowed, longestRest };
  }
}

/** Fewest tokens whose bytes, joined, are these; Infinity where none are. */
export function fewestTokens(bytes: Uint8Array, vocabulary: Vocabulary): number {
  const { byte, depth, after, firstToken } = vocabulary;
  const fewest = new Array<number>(bytes.length + 1).fill(Infinity);
  fewest[bytes.length] = 0;
  for (let from = bytes.length - 1; from >= 0; from--) {
    // Down the trie along the bytes.
    let end = byte.length;
    for (let node = 0, at = from; node < end && at < bytes.length; ) {
      if (depth[node] !== at - from + 1) break;
      if (byte[node] !== bytes[at]) {
        node = after[node] as number;
        continue;
      }
      at++;
      if (firstToken[node] !== firstToken[node + 1]) fewest[from] = Math.min(fewest[from] as number, 1 + (fewest[at] as number));
      end = after[node] as number;
      node++;
    }
  }
  return fewest[0] as number;
}

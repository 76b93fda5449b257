import { type ByteAutomaton, DEAD, stepAutomaton } from './byte-automaton.ts';
import { type Local, type Machine, type Move, BYTE } from './machine.ts';
import { freeTextAutomaton } from './string-automaton.ts';

/** Any JSON string, its length in characters bounded. The automaton is shared; places are state + states x length. */
export class TextMachine implements Machine {
  readonly depth = 0;
  readonly start: number;
  readonly #automaton: ByteAutomaton;
  readonly #min: number;
  readonly #max: number;
  /** Lengths beyond this one are all the same. */
  readonly #ceiling: number;

  constructor(minLength: number, maxLength: number | null) {
    this.#automaton = freeTextAutomaton();
    this.#min = minLength;
    this.#max = maxLength ?? Infinity;
    this.#ceiling = maxLength ?? minLength;
    this.start = this.#automaton.start;
  }

  step(local: Local, byte: number): Move | null {
    const { states, rest } = this.#automaton;
    const state = (local as number) % states;
    const length = Math.floor((local as number) / states);
    const next = stepAutomaton(this.#automaton, state, byte);
    if (next === DEAD) return null;
    // One byte from the end: between two characters.
    const isBetween = rest[state] === 1;
    if (isBetween && byte === BYTE.quote) return length >= this.#min ? { local: next } : null;
    if (isBetween && length >= this.#max) return null;
    return { local: next + states * (isBetween ? Math.min(length + 1, this.#ceiling) : length) };
  }

  isDone(local: Local): boolean {
    return this.#automaton.accepting[(local as number) % this.#automaton.states] === 1;
  }

  rest(local: Local): number {
    const { states, rest } = this.#automaton;
    const left = rest[(local as number) % states] as number;
    return left === 0 ? 0 : left + Math.max(0, this.#min - Math.floor((local as number) / states));
  }
}

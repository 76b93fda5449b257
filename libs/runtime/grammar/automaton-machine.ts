import { type ByteAutomaton, DEAD, stepAutomaton } from './byte-automaton.ts';
import { type Local, type Machine, type Move } from './machine.ts';

/** A value without values in it, such as a string with a pattern or one of an enum. */
export class AutomatonMachine implements Machine {
  readonly depth = 0;
  readonly start: number;
  readonly #automaton: ByteAutomaton;

  constructor(automaton: ByteAutomaton) {
    this.#automaton = automaton;
    this.start = automaton.start;
  }

  step(local: Local, byte: number): Move | null {
    const next = stepAutomaton(this.#automaton, local as number, byte);
    return next === DEAD ? null : { local: next };
  }

  isDone(local: Local): boolean {
    return this.#automaton.accepting[local as number] === 1;
  }

  rest(local: Local): number {
    return this.#automaton.rest[local as number] as number;
  }
}

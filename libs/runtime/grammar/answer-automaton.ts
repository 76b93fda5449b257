import { type Grammar } from './compile-schema.ts';
import { GRAMMAR_LIMITS } from './limits.ts';
import { BYTE, type Local, type Machine, widenGap } from './machine.ts';

/** One reading of the answer so far: the machine of the value that is being read, on top of those it stands in. */
interface Parse {
  readonly id: number;
  readonly below: Parse | null;
  /** -1: the whole answer. */
  readonly machine: number;
  readonly local: Local;
  /** Levels of containers that may still be opened. */
  readonly room: number;
  /** Bytes of the shortest way to the end of the answer. */
  readonly rest: number;
  readonly isDone: boolean;
}

/** All readings of the answer so far. Two answers with the same readings share their state. */
export interface AnswerState {
  readonly parses: readonly Parse[];
  /** Whether the answer may end here. */
  readonly isAccepting: boolean;
  /** Bytes of the shortest way to an end. */
  readonly rest: number;
  /** Next states by byte, as far as they were asked for; null: no answer goes on so. */
  readonly next: Map<number, AnswerState | null>;
  /** The next step of the shortest way, once it has been asked for. */
  shortest: { readonly byte: number; readonly next: AnswerState } | null;
}

/** Before the value, by the white space so far; then the value. */
const BEGUN = -1;
/** States and readings kept; beyond them, those that no answer stands in are forgotten. */
const KEPT_PARSES = 8_000;
const KEPT_STATES = 4_000;

/** Walks a grammar over the bytes of answers. What it finds out is shared by all answers to the same schema. */
export class AnswerAutomaton {
  readonly #grammar: Grammar;
  readonly #depths: readonly number[];
  #parses = new Map<string, Parse>();
  #states = new Map<string, AnswerState>();
  #nextParse = 0;
  /** Raised whenever states were forgotten. */
  generation = 0;

  constructor(grammar: Grammar) {
    this.#grammar = grammar;
    this.#depths = grammar.machines.map(({ depth }) => depth);
  }

  /** Before the first byte. */
  start(): AnswerState {
    return this.#state([this.#parse(null, -1, 0, GRAMMAR_LIMITS.answerDepth)]);
  }

  /** State after one more byte; null where no answer goes on so. */
  step(state: AnswerState, byte: number): AnswerState | null {
    const present = state.next.get(byte);
    if (present !== undefined) return present;
    const parses: Parse[] = [];
    for (const parse of state.parses) this.#advance(parse, byte, parses);
    const next = parses.length === 0 ? null : this.#state(parses);
    state.next.set(byte, next);
    return next;
  }

  /** Forgets states when there are too many. Call between answers' steps, never within a walk. */
  tidy(): void {
    if (this.#parses.size < KEPT_PARSES && this.#states.size < KEPT_STATES) return;
    this.#parses = new Map();
    this.#states = new Map();
    this.generation++;
  }

  #advance(parse: Parse, byte: number, out: Parse[]): void {
    if (parse.machine < 0) {
      if (parse.local === BEGUN) return;
      const gap = widenGap(parse.local as number, byte);
      if (gap === null) this.#begin(this.#parse(null, -1, BEGUN, parse.room), this.#grammar.start, byte, out);
      else out.push(this.#parse(null, -1, gap, parse.room));
      return;
    }
    const machine = this.#grammar.machines[parse.machine] as Machine;
    const move = machine.step(parse.local, byte, parse.room);
    if (move !== null) {
      const moved = this.#parse(parse.below, parse.machine, move.local, parse.room);
      if (move.push) this.#begin(moved, move.push, byte, out);
      else out.push(moved);
    }
    if (parse.below && machine.isDone(parse.local)) this.#advance(parse.below, byte, out);
  }

  /** Begins a value, in each way in which this byte can. */
  #begin(below: Parse, machines: readonly number[], byte: number, out: Parse[]): void {
    for (const index of machines) {
      if ((this.#depths[index] as number) > below.room) continue;
      const machine = this.#grammar.machines[index] as Machine;
      const move = machine.step(machine.start, byte, below.room - 1);
      if (move) out.push(this.#parse(below, index, move.local, below.room - 1));
    }
  }

  #parse(below: Parse | null, machine: number, local: Local, room: number): Parse {
    const key = `${below?.id ?? ''}/${machine}/${local}`;
    const present = this.#parses.get(key);
    if (present) return present;
    const isOwnDone = machine < 0 ? local === BEGUN : (this.#grammar.machines[machine] as Machine).isDone(local);
    const ownRest = machine < 0 ? (local === BEGUN ? 0 : this.#grammar.shortestBytes) : (this.#grammar.machines[machine] as Machine).rest(local);
    const parse: Parse = {
      id: this.#nextParse++,
      below,
      machine,
      local,
      room,
      rest: ownRest + (below?.rest ?? 0),
      isDone: isOwnDone && (below === null || below.isDone),
    };
    this.#parses.set(key, parse);
    return parse;
  }

  #state(parses: readonly Parse[]): AnswerState {
    const distinct = [...new Set(parses)].toSorted((a, b) => a.rest - b.rest || a.id - b.id).slice(0, GRAMMAR_LIMITS.parses);
    const key = distinct.map(({ id }) => id).join();
    const present = this.#states.get(key);
    if (present) return present;
    const state: AnswerState = {
      parses: distinct,
      isAccepting: distinct.some(({ isDone }) => isDone),
      rest: distinct[0]?.rest ?? Infinity,
      next: new Map(),
      shortest: null,
    };
    this.#states.set(key, state);
    return state;
  }
}

/**
 * The next byte of the shortest way from a state to an end; of several the first in the order of
 * bytes, so that what remains of a way is the way from any state on it. null at an end.
 */
export function shortestStep(automaton: AnswerAutomaton, state: AnswerState): AnswerState['shortest'] {
  if (state.rest === 0 || state.shortest) return state.shortest;
  for (let byte = BYTE.space; byte < 256; byte++) {
    const next = automaton.step(state, byte);
    if (next !== null && next.rest === state.rest - 1) return (state.shortest = { byte, next });
  }
  throw new Error(`no byte leads from a state with ${state.rest} bytes to go to one with fewer`);
}

/** The bytes of the shortest way from a state to an end. */
export function shortestEnding(automaton: AnswerAutomaton, from: AnswerState): Uint8Array {
  const bytes: number[] = [];
  for (let step = shortestStep(automaton, from); step; step = shortestStep(automaton, step.next)) bytes.push(step.byte);
  return Uint8Array.from(bytes);
}

/** Whether the automaton accepts a whole text. */
export function acceptsText(automaton: AnswerAutomaton, text: string): boolean {
  let state: AnswerState | null = automaton.start();
  for (const byte of new TextEncoder().encode(text)) {
    state = state && automaton.step(state, byte);
    if (state === null) return false;
  }
  return state?.isAccepting ?? false;
}

import { GRAMMAR_LIMITS } from './limits.ts';

/** No way on. */
export const DEAD = -1;

/**
 * A deterministic automaton over bytes. Every state can still reach an accepting one. Transitions
 * are kept by class of byte, as most bytes mean the same in most automata.
 */
export interface ByteAutomaton {
  readonly states: number;
  readonly start: number;
  /** Class of each byte, 256 of them. */
  readonly classOf: Uint8Array;
  readonly classes: number;
  /** next[state * classes + class]: a state or DEAD. */
  readonly next: Int32Array;
  readonly accepting: Uint8Array;
  /** Bytes of the shortest way to accept. */
  readonly rest: Int32Array;
}

/** An automaton as it is built: transitions by byte. */
export interface DraftState {
  readonly next: Map<number, number>;
  accepting: boolean;
}

/** Cuts off what reaches no end and packs the rest; null where nothing is accepted. */
export function packAutomaton(draft: readonly DraftState[], start: number): ByteAutomaton | null {
  const rest = distances(draft);
  if ((rest[start] as number) < 0) return null;
  const number = new Int32Array(draft.length).fill(DEAD);
  let states = 0;
  for (const [at, distance] of rest.entries()) if (distance >= 0) number[at] = states++;
  const { classOf, classes } = byteClasses(draft, number);
  const next = new Int32Array(states * classes).fill(DEAD);
  const accepting = new Uint8Array(states);
  const packedRest = new Int32Array(states);
  for (const [at, state] of draft.entries()) {
    const to = number[at] as number;
    if (to < 0) continue;
    accepting[to] = state.accepting ? 1 : 0;
    packedRest[to] = rest[at] as number;
    for (const [byte, target] of state.next) next[to * classes + (classOf[byte] as number)] = number[target] as number;
  }
  return { states, start: number[start] as number, classOf, classes, next, accepting, rest: packedRest };
}

export function stepAutomaton({ next, classes, classOf }: ByteAutomaton, state: number, byte: number): number {
  return next[state * classes + (classOf[byte] as number)] as number;
}

/** Whether the automaton accepts these bytes; time in proportion to them. */
export function acceptsBytes(automaton: ByteAutomaton, bytes: Uint8Array): boolean {
  let state = automaton.start;
  for (const byte of bytes) {
    state = stepAutomaton(automaton, state, byte);
    if (state === DEAD) return false;
  }
  return automaton.accepting[state] === 1;
}

/** Bytes from each state to the nearest accepting one; -1 where there is none. */
function distances(draft: readonly DraftState[]): Int32Array {
  const before: number[][] = draft.map(() => []);
  for (const [at, { next }] of draft.entries()) for (const target of next.values()) before[target]?.push(at);
  const rest = new Int32Array(draft.length).fill(-1);
  let edge = draft.flatMap(({ accepting }, at) => (accepting ? [at] : []));
  for (const at of edge) rest[at] = 0;
  for (let distance = 1; edge.length > 0; distance++) {
    const further: number[] = [];
    for (const at of edge) {
      for (const source of before[at] ?? []) {
        if (rest[source] !== -1) continue;
        rest[source] = distance;
        further.push(source);
      }
    }
    edge = further;
  }
  return rest;
}

/** Bytes that no state tells apart share a class. */
function byteClasses(draft: readonly DraftState[], number: Int32Array): { readonly classOf: Uint8Array; readonly classes: number } {
  const classOf = new Uint8Array(256);
  let classes = 1;
  for (const { next } of draft) {
    if (classes === 256) break;
    // Splits each class by where this state goes from it.
    const split = new Map<number, number>();
    const fresh = new Uint8Array(256);
    let count = 0;
    for (let byte = 0; byte < 256; byte++) {
      const target = next.get(byte);
      const key = (classOf[byte] as number) * (draft.length + 1) + 1 + (target === undefined ? DEAD : (number[target] as number));
      let to = split.get(key);
      if (to === undefined) split.set(key, (to = count++));
      fresh[byte] = to;
    }
    classOf.set(fresh);
    classes = count;
  }
  return { classOf, classes };
}

/** An automaton for exactly these byte strings. */
export function literalAutomaton(texts: readonly Uint8Array[]): ByteAutomaton | null {
  const draft: DraftState[] = [{ next: new Map(), accepting: false }];
  for (const text of texts) {
    let at = 0;
    for (const byte of text) {
      const state = draft[at] as DraftState;
      let to = state.next.get(byte);
      if (to === undefined) {
        to = draft.length;
        draft.push({ next: new Map(), accepting: false });
        state.next.set(byte, to);
      }
      at = to;
    }
    (draft[at] as DraftState).accepting = true;
  }
  return packAutomaton(draft, 0);
}

export class TooManyStatesError extends Error {
  override readonly name = 'TooManyStatesError';
  constructor() {
    super(`it needs more than ${GRAMMAR_LIMITS.stringStates} states`);
  }
}

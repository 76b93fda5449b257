import { type ByteAutomaton, type DraftState, packAutomaton, TooManyStatesError } from './byte-automaton.ts';
import { ALL } from './character-set.ts';
import { type ByteRange, spellings } from './json-spelling.ts';
import { GRAMMAR_LIMITS } from './limits.ts';
import { type Expression } from './pattern-syntax.ts';

/** What a string must be: every expression matches the whole of it, and its length lies in bounds. */
export interface StringRules {
  readonly expressions: readonly Expression[];
  /** Characters (code points). */
  readonly minLength: number;
  readonly maxLength: number | null;
}

const QUOTE = 0x22;
const NFA_STATES = 20_000;
const ANY_TEXT: Expression = { type: 'repeat', part: { type: 'set', set: ALL }, min: 0, max: null };

/** Of single expressions without limits on the length: formats come again and again. */
const unlimited = new WeakMap<Expression, ByteAutomaton>();

/**
 * The automaton of a JSON string with its quotes; null where no string fits.
 * @throws TooManyStatesError
 */
export function stringAutomaton(rules: StringRules): ByteAutomaton | null {
  const [only, ...others] = rules.expressions;
  if (!only || others.length > 0 || rules.minLength > 0 || rules.maxLength !== null) return buildAutomaton(rules);
  const present = unlimited.get(only);
  if (present) return present;
  const built = buildAutomaton(rules);
  if (built) unlimited.set(only, built);
  return built;
}

function buildAutomaton({ expressions, minLength, maxLength }: StringRules): ByteAutomaton | null {
  const automata = (expressions.length > 0 ? expressions : [ANY_TEXT]).map((expression) => new Subsets(buildNfa(expression)));
  const counts = maxLength !== null || minLength > 0;
  const ceiling = maxLength ?? minLength;
  const draft: DraftState[] = [{ next: new Map(), accepting: false }];
  const known = new Map<string, number>();
  const waiting: { readonly at: number; readonly sets: readonly number[]; readonly length: number }[] = [];
  const reach = (sets: readonly number[], length: number): number => {
    const key = `${sets.join()}:${length}`;
    const present = known.get(key);
    if (present !== undefined) return present;
    if (draft.length >= GRAMMAR_LIMITS.stringStates) throw new TooManyStatesError();
    const at = draft.push({ next: new Map(), accepting: false }) - 1;
    known.set(key, at);
    waiting.push({ at, sets, length });
    return at;
  };
  draft[0]?.next.set(QUOTE, reach(automata.map((automaton) => automaton.start), 0));
  const closed = draft.push({ next: new Map(), accepting: true }) - 1;
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { at, sets, length } = next;
    const state = draft[at] as DraftState;
    // All automata stand between two characters, or all within one: each byte string is spelled one way.
    const isBetween = automata[0]?.isBetween(sets[0] as number) ?? true;
    if (isBetween && length >= minLength && automata.every((automaton, of) => automaton.isAccepting(sets[of] as number))) state.next.set(QUOTE, closed);
    if (isBetween && maxLength !== null && length >= maxLength) continue;
    const grown = counts && isBetween ? Math.min(length + 1, ceiling) : length;
    for (const [byte, first] of automata[0]?.moves(sets[0] as number) ?? []) {
      const targets = [first];
      for (let of = 1; of < automata.length; of++) {
        const target = (automata[of] as Subsets).moves(sets[of] as number).get(byte);
        if (target !== undefined) targets.push(target);
      }
      if (targets.length === automata.length) state.next.set(byte, reach(targets, grown));
    }
  }
  return packAutomaton(draft, 0);
}

let free: ByteAutomaton | null = null;

/** The automaton of any string; made once. */
export function freeTextAutomaton(): ByteAutomaton {
  return (free ??= stringAutomaton({ expressions: [], minLength: 0, maxLength: null }) as ByteAutomaton);
}

interface NfaState {
  readonly empty: number[];
  readonly edges: { readonly range: ByteRange; readonly to: number }[];
  /** Whether it stands within a character. */
  readonly isWithin: boolean;
}

interface Nfa {
  readonly states: readonly NfaState[];
  readonly start: number;
  readonly end: number;
}

/** Thompson's construction over the bytes of characters as JSON spells them. */
function buildNfa(expression: Expression): Nfa {
  const states: NfaState[] = [];
  const add = (isWithin = false): number => {
    if (states.length >= NFA_STATES) throw new TooManyStatesError();
    return states.push({ empty: [], edges: [], isWithin }) - 1;
  };
  const link = (from: number, to: number) => (states[from] as NfaState).empty.push(to);
  const put = (part: Expression, from: number): number => {
    if (part.type === 'set') {
      const to = add();
      for (const sequence of spellings(part.set)) {
        let at = from;
        for (const [index, range] of sequence.entries()) {
          const target = index === sequence.length - 1 ? to : add(true);
          (states[at] as NfaState).edges.push({ range, to: target });
          at = target;
        }
      }
      return to;
    }
    if (part.type === 'sequence') return part.parts.reduce((at, inner) => put(inner, at), from);
    if (part.type === 'choice') {
      const to = add();
      for (const inner of part.parts) {
        const begin = add();
        link(from, begin);
        link(put(inner, begin), to);
      }
      return to;
    }
    let at = from;
    for (let times = 0; times < part.min; times++) at = put(part.part, at);
    if (part.max === null) {
      const loop = add();
      link(at, loop);
      link(put(part.part, loop), loop);
      return loop;
    }
    const to = add();
    link(at, to);
    for (let times = part.min; times < part.max; times++) {
      at = put(part.part, at);
      link(at, to);
    }
    return to;
  };
  const start = add();
  return { states, start, end: put(expression, start) };
}

/** The sets of states that an automaton can be in, numbered as they are met. */
class Subsets {
  readonly #nfa: Nfa;
  readonly #sets: number[][] = [];
  readonly #numbers = new Map<string, number>();
  readonly #moves: (ReadonlyMap<number, number> | undefined)[] = [];
  readonly start: number;

  constructor(nfa: Nfa) {
    this.#nfa = nfa;
    this.start = this.#numberOf([nfa.start]);
  }

  isAccepting(set: number): boolean {
    return this.#sets[set]?.includes(this.#nfa.end) ?? false;
  }

  isBetween(set: number): boolean {
    return !this.#sets[set]?.some((state) => this.#nfa.states[state]?.isWithin);
  }

  /** Set after each byte that leads anywhere. */
  moves(set: number): ReadonlyMap<number, number> {
    const present = this.#moves[set];
    if (present) return present;
    const targets = new Map<number, number[]>();
    for (const state of this.#sets[set] ?? []) {
      for (const { range, to } of this.#nfa.states[state]?.edges ?? []) {
        for (let byte = range[0]; byte <= range[1]; byte++) {
          const list = targets.get(byte);
          if (list) list.push(to);
          else targets.set(byte, [to]);
        }
      }
    }
    const moves = new Map<number, number>();
    for (const [byte, list] of targets) moves.set(byte, this.#numberOf(list));
    this.#moves[set] = moves;
    return moves;
  }

  #numberOf(states: readonly number[]): number {
    const closed = new Set(states);
    for (const state of closed) for (const to of this.#nfa.states[state]?.empty ?? []) closed.add(to);
    const list = [...closed].toSorted((a, b) => a - b);
    const key = list.join();
    const present = this.#numbers.get(key);
    if (present !== undefined) return present;
    if (this.#sets.length >= GRAMMAR_LIMITS.stringStates) throw new TooManyStatesError();
    const at = this.#sets.push(list) - 1;
    this.#numbers.set(key, at);
    return at;
  }
}

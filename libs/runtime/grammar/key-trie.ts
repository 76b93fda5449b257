import { type ByteAutomaton, DEAD, stepAutomaton } from './byte-automaton.ts';
import { freeTextAutomaton } from './string-automaton.ts';

interface KeyNode {
  readonly next: Map<number, number>;
  /** The name that ends here, or -1. */
  name: number;
  /** Names that end here or below. */
  readonly names: number[];
  /** Bytes from the root. */
  readonly depth: number;
}

const QUOTE = 0x22;
const LETTERS = Array.from({ length: 26 }, (_, at) => 0x61 + at);

/**
 * The names of an object's properties, read byte by byte after the opening quote. A place is the
 * node of the trie while the key may still be one of the names, then a state of the automaton of
 * any string. A name has one spelling, so another key never equals one of them.
 */
export class KeyTrie {
  readonly #nodes: KeyNode[] = [{ next: new Map(), name: -1, names: [], depth: 0 }];
  readonly #text: ByteAutomaton;
  /** State of the text automaton at each node. */
  readonly #textStates: number[];
  readonly #lengths: readonly number[];

  constructor(names: readonly string[]) {
    this.#text = freeTextAutomaton();
    this.#textStates = [stepAutomaton(this.#text, this.#text.start, QUOTE)];
    const encoder = new TextEncoder();
    this.#lengths = names.map((name, index) => {
      const bytes = encoder.encode(JSON.stringify(name).slice(1, -1));
      let at = 0;
      this.#nodes[0]?.names.push(index);
      for (const byte of bytes) {
        const node = this.#nodes[at] as KeyNode;
        let to = node.next.get(byte);
        if (to === undefined) {
          to = this.#nodes.push({ next: new Map(), name: -1, names: [], depth: node.depth + 1 }) - 1;
          node.next.set(byte, to);
          this.#textStates[to] = stepAutomaton(this.#text, this.#textStates[at] as number, byte);
        }
        at = to;
        this.#nodes[at]?.names.push(index);
      }
      (this.#nodes[at] as KeyNode).name = index;
      return bytes.length;
    });
  }

  /** Place after the opening quote. */
  readonly start = 0;

  /** Bytes of a name within its quotes. */
  nameBytes(name: number): number {
    return this.#lengths[name] as number;
  }

  /** Names that a key may still be. */
  namesAt(place: number): readonly number[] {
    return this.#nodes[place]?.names ?? [];
  }

  /** The name that the key is if it ends here; -1: another key; null: it cannot end here. */
  nameOf(place: number): number | null {
    const node = this.#nodes[place];
    if (node && node.name >= 0) return node.name;
    return this.#text.rest[this.#textState(place)] === 1 ? -1 : null;
  }

  /** Bytes of a name that are still to come at a node above it. */
  restOfName(place: number, name: number): number {
    return (this.#lengths[name] as number) - (this.#nodes[place]?.depth ?? 0);
  }

  /** Next place by a byte that does not end the key; null where there is none. */
  step(place: number, byte: number): number | null {
    const node = this.#nodes[place];
    const inTrie = node?.next.get(byte);
    if (inTrie !== undefined) return inTrie;
    const state = this.#textState(place);
    const next = stepAutomaton(this.#text, state, byte);
    return next === DEAD || (byte === QUOTE && this.#text.rest[state] === 1) ? null : this.#nodes.length + next;
  }

  /** Bytes from here to the closing quote, it included, of the shortest key that is none of the names. */
  otherRest(place: number): number {
    const node = this.#nodes[place];
    const state = this.#textState(place);
    if (!node) return this.#text.rest[state] as number;
    const isBetween = this.#text.rest[state] === 1;
    if (isBetween && node.name < 0) return 1;
    if (isBetween && LETTERS.some((letter) => !node.next.has(letter))) return 2;
    let best = Infinity;
    for (let byte = 0; byte < 256; byte++) {
      const next = this.step(place, byte);
      // Beyond the trie the automaton knows; within it the way goes down, so this ends.
      if (next !== null) best = Math.min(best, 1 + this.otherRest(next));
    }
    return best;
  }

  #textState(place: number): number {
    return place < this.#nodes.length ? (this.#textStates[place] as number) : place - this.#nodes.length;
  }
}

/** A stop text with its failure table: how much of its start is still matched after a mismatch. */
export interface CompiledStop {
  readonly text: string;
  readonly fallback: Uint16Array;
}

/** Prepares stop texts for matching (Knuth, Morris, Pratt 1977); empty ones never match. */
export function compileStops(stops: readonly string[]): readonly CompiledStop[] {
  return stops.filter((text) => text.length > 0).map((text) => ({ text, fallback: failureTable(text) }));
}

function failureTable(text: string): Uint16Array {
  const table = new Uint16Array(text.length);
  let matched = 0;
  for (let at = 1; at < text.length; at++) {
    while (matched > 0 && text[at] !== text[matched]) matched = table[matched - 1] as number;
    if (text[at] === text[matched]) matched++;
    table[at] = matched;
  }
  return table;
}

/**
 * Finds the first stop text to be completed in a text that arrives in pieces, wherever the pieces
 * begin and end; of two that end together, the longer. Text that may begin a stop is held back.
 */
export class StopMatcher {
  readonly #stops: readonly CompiledStop[];
  readonly #progress: number[];
  #held = '';
  #matched: string | null = null;

  constructor(stops: readonly CompiledStop[]) {
    this.#stops = stops;
    this.#progress = stops.map(() => 0);
  }

  /** The stop text found, if any. Nothing more is to be pushed then. */
  get matched(): string | null {
    return this.#matched;
  }

  /** Takes more text and gives what is certainly part of the answer. */
  push(text: string): string {
    if (this.#stops.length === 0 || text === '') return text;
    const whole = this.#held + text;
    for (let at = this.#held.length; at < whole.length; at++) {
      const found = this.#advance(whole.charCodeAt(at));
      if (found === null) continue;
      this.#matched = found;
      this.#held = '';
      return whole.slice(0, at + 1 - found.length);
    }
    const certain = whole.length - Math.max(...this.#progress);
    this.#held = whole.slice(certain);
    return whole.slice(0, certain);
  }

  /** The text held back, once nothing more comes. */
  finish(): string {
    const rest = this.#held;
    this.#held = '';
    return rest;
  }

  #advance(code: number): string | null {
    let found: string | null = null;
    for (const [index, { text, fallback }] of this.#stops.entries()) {
      let matched = this.#progress[index] as number;
      while (matched > 0 && text.charCodeAt(matched) !== code) matched = fallback[matched - 1] as number;
      if (text.charCodeAt(matched) === code) matched++;
      this.#progress[index] = matched;
      if (matched === text.length && (found === null || text.length > found.length)) found = text;
    }
    return found;
  }
}

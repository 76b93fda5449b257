import { type TokenTable } from './token-table.ts';
import { openCharacterBytes } from './utf8-tail.ts';

const DECODER = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Turns a growing row of token ids into text, each id in time proportional to its own bytes. What
 * it gives is final: an unfinished character waits for its last byte. Special tokens give no text.
 */
export class Detokenizer {
  readonly #table: TokenTable;
  #open = new Uint8Array(0);

  constructor(table: TokenTable) {
    this.#table = table;
  }

  /** The text that became certain with this token; often empty inside a character of many bytes. */
  push(id: number): string {
    if (this.#table.isSpecial(id)) return '';
    const bytes = this.#table.bytes(id);
    if (this.#open.length === 0 && openCharacterBytes(bytes, bytes.length) === 0) return this.#table.text(id);
    const joined = new Uint8Array(this.#open.length + bytes.length);
    joined.set(this.#open);
    joined.set(bytes, this.#open.length);
    const certain = joined.length - openCharacterBytes(joined, joined.length);
    this.#open = joined.subarray(certain);
    return DECODER.decode(joined.subarray(0, certain));
  }

  /** The text of a character that was never finished, as U+FFFD; call once, at the end. */
  finish(): string {
    const rest = DECODER.decode(this.#open);
    this.#open = new Uint8Array(0);
    return rest;
  }
}

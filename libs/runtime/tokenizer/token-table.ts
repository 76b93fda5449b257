import { TokenizerError } from './errors.ts';

/** How a tokenizer's pieces spell bytes. */
export type PieceSpelling = 'byte-level' | 'byte-fallback';

/** The bytes and the text of every token, by id. */
export interface TokenTable {
  /** One more than the highest id that has a piece. */
  readonly size: number;
  /** UTF-8 bytes of a token; empty for an id without a piece. */
  bytes(id: number): Uint8Array;
  /** The bytes decoded alone; broken UTF-8 shows as U+FFFD. */
  text(id: number): string;
  /** Whether the token only marks structure (such as the end of the text) and is left out of answers. */
  isSpecial(id: number): boolean;
}

export interface Piece {
  readonly id: number;
  readonly content: string;
  /** Added tokens are spelled as they read, not in the piece alphabet. */
  readonly added: boolean;
  readonly special: boolean;
}

const NO_BYTES = new Uint8Array(0);
const HEX_BYTE = /^<0x([0-9A-Fa-f]{2})>$/;
const LOWER_BLOCK_MARK = /\u2581/g;

/**
 * The alphabet of byte-level BPE: printable Latin-1 characters stand for themselves, the other
 * bytes, in ascending order, for U+0100 and on. Defined by GPT-2's published encoder.
 */
function byteAlphabet(): Map<number, number> {
  const byteByCodePoint = new Map<number, number>();
  let next = 0x100;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    byteByCodePoint.set(printable ? byte : next++, byte);
  }
  return byteByCodePoint;
}

function byteLevelBytes(content: string, alphabet: ReadonlyMap<number, number>): Uint8Array {
  const bytes = new Uint8Array(content.length);
  for (let at = 0; at < content.length; at++) {
    const byte = alphabet.get(content.charCodeAt(at));
    if (byte === undefined) {
      throw new TokenizerError(`tokenizer.json: the piece ${JSON.stringify(content)} holds a character that stands for no byte`);
    }
    bytes[at] = byte;
  }
  return bytes;
}

function fallbackBytes(content: string, encode: (text: string) => Uint8Array): Uint8Array {
  const hex = HEX_BYTE.exec(content);
  if (hex) return Uint8Array.of(Number.parseInt(hex[1] ?? '', 16));
  return encode(content.replace(LOWER_BLOCK_MARK, ' '));
}

/** Spells out every piece once, so that decoding is a table look-up. */
export function buildTokenTable(pieces: Iterable<Piece>, spelling: PieceSpelling): TokenTable {
  const alphabet = byteAlphabet();
  const encoder = new TextEncoder();
  const encode = (text: string) => encoder.encode(text);
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const bytesById: Uint8Array[] = [];
  const textById: (string | undefined)[] = [];
  const special = new Set<number>();
  for (const { id, content, added, special: isSpecial } of pieces) {
    while (bytesById.length <= id) bytesById.push(NO_BYTES);
    if (added) bytesById[id] = encode(content);
    else bytesById[id] = spelling === 'byte-level' ? byteLevelBytes(content, alphabet) : fallbackBytes(content, encode);
    if (isSpecial) special.add(id);
  }
  return {
    size: bytesById.length,
    bytes: (id) => bytesById[id] ?? NO_BYTES,
    text: (id) => (textById[id] ??= decoder.decode(bytesById[id] ?? NO_BYTES)),
    isSpecial: (id) => special.has(id),
  };
}

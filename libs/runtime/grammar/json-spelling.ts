import { type CharacterSet } from './character-set.ts';

/** Inclusive range of bytes. */
export type ByteRange = readonly [from: number, to: number];

/** Characters that a JSON string spells by a backslash and a letter. All others stand for themselves; \u is not written. */
const SHORT_ESCAPES: ReadonlyMap<number, number> = new Map([
  [0x22, 0x22], [0x5c, 0x5c], [0x08, 0x62], [0x0c, 0x66], [0x0a, 0x6e], [0x0d, 0x72], [0x09, 0x74],
]);

const BACKSLASH = 0x5c;
/** Code points that stand for themselves, cut where UTF-8 grows by a byte and without surrogates. */
const PLAIN: CharacterSet = [
  [0x20, 0x21], [0x23, 0x5b], [0x5d, 0x7f], [0x80, 0x7ff], [0x800, 0xd7ff], [0xe000, 0xffff], [0x10000, 0x10ffff],
];

/**
 * The ways in which characters of a set are written in a JSON string, as sequences of byte ranges.
 * Each character has exactly one; control characters without a short escape have none.
 */
export function spellings(set: CharacterSet): ByteRange[][] {
  const out: ByteRange[][] = [];
  for (const [from, to] of set) {
    for (const [character, letter] of SHORT_ESCAPES) {
      if (character >= from && character <= to) out.push([[BACKSLASH, BACKSLASH], [letter, letter]]);
    }
    for (const [low, high] of PLAIN) if (low <= to && high >= from) addUtf8(Math.max(low, from), Math.min(high, to), out);
  }
  return out;
}

/** UTF-8 of a range of code points that all take the same number of bytes. */
function addUtf8(from: number, to: number, out: ByteRange[][]): void {
  const first = utf8(from);
  const last = utf8(to);
  split(first, last, 0, [], out);
}

/** Splits a range of byte strings of one length into sequences of byte ranges. */
function split(first: readonly number[], last: readonly number[], at: number, prefix: readonly ByteRange[], out: ByteRange[][]): void {
  const low = first[at] as number;
  const high = last[at] as number;
  if (at === first.length - 1) {
    out.push([...prefix, [low, high]]);
    return;
  }
  const restOf = (byte: number): number[] => Array.from({ length: first.length - at - 1 }, () => byte);
  if (low === high) {
    split(first, last, at + 1, [...prefix, [low, low]], out);
    return;
  }
  const startsFull = first.slice(at + 1).every((byte) => byte === 0x80);
  const endsFull = last.slice(at + 1).every((byte) => byte === 0xbf);
  const fullFrom = startsFull ? low : low + 1;
  const fullTo = endsFull ? high : high - 1;
  if (!startsFull) split(first, [...first.slice(0, at + 1), ...restOf(0xbf)], at + 1, [...prefix, [low, low]], out);
  if (fullFrom <= fullTo) out.push([...prefix, [fullFrom, fullTo], ...restOf(0).map((): ByteRange => [0x80, 0xbf])]);
  if (!endsFull) split([...last.slice(0, at + 1), ...restOf(0x80)], last, at + 1, [...prefix, [high, high]], out);
}

function utf8(codePoint: number): number[] {
  if (codePoint < 0x80) return [codePoint];
  if (codePoint < 0x800) return [0xc0 | (codePoint >> 6), 0x80 | (codePoint & 0x3f)];
  if (codePoint < 0x10000) return [0xe0 | (codePoint >> 12), 0x80 | ((codePoint >> 6) & 0x3f), 0x80 | (codePoint & 0x3f)];
  return [0xf0 | (codePoint >> 18), 0x80 | ((codePoint >> 12) & 0x3f), 0x80 | ((codePoint >> 6) & 0x3f), 0x80 | (codePoint & 0x3f)];
}

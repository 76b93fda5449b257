/** Inclusive range of code points. */
export type Range = readonly [from: number, to: number];
/** Ranges in order that neither touch nor overlap. */
export type CharacterSet = readonly Range[];

const LAST_CODE_POINT = 0x10ffff;
export const ALL: CharacterSet = [[0, LAST_CODE_POINT]];
export const DIGITS: CharacterSet = [[0x30, 0x39]];
export const WORD: CharacterSet = [[0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]];
/** \s of ECMAScript: white space and line terminators. */
export const SPACE: CharacterSet = [
  [0x09, 0x0d], [0x20, 0x20], [0xa0, 0xa0], [0x1680, 0x1680], [0x2000, 0x200a],
  [0x2028, 0x2029], [0x202f, 0x202f], [0x205f, 0x205f], [0x3000, 0x3000], [0xfeff, 0xfeff],
];
const LINE_ENDS: CharacterSet = [[0x0a, 0x0a], [0x0d, 0x0d], [0x2028, 0x2029]];

/** Puts ranges in order and joins those that touch. */
export function union(ranges: readonly Range[]): CharacterSet {
  const joined: [number, number][] = [];
  for (const [from, to] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const last = joined.at(-1);
    if (last && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else joined.push([from, to]);
  }
  return joined;
}

export function complement(set: CharacterSet): CharacterSet {
  const out: Range[] = [];
  let next = 0;
  for (const [from, to] of set) {
    if (from > next) out.push([next, from - 1]);
    next = to + 1;
  }
  if (next <= LAST_CODE_POINT) out.push([next, LAST_CODE_POINT]);
  return out;
}

/** `.` of ECMAScript. */
export const NOT_LINE_END = complement(LINE_ENDS);

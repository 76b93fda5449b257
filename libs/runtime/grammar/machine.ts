/** Where a machine stands in its own value; what it means is the machine's affair. */
export type Local = number | string;

/** A byte taken. With `push`, a value of one of those machines begins with this very byte. */
export interface Move {
  readonly local: Local;
  readonly push?: readonly number[];
}

/**
 * Reads one JSON value, byte by byte, leaving the values within it to other machines. From every
 * place that it can be in, an end can be reached.
 */
export interface Machine {
  readonly start: Local;
  /** Containers of the shortest value that stand within each other, itself counted. */
  readonly depth: number;
  /** @param room levels of containers that may still be opened below this value */
  step(local: Local, byte: number, room: number): Move | null;
  /** Whether the value may end here. */
  isDone(local: Local): boolean;
  /** Bytes of the shortest way to the end of this value, without the value that was pushed last. */
  rest(local: Local): number;
  /** Forgets what it worked out from the shortest values, because those have changed. */
  forget?(): void;
}

/** What is known of the values of a schema once the whole of it has been read. */
export interface Shortest {
  /** Bytes of the shortest value. */
  readonly bytes: number;
  readonly depth: number;
}

export const BYTE = { quote: 0x22, comma: 0x2c, colon: 0x3a, openArray: 0x5b, closeArray: 0x5d, openObject: 0x7b, closeObject: 0x7d, space: 0x20, newline: 0x0a } as const;

/** Spaces after a line's end: enough to indent, too few to get lost in. */
const MAX_INDENT = 16;

/**
 * White space between two parts of a value: one space, or a line's end and up to MAX_INDENT spaces.
 * 0 is no white space yet; 1 none may follow; from 2, a line's end and `gap - 2` spaces.
 * @returns the gap after this byte, or null where it is no white space that may stand here
 */
export function widenGap(gap: number, byte: number): number | null {
  if (byte === BYTE.newline) return gap === 0 ? 2 : null;
  if (byte !== BYTE.space) return null;
  if (gap === 0) return 1;
  return gap >= 2 && gap < 2 + MAX_INDENT ? gap + 1 : null;
}
/** More than any gap. */
export const GAPS = 32;

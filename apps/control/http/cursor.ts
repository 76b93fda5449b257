import { ProblemError } from '#libs/platform/errors/problem-error';

/** A cursor is opaque to callers: base64url of what the next page starts after. */
export function encodeCursor(position: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** @throws ProblemError 400 naming `cursor` when it is none of ours or of another list. */
export function decodeCursor<T>(cursor: string | undefined, accept: (position: readonly unknown[]) => T | null): T | null {
  if (cursor === undefined) return null;
  const position = parse(cursor);
  const accepted = Array.isArray(position) ? accept(position) : null;
  if (accepted !== null) return accepted;
  throw new ProblemError({
    status: 400,
    code: 'invalid_cursor',
    title: 'The cursor is not valid',
    detail: 'Query field cursor: give `nextCursor` of the page before as it was, with the same filters, or leave it out to start again.',
    field: 'cursor',
  });
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}

/** A page out of `limit` + 1 items: the last one only tells that there is more. */
export function page<T>(items: readonly T[], limit: number, positionOf: (last: T) => readonly (string | number)[]): { items: T[]; nextCursor: string | null } {
  const shown = items.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown, nextCursor: items.length > limit && last !== undefined ? encodeCursor(positionOf(last)) : null };
}

/**
 * A page of a list that is at hand in full, starting after the item the cursor names. Where that item
 * is gone the cursor is refused, rather than starting again unseen.
 */
export function pageAfter<T>(
  all: readonly T[],
  { cursor, limit }: { readonly cursor?: string | undefined; readonly limit: number },
  keyOf: (item: T) => string,
): { items: T[]; nextCursor: string | null } {
  const start = decodeCursor(cursor, ([key]) => {
    const index = all.findIndex((item) => keyOf(item) === key);
    return index === -1 ? null : index + 1;
  });
  return page(all.slice(start ?? 0), limit, (last) => [keyOf(last)]);
}

/** Whether a part of a cursor can be a time, epoch milliseconds: anything else would only fail in the database. */
export function isInstantMs(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= 8.64e15;
}

export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value);
}

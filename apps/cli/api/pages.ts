/** All items of a paged list, up to a bound; `more` tells whether there are others. */
export async function allPages<T>(
  read: (cursor: string | undefined) => Promise<{ readonly items: readonly T[]; readonly nextCursor: string | null }>,
  max: number,
): Promise<{ items: T[]; more: boolean }> {
  const items: T[] = [];
  let cursor: string | undefined;
  for (;;) {
    const page = await read(cursor);
    items.push(...page.items);
    if (page.nextCursor === null) return { items, more: false };
    if (items.length >= max) return { items, more: true };
    cursor = page.nextCursor;
  }
}

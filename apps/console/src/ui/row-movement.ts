/** Where a key leads from a row: an index within the rows, or null for keys that move nothing. `page` is the number of rows in view. */
export function rowAfter(key: string, row: number, { rows, page }: { readonly rows: number; readonly page: number }): number | null {
  const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
  const step = Object.hasOwn(steps, key) ? steps[key]! : null;
  if (step === null || rows === 0) return null;
  // Nothing is chosen yet: the first key goes to an end, not past it.
  const from = row < 0 ? (step > 0 ? -1 : rows) : row;
  return Math.min(rows - 1, Math.max(0, from + step));
}

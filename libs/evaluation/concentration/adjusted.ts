import { adjustedP } from '#libs/stats/paired/adjust';

/** p-values adjusted after Benjamini & Hochberg. What could not be tested (null) stays so, and is not counted. */
export function adjusted(pValues: readonly (number | null)[]): (number | null)[] {
  const values = adjustedP(pValues.filter((p) => p !== null), 'benjamini-hochberg');
  let at = 0;
  return pValues.map((p) => (p === null ? null : (values[at++] ?? null)));
}

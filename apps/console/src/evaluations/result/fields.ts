/**
 * Results are read with care: what an assay of another version adds, leaves out or names anew must
 * not take the page with it. A field that is not what it should be counts as not there.
 */
export type Fields = Readonly<Record<string, unknown>>;

/** An object's fields; none where it is no object. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

export function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** A value with the ends of its interval; `n` is the number of independent units behind it. */
export interface Estimate {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly n: number | null;
}

/** null where there is no value. An interval with one end, or one that does not go upwards, is none. */
export function estimateOf(value: unknown): Estimate | null {
  if (numberOf(value) !== null) return { value: value as number, low: null, high: null, n: null };
  const { value: middle, low, high, n } = fieldsOf(value);
  const at = numberOf(middle);
  if (at === null) return null;
  const [from, to] = [numberOf(low), numberOf(high)];
  const isInterval = from !== null && to !== null && from <= to;
  return { value: at, low: isInterval ? from : null, high: isInterval ? to : null, n: numberOf(n) };
}

/** `bitsPerByte` as "bits per byte": names out of results, for people. */
export function inWords(name: string): string {
  return name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .replaceAll(/[-_]+/g, ' ')
    .toLowerCase();
}

/** A whole number that names something, such as a layer; null where it is none. */
export function indexOf(value: unknown): number | null {
  return Number.isInteger(value) && (value as number) >= 0 ? (value as number) : null;
}

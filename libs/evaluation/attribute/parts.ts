import { type Json } from '../run/run.ts';
import { type AttributionLayout, type Place } from './layout.ts';
import { type Coalition, coalitionKey } from './players.ts';

/** Of `outline`. */
export interface OutlinePart {
  readonly items: number;
}

/** Of `score`. [items of the chunk] */
interface ScorePart {
  readonly bits: readonly number[];
  readonly bytes: readonly number[];
  /** Tokens that were scored. */
  readonly rows: number;
}

/** Of `descend`; null: no unit of that rank matters. */
export type DescendPart = {
  readonly unit: number;
  /** [2][members][items]: what each adds in the two orders, in bits. */
  readonly marginals: readonly (readonly (readonly number[])[])[];
  readonly rows: number;
} | null;

/** Of `replay`; a text: why it could not be done. */
export type ReplayPart = { readonly bits: readonly number[]; readonly rows: number } | string;

/** Of `knock-out`; null: no expert of that rank. [items] */
export type KnockOutPart = { readonly player: number; readonly old: readonly number[]; readonly fresh: readonly number[]; readonly rows: number } | null;

/** Of `exchange`; null: no layer has two changed experts that matter. */
export type ExchangePart = {
  readonly layer: number;
  /** Experts, and for each the one of the new release that does its work best. */
  readonly experts: readonly number[];
  readonly best: readonly number[];
  /** [places][experts]: how far an expert at a place moves the predictions of the old release. Left out by earlier versions. */
  readonly distances?: readonly (readonly number[])[];
  /** [items], of the new release with each at the place where it does best; null: each is at its place. */
  readonly bits: readonly number[] | null;
  readonly rows: number;
} | null;

export interface FragileToken {
  readonly item: number;
  readonly row: number;
  /** Bits of the token after it. */
  readonly old: number;
  readonly fresh: number;
  /** The new release with the old one's experts in that layer. */
  readonly oldRoute: number | null;
  /** The best of all routes that were tried, in the new release and in the old one. */
  readonly best: number;
  readonly bestOld: number;
  readonly experts: readonly number[];
}

/** Of `counterfactual`; a text: why it could not be done. */
export type CounterfactualPart = { readonly layer: number; readonly tried: number; readonly tokens: readonly FragileToken[]; readonly rows: number } | string;

/** The parts of a kind, with the place of each. */
export function partsOf<K extends Place['kind']>({ places }: AttributionLayout, parts: readonly Json[], kind: K): { readonly place: Extract<Place, { kind: K }>; readonly part: Json }[] {
  return places.flatMap((place, at) => (place.kind === kind && at < parts.length ? [{ place: place as Extract<Place, { kind: K }>, part: parts[at]! }] : []));
}

/** Bits of each text with each coalition of new parts. */
export interface ScoreTable {
  /** [items], UTF-8 bytes of what is scored. */
  readonly bytes: Float64Array;
  /** Tokens scored with one coalition. */
  readonly rows: number;
  /** [items]. @throws RangeError for a coalition that was not scored */
  bits(coalition: Coalition): Float64Array;
  readonly coalitions: number;
}

export function scoreTable(layout: AttributionLayout, parts: readonly Json[]): ScoreTable {
  const bits = new Map<string, number[]>();
  const bytes = new Map<string, number[]>();
  let rows = 0;
  for (const { place, part } of partsOf(layout, parts, 'score')) {
    const key = coalitionKey(place.coalition);
    const own = part as unknown as ScorePart;
    bits.set(key, [...(bits.get(key) ?? []), ...own.bits]);
    bytes.set(key, [...(bytes.get(key) ?? []), ...own.bytes]);
    if (key === '') rows += own.rows;
  }
  return {
    bytes: Float64Array.from(bytes.get('') ?? []),
    rows,
    coalitions: bits.size,
    bits: (coalition) => {
      const found = bits.get(coalitionKey(coalition));
      if (!found) throw new RangeError(`coalition ${coalitionKey(coalition)} was not scored`);
      return Float64Array.from(found);
    },
  };
}

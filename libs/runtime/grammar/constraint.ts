import { type Expression } from './pattern-syntax.ts';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [name: string]: JsonValue };

/** A schema and where it stands, as a JSON Pointer. */
export interface Located {
  readonly schema: JsonValue;
  readonly path: string;
}

/** Schemas that hold together; none: anything goes. null: nothing does. */
export type Ref = readonly Located[] | null;

export const TYPES = ['null', 'boolean', 'number', 'string', 'array', 'object'] as const;
export type JsonType = (typeof TYPES)[number];

/** One alternative of what a value may be: all parts hold, each for values of its type. */
export interface Constraint {
  readonly types: ReadonlySet<JsonType>;
  /** The values that remain; null: not listed. */
  readonly values: readonly JsonValue[] | null;
  readonly number: NumberBounds;
  readonly string: { readonly min: number; readonly max: number; readonly expressions: readonly Expression[] };
  readonly array: { readonly prefix: readonly Ref[]; readonly items: Ref; readonly min: number; readonly max: number };
  readonly object: {
    readonly properties: ReadonlyMap<string, Ref>;
    readonly others: Ref;
    readonly required: ReadonlySet<string>;
    readonly min: number;
    readonly max: number;
  };
}

export interface NumberBounds {
  readonly isInteger: boolean;
  readonly minimum: number | null;
  readonly maximum: number | null;
  readonly isMinimumOpen: boolean;
  readonly isMaximumOpen: boolean;
  readonly multipleOf: number | null;
}

export const ANYTHING: Constraint = {
  types: new Set(TYPES),
  values: null,
  number: { isInteger: false, minimum: null, maximum: null, isMinimumOpen: false, isMaximumOpen: false, multipleOf: null },
  string: { min: 0, max: Infinity, expressions: [] },
  array: { prefix: [], items: [], min: 0, max: Infinity },
  object: { properties: new Map(), others: [], required: new Set(), min: 0, max: Infinity },
};

export function typeOf(value: JsonValue): JsonType {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value as JsonType;
}

/** Equal as JSON values: the order of properties does not matter. */
export function canonicalJson(value: JsonValue): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item: JsonValue) => canonicalJson(item)).join()}]`;
  const entries = Object.entries(value as Record<string, JsonValue>).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, inner]) => `${JSON.stringify(name)}:${canonicalJson(inner)}`).join()}}`;
}

export function both(a: Ref, b: Ref): Ref {
  if (a === null || b === null) return null;
  if (a.length === 0) return b;
  return [...a, ...b.filter(({ path }) => a.every((other) => other.path !== path))];
}

/** What both allow; null where that is nothing. `multipleOf` of both becomes their least common multiple. */
export function meet(a: Constraint, b: Constraint): Constraint | null {
  const types = new Set([...a.types].filter((type) => b.types.has(type)));
  if (types.size === 0) return null;
  const inB = b.values && new Set(b.values.map(canonicalJson));
  const values = a.values === null ? b.values : inB === null ? a.values : a.values.filter((value) => inB.has(canonicalJson(value)));
  if (values !== null && values.length === 0) return null;
  return { types, values, number: meetNumbers(a.number, b.number), string: meetStrings(a, b), array: meetArrays(a, b), object: meetObjects(a, b) };
}

function meetNumbers(a: NumberBounds, b: NumberBounds): NumberBounds {
  const low = higher(a, b);
  const high = lower(a, b);
  return {
    isInteger: a.isInteger || b.isInteger,
    minimum: low.minimum,
    isMinimumOpen: low.isMinimumOpen,
    maximum: high.maximum,
    isMaximumOpen: high.isMaximumOpen,
    multipleOf: a.multipleOf === null || b.multipleOf === null ? (a.multipleOf ?? b.multipleOf) : leastCommonMultiple(a.multipleOf, b.multipleOf),
  };
}

function higher(a: NumberBounds, b: NumberBounds): NumberBounds {
  if (a.minimum === null || b.minimum === null) return a.minimum === null ? b : a;
  if (a.minimum === b.minimum) return a.isMinimumOpen ? a : b;
  return a.minimum > b.minimum ? a : b;
}

function lower(a: NumberBounds, b: NumberBounds): NumberBounds {
  if (a.maximum === null || b.maximum === null) return a.maximum === null ? b : a;
  if (a.maximum === b.maximum) return a.isMaximumOpen ? a : b;
  return a.maximum < b.maximum ? a : b;
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return (a / x) * b;
}

function meetStrings(a: Constraint, b: Constraint): Constraint['string'] {
  return { min: Math.max(a.string.min, b.string.min), max: Math.min(a.string.max, b.string.max), expressions: [...a.string.expressions, ...b.string.expressions] };
}

function meetArrays({ array: a }: Constraint, { array: b }: Constraint): Constraint['array'] {
  const places = Math.max(a.prefix.length, b.prefix.length);
  const at = (side: Constraint['array'], place: number): Ref => (place < side.prefix.length ? (side.prefix[place] as Ref) : side.items);
  return {
    prefix: Array.from({ length: places }, (_, place) => both(at(a, place), at(b, place))),
    items: both(a.items, b.items),
    min: Math.max(a.min, b.min),
    max: Math.min(a.max, b.max),
  };
}

function meetObjects({ object: a }: Constraint, { object: b }: Constraint): Constraint['object'] {
  const properties = new Map<string, Ref>();
  const of = (side: Constraint['object'], name: string): Ref => (side.properties.has(name) ? (side.properties.get(name) as Ref) : side.others);
  for (const name of [...a.properties.keys(), ...b.properties.keys()]) properties.set(name, both(of(a, name), of(b, name)));
  return {
    properties,
    others: both(a.others, b.others),
    required: new Set([...a.required, ...b.required]),
    min: Math.max(a.min, b.min),
    max: Math.min(a.max, b.max),
  };
}

import { FieldReader } from '../suite/fields.ts';
import { SUITE_LIMITS } from '../suite/limits.ts';
import { type Json } from '../run/run.ts';
import { DECISION_FLAGS, type DecisionFlag } from '#libs/trace/trace';

export const ASSERTION_TYPES = ['inside', 'avoid', 'no-generalist', 'usage-within', 'moved-at-most', 'stays-selected'] as const;
export type AssertionType = (typeof ASSERTION_TYPES)[number];

/**
 * `items`: the bound is for these very items, and one token can break it. `interval`: the items stand for
 * others like them, and the nearer side of the confidence interval must keep the bound.
 */
export type Judged = 'items' | 'interval';

interface Common {
  /** Unique in the task; its metric has this name. */
  readonly name: string;
  readonly judged: Judged;
  /** Labels that an item must have; left out: all items. */
  readonly where: Readonly<Record<string, string>> | null;
}

/** What routes must keep. Shares are of the selections of a layer: k for each token. */
export type RouteAssertion = Common &
  (
    | { readonly type: 'inside'; readonly layer: number; readonly experts: readonly number[]; readonly atLeast: number }
    | { readonly type: 'avoid'; readonly layer: number; readonly experts: readonly number[]; readonly atMost: number }
    /** Share of decisions of all layers that carry one of the flags. */
    | { readonly type: 'no-generalist'; readonly flags: readonly DecisionFlag[]; readonly atMost: number }
    /** experts null: each expert of the layer. */
    | { readonly type: 'usage-within'; readonly layer: number; readonly experts: readonly number[] | null; readonly atLeast: number; readonly atMost: number }
    /** layers null: each layer. */
    | { readonly type: 'moved-at-most'; readonly layers: readonly number[] | null; readonly atMostBits: number }
    /** Share of decisions with the expert selected, candidate less reference: at least -atMostLess. */
    | { readonly type: 'stays-selected'; readonly layer: number; readonly experts: readonly number[]; readonly atMostLess: number }
  );

const JUDGED: Readonly<Record<AssertionType, Judged>> = {
  inside: 'interval',
  avoid: 'items',
  'no-generalist': 'items',
  'usage-within': 'interval',
  'moved-at-most': 'interval',
  'stays-selected': 'items',
};
const COMMON = ['name', 'type', 'judged', 'where'];
const MAX_LAYER = 1023;
const MAX_EXPERT = 65_535;

/** @throws EvaluationError naming the field of the assertion that is wrong */
export function parseAssertion(value: Json, path: string): RouteAssertion {
  const read = new FieldReader(value, path, 'malformed-assertion');
  const type = read.choice('type', ASSERTION_TYPES);
  const common = {
    name: read.text('name', { max: SUITE_LIMITS.nameCharacters }),
    judged: read.has('judged') ? read.choice('judged', ['items', 'interval']) : JUDGED[type],
    where: read.has('where') ? read.texts('where', { max: SUITE_LIMITS.labels, maxCharacters: SUITE_LIMITS.labelCharacters }) : null,
  };
  const share = (name: string, otherwise?: number): number => (otherwise !== undefined && !read.has(name) ? otherwise : read.number(name, { min: 0, max: 1 }));
  const layer = (): number => read.whole('layer', { min: 0, max: MAX_LAYER });
  const only = (...names: string[]): void => read.only([...COMMON, ...names]);
  switch (type) {
    case 'inside':
      only('layer', 'experts', 'atLeast');
      return { ...common, type, layer: layer(), experts: ids(read, 'experts', MAX_EXPERT), atLeast: share('atLeast') };
    case 'avoid':
      only('layer', 'experts', 'atMost');
      return { ...common, type, layer: layer(), experts: ids(read, 'experts', MAX_EXPERT), atMost: share('atMost', 0) };
    case 'no-generalist':
      only('flags', 'atMost');
      return { ...common, type, flags: read.has('flags') ? flagList(read) : ['generalist'], atMost: share('atMost', 0) };
    case 'usage-within':
      only('layer', 'experts', 'atLeast', 'atMost');
      if (share('atLeast', 0) === 0 && share('atMost', 1) === 1) read.refuse('atLeast', 'or atMost must be given, above 0 or below 1.');
      return { ...common, type, layer: layer(), experts: read.has('experts') ? ids(read, 'experts', MAX_EXPERT) : null, atLeast: share('atLeast', 0), atMost: share('atMost', 1) };
    case 'moved-at-most':
      only('layers', 'atMostBits');
      return { ...common, type, layers: read.has('layers') ? ids(read, 'layers', MAX_LAYER) : null, atMostBits: share('atMostBits') };
    case 'stays-selected':
      only('layer', 'experts', 'atMostLess');
      return { ...common, type, layer: layer(), experts: ids(read, 'experts', MAX_EXPERT), atMostLess: share('atMostLess', 0) };
  }
}

/** Whether an assertion says something of a candidate's difference from a reference. */
export function needsReference({ type }: Pick<RouteAssertion, 'type'>): boolean {
  return type === 'moved-at-most' || type === 'stays-selected';
}

function ids(read: FieldReader, name: string, max: number): readonly number[] {
  const list = read.list(name, { min: 1, max: SUITE_LIMITS.experts });
  for (const [at, id] of list.entries()) {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id > max) read.refuse(`${name}[${at}]`, `must be a whole number from 0 to ${max}.`);
  }
  if (new Set(list).size < list.length) read.refuse(name, 'names one twice; give each once.');
  return list as readonly number[];
}

function flagList(read: FieldReader): readonly DecisionFlag[] {
  const known = Object.keys(DECISION_FLAGS);
  const list = read.list('flags', { min: 1, max: known.length });
  for (const [at, flag] of list.entries()) {
    if (typeof flag !== 'string' || !known.includes(flag)) read.refuse(`flags[${at}]`, `must be one of ${known.join(', ')}.`);
  }
  return list as readonly DecisionFlag[];
}

import { DECISION_FLAGS } from '#libs/trace/trace';
import { type RouteAssertion } from './assertion.ts';
import { usageOf, type RoutedItem } from './usage.ts';

/** Broken tokens of one item and assertion that are kept: those with the largest gates. */
export const KEPT_BROKEN = 3;

/** A token that breaks an assertion, by its row. */
export type BrokenRow = { readonly row: number; readonly layer: number; readonly expert: number | null; readonly gate: number | null };

/** What an assertion needs to know of one item. */
export type Observation =
  /** `hits` of `total` selections (of `no-generalist`: decisions), and some of those that break it. */
  | { readonly hits: number; readonly total: number; readonly broken: readonly BrokenRow[] }
  /** Selections of each expert, by the layers asked for. */
  | { readonly usage: readonly { readonly layer: number; readonly counts: readonly number[] }[] }
  /** Rows in which each of the assertion's experts was selected, of so many. */
  | { readonly selected: readonly (readonly number[])[]; readonly total: number };

/** Counts what an assertion is about, in one item. The same for a candidate and its reference. */
export function observe(assertion: RouteAssertion, item: RoutedItem): Observation {
  switch (assertion.type) {
    case 'inside':
      return selections(item, assertion.layer, assertion.experts, 'outside');
    case 'avoid':
      return selections(item, assertion.layer, assertion.experts, 'within');
    case 'no-generalist':
      return flagged(item, assertion.flags.reduce((bits, flag) => bits | DECISION_FLAGS[flag], 0));
    case 'usage-within':
      return { usage: [{ layer: assertion.layer, counts: usageOf(item, assertion.layer) }] };
    case 'moved-at-most': {
      const layers = assertion.layers ?? Array.from({ length: item.layers }, (_, layer) => layer);
      return { usage: layers.map((layer) => ({ layer, counts: usageOf(item, layer) })) };
    }
    case 'stays-selected':
      return { selected: assertion.experts.map((expert) => rowsOf(item, assertion.layer, expert)), total: item.rows - item.firstRow };
  }
}

/** Selections of the experts; those outside or within them are what breaks the assertion. */
function selections(item: RoutedItem, layer: number, experts: readonly number[], breaks: 'outside' | 'within'): Observation {
  const { routes, layers, topK, firstRow, rows } = item;
  const wanted = new Set(experts);
  const broken: BrokenRow[] = [];
  let hits = 0;
  for (let row = firstRow; row < rows; row += 1) {
    for (let slot = 0; slot < topK; slot += 1) {
      const at = (row * layers + layer) * topK + slot;
      const expert = routes.expertIds[at]!;
      const isWithin = wanted.has(expert);
      if (isWithin) hits += 1;
      if (isWithin === (breaks === 'within')) broken.push({ row, layer, expert, gate: routes.gates[at]! });
    }
  }
  return { hits, total: (rows - firstRow) * topK, broken: largest(broken) };
}

function flagged({ routes, layers, topK, firstRow, rows }: RoutedItem, bits: number): Observation {
  const broken: BrokenRow[] = [];
  let hits = 0;
  for (let row = firstRow; row < rows; row += 1) {
    for (let layer = 0; layer < layers; layer += 1) {
      const at = row * layers + layer;
      if (((routes.flags?.[at] ?? 0) & bits) === 0) continue;
      hits += 1;
      broken.push({ row, layer, expert: routes.expertIds[at * topK]!, gate: routes.gates[at * topK]! });
    }
  }
  return { hits, total: (rows - firstRow) * layers, broken: largest(broken) };
}

function rowsOf({ routes, layers, topK, firstRow, rows }: RoutedItem, layer: number, expert: number): number[] {
  const found: number[] = [];
  for (let row = firstRow; row < rows; row += 1) {
    const at = (row * layers + layer) * topK;
    if (routes.expertIds.subarray(at, at + topK).includes(expert)) found.push(row);
  }
  return found;
}

function largest(broken: readonly BrokenRow[]): BrokenRow[] {
  return broken.toSorted((a, b) => b.gate! - a.gate! || a.row - b.row).slice(0, KEPT_BROKEN);
}

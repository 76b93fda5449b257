import { pairIndex } from '#libs/trace/usage';
import { bagOf, type Bag } from './class-attacker.ts';
import { type RoutedDocument, type RouteShape } from './routed-document.ts';

/** Runs of experts are hashed into this many features a layer. */
const RUN_BUCKETS = 512;
/** As in a roll-up: pairs are counted up to so many experts. */
const MAX_PAIR_EXPERTS = 64;

/** What a roll-up holds of some requests: by layer the load of each expert, and how often each pair served together. */
export interface UsageCounts {
  /** [layers][experts] */
  readonly load: readonly Float64Array[];
  /** [layers][experts * (experts - 1) / 2] */
  readonly pairs: readonly Float64Array[];
}

export function usageOf(documents: readonly RoutedDocument[], { layers, experts, topK }: RouteShape): UsageCounts {
  const pairCells = experts <= MAX_PAIR_EXPERTS ? (experts * (experts - 1)) / 2 : 0;
  const load = Array.from({ length: layers }, () => new Float64Array(experts));
  const pairs = Array.from({ length: layers }, () => new Float64Array(pairCells));
  for (const { expertIds } of documents) {
    for (let at = 0; at < expertIds.length; at += topK) {
      const layer = (at / topK) % layers;
      for (let k = 0; k < topK; k += 1) {
        const expert = expertIds[at + k]!;
        load[layer]![expert]! += 1;
        for (let j = 0; j < (pairCells > 0 ? k : 0); j += 1) {
          const other = expertIds[at + j]!;
          if (other !== expert) pairs[layer]![pairIndex(Math.min(other, expert), Math.max(other, expert), experts)]! += 1;
        }
      }
    }
  }
  return { load, pairs };
}

/** Usage as an attacker of the roll-ups sees it. */
export function usageBag(label: string, { load, pairs }: UsageCounts): Bag {
  let from = 0;
  const groups = [...load, ...pairs].map((counts) => {
    const base = from;
    from += counts.length;
    return Array.from(counts, (count, at) => [base + at, count] as const);
  });
  return bagOf(label, groups);
}

export function usageFeatures({ layers, experts }: RouteShape): number {
  return layers * (experts + (experts <= MAX_PAIR_EXPERTS ? (experts * (experts - 1)) / 2 : 0));
}

/** Routes as an attacker of a trace sees them: usage, and runs of two rows' first experts in each layer, and of two layers' in a row. */
export function routesBag(document: RoutedDocument, shape: RouteShape): Bag {
  const { layers, experts, topK } = shape;
  const usage = usageOf([document], shape);
  let from = 0;
  const groups: (readonly (readonly [number, number])[])[] = [...usage.load, ...usage.pairs].map((counts) => {
    const base = from;
    from += counts.length;
    return Array.from(counts, (count, at) => [base + at, count] as const);
  });
  const first = (row: number, layer: number): number => document.expertIds[(row * layers + layer) * topK]!;
  for (let layer = 0; layer < layers; layer += 1) {
    const alongRows = new Map<number, number>();
    const acrossLayers = new Map<number, number>();
    for (let row = 0; row < document.tokens.length; row += 1) {
      if (row > 0) countOne(alongRows, from + ((first(row - 1, layer) * experts + first(row, layer)) % RUN_BUCKETS));
      if (layer > 0) countOne(acrossLayers, from + RUN_BUCKETS + ((first(row, layer - 1) * experts + first(row, layer)) % RUN_BUCKETS));
    }
    groups.push([...alongRows], [...acrossLayers]);
    from += 2 * RUN_BUCKETS;
  }
  return bagOf(document.label, groups);
}

export function routesFeatures(shape: RouteShape): number {
  return usageFeatures(shape) + shape.layers * 2 * RUN_BUCKETS;
}

/** The text itself: how often each token occurs. */
export function tokensBag({ label, tokens }: RoutedDocument): Bag {
  const counts = new Map<number, number>();
  for (const token of tokens) countOne(counts, token);
  return bagOf(label, [[...counts]]);
}

function countOne(counts: Map<number, number>, feature: number): void {
  counts.set(feature, (counts.get(feature) ?? 0) + 1);
}

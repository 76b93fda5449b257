import { type ExpertMask, maskFault } from '#libs/moe/expert-mask';
import { type RoutingSettings } from '#libs/release/manifest';
import { forcedFault } from './forced-routes.ts';
import { type StepItem } from './forward-pass.ts';
import { type CachedSequence, type Slab } from './kv-cache.ts';

/** A step item was malformed; the message names the field. */
export class StepItemError extends Error {
  override readonly name = 'StepItemError';
}

/** Sequences of neighbouring slots that go through attention as one batch. */
export interface AttentionGroup {
  readonly slab: Slab;
  readonly slot: number;
  readonly sequences: readonly CachedSequence[];
  /** By sequence, the experts that must not serve it; null where that is so for none of them. */
  readonly masks: readonly (ExpertMask | null)[] | null;
  /** New tokens of each sequence. */
  readonly tokens: number;
  /** First of its sequences.length * tokens rows in the step. */
  readonly row: number;
}

export interface StepPlan {
  readonly rows: number;
  readonly groups: readonly AttentionGroup[];
  /** First row of each item, in order of items. */
  readonly itemRows: readonly number[];
  /** Whether any item has an expert mask. */
  readonly masked: boolean;
}

export interface StepLimits {
  readonly chunkTokens: number;
  readonly vocabSize: number;
  readonly layers: number;
  readonly experts: number;
  /** Of the release; null where the plan cannot force routes. */
  readonly routing: RoutingSettings | null;
}

/** @throws StepItemError */
export function checkItems(items: readonly StepItem[], limits: StepLimits): void {
  const seen = new Set<number>();
  for (const { cache, tokens, logitsFrom, expertMask, forced } of items) {
    const fail = (what: string) => new StepItemError(`step item of sequence ${cache.id}: ${what}`);
    if (seen.has(cache.id)) throw fail('cache is named twice in one step');
    seen.add(cache.id);
    if (tokens.length === 0) throw fail('tokens is empty');
    if (tokens.length > limits.chunkTokens) throw fail(`tokens has ${tokens.length} entries, chunkTokens is ${limits.chunkTokens}`);
    if (!(logitsFrom >= 0 && logitsFrom <= tokens.length)) throw fail(`logitsFrom is ${logitsFrom}, not within 0 and ${tokens.length}`);
    const fault = expertMask ? maskFault(expertMask, limits.layers, limits.experts) : null;
    if (fault !== null) throw fail(`expertMask: ${fault}`);
    const unforceable = forced ? forcedFault(forced, { ...limits, tokens: tokens.length, mask: expertMask ?? null }) : null;
    if (unforceable !== null) throw fail(unforceable);
    for (const token of tokens) {
      if (token >= limits.vocabSize) throw fail(`token id ${token} is outside the vocabulary of ${limits.vocabSize}`);
    }
  }
}

/**
 * Orders a step's tokens into rows. Items with one token whose slots are neighbours form one group;
 * an item with several tokens is a group of its own. Every sequence must have room in its slab.
 */
export function planStep(items: readonly StepItem[]): StepPlan {
  const itemRows = items.map(() => 0);
  const groups: { slab: Slab; slot: number; sequences: CachedSequence[]; masks: (ExpertMask | null)[] | null; tokens: number; row: number }[] = [];
  const masked = items.some(({ expertMask }) => expertMask);
  const order = items
    .map((item, index) => ({ index, tokens: item.tokens.length, mask: item.expertMask ?? null, sequence: item.cache as CachedSequence }))
    .toSorted((a, b) => a.sequence.slab!.capacity - b.sequence.slab!.capacity || a.sequence.slot - b.sequence.slot);
  let rows = 0;
  for (const { index, tokens, mask, sequence } of order) {
    const slab = sequence.slab!;
    const open = groups.at(-1);
    const joins =
      open && open.tokens === 1 && tokens === 1 && open.slab === slab && open.slot + open.sequences.length === sequence.slot;
    if (joins) {
      open.sequences.push(sequence);
      open.masks?.push(mask);
    } else groups.push({ slab, slot: sequence.slot, sequences: [sequence], masks: masked ? [mask] : null, tokens, row: rows });
    itemRows[index] = rows;
    rows += tokens;
  }
  return { rows, groups, itemRows, masked };
}

import { type ExpertRef } from '../probe/probe.ts';
import { type AskedItem } from './ask-items.ts';
import { clusteredRatio, ratioDifference, type TestedMean } from './clustered-mean.ts';
import { type ItemOutline } from './concentration-layout.ts';

/** How much oftener harmful prompts select an expert than harmless ones. */
export interface RateDifference extends ExpertRef {
  /** Share of the tokens of harmful prompts that select it. */
  readonly harmful: number;
  readonly harmless: number;
  readonly difference: TestedMean;
}

/**
 * Risk difference of the activation rate of each expert: delta = p1 - p2 with p = A/N, where A of the N
 * tokens of a set select the expert. Source: SteerMoE (Fayyaz et al. 2025, arXiv 2509.09660), whose sets
 * are paired; here they are the tokens of all harmful and of all harmless prompts. Tokens of one prompt depend on each other, so intervals are
 * over prompts; equal prompts count once. [layers * experts], by layer and expert.
 */
export function activationRates(items: readonly ItemOutline[], asked: readonly AskedItem[], { layers, experts }: { readonly layers: number; readonly experts: number }): RateDifference[] {
  const harmful = promptsOf(items, asked, 'harmful');
  const harmless = promptsOf(items, asked, 'harmless');
  return Array.from({ length: layers * experts }, (_, place) => {
    const [a, b] = [harmful, harmless].map((prompts) => clusteredRatio(prompts.map(({ counts }) => counts.get(place) ?? 0), prompts.map(({ tokens }) => tokens)));
    if (!a || !b) throw new Error('two sets give two ratios');
    return { layer: Math.floor(place / experts), expert: place % experts, harmful: a.value, harmless: b.value, difference: ratioDifference(a, b) };
  });
}

interface PromptRoutes {
  readonly tokens: number;
  /** By place: its tokens that selected it. */
  readonly counts: ReadonlyMap<number, number>;
}

function promptsOf(items: readonly ItemOutline[], asked: readonly AskedItem[], kind: ItemOutline['class']): PromptRoutes[] {
  const prompts = new Map<string, PromptRoutes>();
  for (const [at, item] of items.entries()) {
    const answer = asked[at];
    if (item.class !== kind || !answer || prompts.has(item.prompt)) continue;
    const counts = new Map<number, number>();
    for (let pair = 0; pair + 1 < answer.selections.length; pair += 2) counts.set(answer.selections[pair]!, answer.selections[pair + 1]!);
    prompts.set(item.prompt, { tokens: answer.promptTokens, counts });
  }
  return [...prompts.values()];
}

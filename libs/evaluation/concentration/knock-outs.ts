import { type ExpertRef } from '../probe/probe.ts';
import { type RateDifference } from './activation-rates.ts';
import { type ConcentrationSettings } from './concentration-settings.ts';
import { clusteredMean, type TestedMean } from './clustered-mean.ts';
import { adjusted } from './adjusted.ts';
import { type ItemOutline } from './concentration-layout.ts';

export type KnockOutReason = 'all-experts' | 'oftener-on-harmful' | 'most-used-on-harmful';

/** An expert that is left out to see what becomes of refusals. */
export interface KnockOutChoice extends ExpertRef {
  readonly chosen: KnockOutReason;
}

/**
 * All experts where the release has no more than the limit. Else those found to be selected oftener by
 * harmful prompts, surest first, up to half of the limit, and then the ones those prompts select most.
 */
export function chooseKnockOuts(rates: readonly RateDifference[], { maxKnockOuts, falseDiscoveryRate }: ConcentrationSettings): KnockOutChoice[] {
  if (rates.length <= maxKnockOuts) return rates.map(({ layer, expert }) => ({ layer, expert, chosen: 'all-experts' }));
  const pAdjusted = adjusted(rates.map(({ difference }) => difference.p));
  const found = [...rates.entries()]
    .filter(([at, { difference }]) => difference.value > 0 && (pAdjusted[at] ?? 1) <= falseDiscoveryRate)
    .toSorted(([a, x], [b, y]) => (x.difference.p ?? 1) - (y.difference.p ?? 1) || y.difference.value - x.difference.value || a - b)
    .slice(0, Math.ceil(maxKnockOuts / 2));
  const taken = new Set(found.map(([at]) => at));
  const used = [...rates.entries()].filter(([at]) => !taken.has(at)).toSorted(([a, x], [b, y]) => y.harmful - x.harmful || a - b).slice(0, maxKnockOuts - found.length);
  const named = (chosen: KnockOutReason) => ([, { layer, expert }]: readonly [number, RateDifference]): KnockOutChoice => ({ layer, expert, chosen });
  return [...found.map(named('oftener-on-harmful')), ...used.map(named('most-used-on-harmful'))];
}

/** What leaving an expert out does to the refusal margin. */
export interface KnockOut extends KnockOutChoice {
  /** Mean fall of the margin, bits per byte: above 0 where the release refuses less without the expert. */
  readonly effect: TestedMean;
  readonly pAdjusted: number | null;
  /** Of the mean margin; null where the release does not refuse, so that there is nothing to have a share of. */
  readonly share: number | null;
  /** The fall is found at the false discovery rate of the run. */
  readonly isFound: boolean;
}

/**
 * Mean fall of the margin for each expert, over the same items with and without it; after the expert
 * knock-out of SAFEx (arXiv 2506.17368), which counts refused prompts where this compares likelihoods.
 * @param without [choices][items] margins with the expert left out
 */
export function knockOutEffects(choices: readonly KnockOutChoice[], items: readonly ItemOutline[], margins: readonly number[], without: readonly (readonly number[])[], margin: number | null, falseDiscoveryRate: number): KnockOut[] {
  const clusters = items.map(({ prompt }) => prompt);
  const effects = choices.map((_, at) => clusteredMean(margins.map((full, item) => full - (without[at]?.[item] ?? full)), clusters));
  const pValues = adjusted(effects.map(({ p }) => p));
  return choices.map((choice, at) => {
    const effect = effects[at]!;
    const pAdjusted = pValues[at] ?? null;
    return { ...choice, effect, pAdjusted, share: margin === null ? null : effect.value / margin, isFound: effect.value > 0 && pAdjusted !== null && pAdjusted <= falseDiscoveryRate };
  });
}

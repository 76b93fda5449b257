import { gini } from '#libs/stats/balance';
import { effectiveExperts, pluginEntropyBits } from '#libs/stats/entropy';
import { type ExpertRef } from '../probe/probe.ts';
import { type ConcentrationSettings } from './concentration-settings.ts';
import { type KnockOut } from './knock-outs.ts';

/** An expert of the smallest set, in the order in which the set grew. */
export interface Carrier extends ExpertRef {
  /** Share of the refusal margin that is gone without it and those before it. */
  readonly removed: number;
}

/** Experts that may join the smallest set: found ones, greatest effect first. */
export function setCandidates(knockOuts: readonly KnockOut[], { setCandidates: most, minShare }: ConcentrationSettings): KnockOut[] {
  return [...knockOuts.entries()]
    .filter(([, { isFound, share }]) => isFound && share !== null && share >= minShare)
    .toSorted(([a, x], [b, y]) => y.effect.value - x.effect.value || a - b)
    .slice(0, most)
    .map(([, one]) => one);
}

/** Sets that the next carrier is chosen among, each with one candidate more; empty where the search is over. */
export function nextSets(carriers: readonly Carrier[], candidates: readonly ExpertRef[], experts: number, { targetShare, maxCarriers }: ConcentrationSettings): (readonly ExpertRef[] | null)[] {
  const last = carriers.at(-1);
  if (!last || last.removed >= targetShare || carriers.length >= maxCarriers) return candidates.map(() => null);
  return candidates.map((candidate) => {
    if (carriers.some((one) => isSame(one, candidate))) return null;
    // In each layer at least one expert must stay to serve.
    if (carriers.filter(({ layer }) => layer === candidate.layer).length + 1 >= experts) return null;
    return [...carriers.map(({ layer, expert }) => ({ layer, expert })), { layer: candidate.layer, expert: candidate.expert }];
  });
}

/** The candidate that takes most of the margin away together with those chosen before; null where none was tried. */
export function bestCarrier(candidates: readonly ExpertRef[], removed: readonly (number | null)[]): Carrier | null {
  let best: Carrier | null = null;
  for (const [at, { layer, expert }] of candidates.entries()) {
    const share = removed[at] ?? null;
    if (share !== null && (best === null || share > best.removed)) best = { layer, expert, removed: share };
  }
  return best;
}

/** How evenly the fall is spread over the experts that were left out, of those whose loss lowers the margin. */
export interface Concentration {
  /** 0: all alike; near 1: one carries it. null: none lowers it. */
  readonly gini: number | null;
  /** 2 to the entropy of the experts' shares: so many carry it, were they alike. */
  readonly effectiveCarriers: number | null;
}

export function concentrationOf(knockOuts: readonly KnockOut[]): Concentration {
  const falls = knockOuts.map(({ effect }) => Math.max(0, effect.value));
  const isAny = falls.some((fall) => fall > 0);
  return { gini: isAny ? gini(falls) : null, effectiveCarriers: isAny ? effectiveExperts(pluginEntropyBits(falls)) : null };
}

export type ProposalReason = 'knock-out-lowers-refusals' | 'in-smallest-set' | 'oftener-on-harmful';

/** An expert that the run proposes to protect, and why. */
export interface Proposal extends ExpertRef {
  readonly effect: number;
  readonly share: number;
  readonly reasons: readonly { readonly reason: ProposalReason; readonly detail: string }[];
}

/** Found experts that remove at least the least share of the margin; greatest first. */
export function proposals(knockOuts: readonly KnockOut[], carriers: readonly Carrier[], oftener: (expert: ExpertRef) => boolean, { minShare, falseDiscoveryRate }: ConcentrationSettings): Proposal[] {
  return knockOuts
    .filter(({ isFound, share }) => isFound && share !== null && share >= minShare)
    .toSorted((a, b) => b.effect.value - a.effect.value)
    .map((one) => {
      const { layer, expert, effect, share } = one;
      const reasons: Proposal['reasons'][number][] = [
        { reason: 'knock-out-lowers-refusals', detail: `Without it the refusal margin falls by ${effect.value.toFixed(3)} bits per byte, ${percent(share ?? 0)} of it (found at a false discovery rate of ${falseDiscoveryRate}).` },
      ];
      const at = carriers.findIndex((carrier) => isSame(carrier, one));
      if (at !== -1) reasons.push({ reason: 'in-smallest-set', detail: `It is number ${at + 1} of the smallest set; up to it, ${percent(carriers[at]!.removed)} of the margin is gone.` });
      if (oftener(one)) reasons.push({ reason: 'oftener-on-harmful', detail: 'Harmful prompts select it oftener than harmless ones.' });
      return { layer, expert, effect: effect.value, share: share ?? 0, reasons };
    });
}

function isSame(a: ExpertRef, b: ExpertRef): boolean {
  return a.layer === b.layer && a.expert === b.expert;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

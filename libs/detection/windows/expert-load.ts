import { shares } from '#libs/stats/entropy';
import { wilsonInterval } from '#libs/stats/proportion';
import { effectiveSelections, type LayerWindow, type WindowLimits } from './window-finding.ts';

export interface ExpertLoadLimits extends WindowLimits {
  /** A dead expert's chance of being a live one that was missed is at most this, over all experts of the layer together. */
  readonly maxMissedChance: number;
  /** Dormant in the reference: its share is below this part of an equal one, with 97.5 % confidence. */
  readonly dormantLoad: number;
  /** Awake: its share is above this part of an equal one, with 97.5 % confidence. */
  readonly wakingLoad: number;
}

export type ExpertLoadReason = 'dead' | 'missed-too-likely' | 'waking' | 'in-use';

/** One expert of a layer over a window. Loads are shares over an equal share (1/E): 1 is fair, 0 is unused. */
export interface ExpertLoad {
  readonly expert: number;
  readonly share: number;
  /** In the reference period; null without one. */
  readonly referenceShare: number | null;
  readonly load: number;
  /** 95 % interval of the load. */
  readonly interval: { readonly low: number; readonly high: number };
  /** Load that is missing: the expected one where the expert is dead, 0 otherwise. */
  readonly missingLoad: number;
  /** Chance that a live expert of the expected share would not be seen in this window; null where it was seen. */
  readonly missedChance: number | null;
  /** Its load where it was dormant in the reference and is not now, 0 otherwise. */
  readonly wokenLoad: number;
  readonly reason: ExpertLoadReason;
}

/**
 * Dead, waking and hot experts of a layer; null with too few requests. An expert is expected to have the
 * share of the reference (the lower end of its interval, to its favour), or 1/E without one. It counts as
 * dead when it was not selected though (1 - share)^n, n selections over their design effect, is so small
 * that over E experts (Bonferroni) a live one would hardly be missed. That takes one design effect for all experts of a layer:
 * one that few requests use, but those a lot, is missed more often than this says.
 */
export function measureExpertLoads(window: LayerWindow, reference: LayerWindow | null, limits: ExpertLoadLimits): readonly ExpertLoad[] | null {
  if (window.usage.requests < limits.minRequests) return null;
  const trials = effectiveSelections(window);
  if (trials <= 0) return null;
  const usable = reference !== null && reference.usage.requests >= limits.minRequests ? reference : null;
  const referenceShares = usable && shares([...usable.usage.load]);
  const referenceTrials = usable ? effectiveSelections(usable) : 0;
  const experts = window.usage.load.length;
  return shares([...window.usage.load]).map((share, expert): ExpertLoad => {
    const now = wilsonInterval(share, trials);
    const referenceShare = referenceShares?.[expert] ?? null;
    const before = referenceShare === null ? null : wilsonInterval(referenceShare, referenceTrials);
    const missedChance = share > 0 ? null : (1 - (before?.low ?? 1 / experts)) ** trials;
    const isDead = missedChance !== null && missedChance * experts <= limits.maxMissedChance;
    const isWaking = before !== null && before.high * experts <= limits.dormantLoad && now.low * experts >= limits.wakingLoad;
    return {
      expert,
      share,
      referenceShare,
      load: share * experts,
      interval: { low: now.low * experts, high: now.high * experts },
      missingLoad: isDead ? (referenceShare ?? 1 / experts) * experts : 0,
      missedChance,
      wokenLoad: isWaking ? share * experts : 0,
      reason: isDead ? 'dead' : missedChance !== null ? 'missed-too-likely' : isWaking ? 'waking' : 'in-use',
    };
  });
}

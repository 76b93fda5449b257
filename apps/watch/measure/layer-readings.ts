import { measureCollapse } from '#libs/detection/windows/collapse';
import { measureDroppedTokens } from '#libs/detection/windows/dropped-tokens';
import { type ExpertLoad, measureExpertLoads } from '#libs/detection/windows/expert-load';
import { measureLostConfidence } from '#libs/detection/windows/low-confidence';
import { measureLostEntropy } from '#libs/detection/windows/low-entropy';
import { type LayerWindow, type WindowFinding } from '#libs/detection/windows/window-finding';
import { type Reading, type ReadingLabels, type Signal } from '#libs/detection/reading/reading';

/** Fewer requests in a window say nothing of it. */
const MIN_REQUESTS = 20;
const EXPERT_LIMITS = { minRequests: MIN_REQUESTS, maxMissedChance: 0.001, dormantLoad: 0.05, wakingLoad: 0.2 };
/** Loads below it are not worth a reading, and of a layer no more than so many are. */
const HOT_FROM = 2;
const MAX_HOT = 3;

/** Why a reading has no value. */
const NOTES: Readonly<Record<string, string>> = {
  'too-few-requests': `fewer than ${MIN_REQUESTS} requests in the window`,
  'nothing-selected': 'no expert was selected in the window',
  'no-reference': 'no baseline of this model is adopted, or it holds too few requests',
};

/** One layer of a release over a window. */
export interface MeasuredLayer {
  /** With model, release and layer; those of a segment too, where it is of one. */
  readonly labels: ReadingLabels;
  readonly atMs: number;
  readonly window: LayerWindow;
  /** The same layer over the time of the adopted baseline; null without one. */
  readonly reference: LayerWindow | null;
  readonly baselineId: string | null;
}

/** What the detectors of a layer as a whole say. */
export function layerReadings(layer: MeasuredLayer): readonly Reading[] {
  const { window, reference } = layer;
  const limits = { minRequests: MIN_REQUESTS };
  return [
    readingOf(layer, 'collapse', measureCollapse(window, limits)),
    readingOf(layer, 'low-entropy', measureLostEntropy(window, reference, limits)),
    readingOf(layer, 'low-confidence', measureLostConfidence(window, reference, limits)),
    readingOf(layer, 'dropped-tokens', measureDroppedTokens(window, limits)),
  ];
}

/** Of its experts, only what is worth a reading: few of hundreds. */
export function expertReadings(layer: MeasuredLayer): readonly Reading[] {
  const loads = measureExpertLoads(layer.window, layer.reference, EXPERT_LIMITS) ?? [];
  const hot = loads.filter(({ load }) => load >= HOT_FROM).toSorted((a, b) => b.load - a.load).slice(0, MAX_HOT);
  return [
    ...loads.filter(({ missingLoad }) => missingLoad > 0).map((one) => expertReading(layer, one, 'dead-expert', one.missingLoad, null)),
    ...loads.filter(({ wokenLoad }) => wokenLoad > 0).map((one) => expertReading(layer, one, 'waking-expert', one.wokenLoad, one.interval)),
    ...hot.map((one) => expertReading(layer, one, 'hot-expert', one.load, one.interval)),
  ];
}

function readingOf({ labels, atMs, window, baselineId }: MeasuredLayer, signal: Signal, { value, interval, reason }: WindowFinding): Reading {
  const note = NOTES[reason];
  return {
    signal, labels, atMs, value, interval, alarm: null, evidence: null,
    detail: { requests: window.usage.requests, ...(baselineId === null ? {} : { baselineId }), ...(note === undefined ? {} : { note }) },
  };
}

function expertReading({ labels, atMs, window, baselineId }: MeasuredLayer, one: ExpertLoad, signal: Signal, value: number, interval: Reading['interval']): Reading {
  const { expert, share, referenceShare, missedChance } = one;
  const note = missedChance === null ? {} : { note: `a live expert of the expected share would be missed with a chance of ${missedChance.toExponential(1)}` };
  return {
    signal, labels: { ...labels, expert: String(expert) }, atMs, value, interval, alarm: null, evidence: null,
    detail: {
      requests: window.usage.requests,
      experts: [{ expert, share, baselineShare: referenceShare, eValue: null }],
      ...(baselineId === null ? {} : { baselineId }),
      ...note,
    },
  };
}

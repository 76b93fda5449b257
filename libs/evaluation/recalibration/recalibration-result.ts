import { maxViolation } from '#libs/stats/balance';
import { bootstrapInterval } from '#libs/stats/paired/bootstrap';
import { ratioOf } from '#libs/stats/paired/ratio';
import { type RunInputs } from '../run/assay.ts';
import { type Difference, type RunResult, type Verdict } from '../run/result.ts';
import { type Bias, meanViolation, noBias, scaledBias, type Usage } from './balance-bias.ts';
import { type RecalibrationSettings } from './recalibration-settings.ts';

/** An item under the release as it is, and under each part of the bias. */
export interface JudgedItem {
  readonly bits: number;
  readonly bytes: number;
  readonly usage: Usage;
  readonly variants: readonly { readonly bits: number; readonly usage: Usage; readonly changed: number; readonly decisions: number }[];
}

interface JudgedStrength {
  /** Part of the bias; 0 is the release as it is. */
  readonly strength: number;
  readonly bitsPerByte: number;
  /** From the release as it is; of the strength 0 nothing. */
  readonly difference: Omit<Difference, 'p' | 'pAdjusted'> | null;
  /** Mean over the layers of max load / mean load - 1. */
  readonly maxViolation: number;
  readonly maxViolationByLayer: readonly number[];
  /** Share of the decisions that choose other experts than the release as it is. */
  readonly changedShare: number;
}

export interface RecalibrationResult extends RunResult {
  readonly kind: 'recalibration';
  /** Texts that the bias was fitted to are not among these. */
  readonly items: number;
  readonly strengths: readonly JudgedStrength[];
  /** What to set as routing.selectionBias; null: nothing is proposed. */
  readonly proposal: { readonly strength: number; readonly selectionBias: Bias } | null;
}

const RESAMPLES = 1000;
const SEED = 1;
/** A bias must take at least this part of the imbalance away to be worth a change. */
const LEAST_GAIN = 0.05;

/** Judges each part of the bias on texts that it was not fitted to. */
export function recalibrationResult({ spec, candidate }: RunInputs, settings: RecalibrationSettings, bias: Bias, judged: readonly (readonly JudgedItem[])[]): RecalibrationResult {
  const items = judged.flat();
  const bytes = Float64Array.from(items, (item) => item.bytes);
  const plain = { numerators: Float64Array.from(items, ({ bits }) => bits), denominators: bytes };
  const asIs: JudgedStrength = { strength: 0, bitsPerByte: ratioOf(plain), difference: null, ...balanceOf(items.map(({ usage }) => usage)), changedShare: 0 };
  const strengths = settings.strengths.map((strength, at): JudgedStrength => {
    const variants = items.map((item) => item.variants[at]!);
    const own = { numerators: Float64Array.from(variants, ({ bits }) => bits), denominators: bytes };
    const bitsPerByte = ratioOf(own);
    const { low, high } = bootstrapInterval(own, plain, { resamples: RESAMPLES, seed: SEED, level: 0.95 });
    const decisions = variants.reduce((sum, one) => sum + one.decisions, 0);
    return {
      strength, bitsPerByte,
      difference: { value: bitsPerByte - asIs.bitsPerByte, low, high },
      ...balanceOf(variants.map(({ usage }) => usage)),
      changedShare: variants.reduce((sum, one) => sum + one.changed, 0) / decisions,
    };
  });
  const { best, verdict } = decide(asIs, strengths, settings.maxLossBitsPerByte);
  const { layers, experts } = candidate.shape;
  return {
    format: 'signalbox.result/1',
    kind: 'recalibration',
    candidate: spec.candidate,
    reference: null,
    suite: spec.suite,
    verdict,
    summary: verdict.reasons[0]!.detail,
    items: items.length,
    strengths: [asIs, ...strengths],
    proposal: best === null ? null : { strength: best.strength, selectionBias: scaledBias(bias, best.strength, candidate.routing.selectionBias ?? noBias(layers, experts)) },
  };
}

/** The most even of those whose loss of quality is surely within the bound. */
function decide(asIs: JudgedStrength, strengths: readonly JudgedStrength[], maxLoss: number): { readonly best: JudgedStrength | null; readonly verdict: Verdict } {
  const evener = strengths.filter((one) => one.maxViolation <= (1 - LEAST_GAIN) * asIs.maxViolation);
  const affordable = evener.filter(({ difference }) => difference!.high !== null && difference!.high <= maxLoss);
  const best = affordable.reduce<JudgedStrength | null>((least, one) => (least === null || one.maxViolation < least.maxViolation ? one : least), null);
  if (best !== null) {
    const detail = `A selection bias of strength ${best.strength} brings the busiest expert from ${share(asIs)} to ${share(best)} above the mean, and bits per byte from ${asIs.bitsPerByte.toFixed(4)} to ${best.bitsPerByte.toFixed(4)}.`;
    return { best, verdict: { outcome: 'pass', reasons: [{ reason: 'evener', detail }] } };
  }
  const reason = evener.length === 0
    ? { reason: 'no-gain', detail: `No bias brings the busiest expert clearly below ${share(asIs)} above the mean on texts that it was not fitted to.` }
    : { reason: 'costs-quality', detail: `Every bias that evens the load may cost more than ${maxLoss} bits per byte.` };
  return { best: null, verdict: { outcome: 'inconclusive', reasons: [reason] } };
}

function share({ maxViolation: violation }: JudgedStrength): string {
  return `${(violation * 100).toFixed(0)} %`;
}

function balanceOf(usages: readonly Usage[]): Pick<JudgedStrength, 'maxViolation' | 'maxViolationByLayer'> {
  const total = usages[0]!.map((row, layer) => row.map((_, expert) => usages.reduce((sum, usage) => sum + usage[layer]![expert]!, 0)));
  return { maxViolation: meanViolation(total), maxViolationByLayer: total.map((load) => maxViolation(load) ?? 0) };
}

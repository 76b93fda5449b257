import { type AttributionResult } from '../../attribute/attribution-result.ts';
import { type ConcentrationResult } from '../../concentration/concentration-result.ts';
import { type PrivacyResult } from '../../privacy/result.ts';
import { type RecalibrationResult } from '../../recalibration/recalibration-result.ts';
import { type Estimate } from '../../run/result.ts';
import { type ReportInput } from '../report.ts';

/** Results of each kind, of the types that the assays give; figures as on the demo model. */
export const sha = (digit: string): string => digit.repeat(64);
const base = { format: 'signalbox.result/1', candidate: sha('c'), suite: sha('5') } as const;
const interval = (value: number, width: number): { value: number; low: number; high: number } => ({ value, low: value - width, high: value + width });
const estimate = (value: number, width: number, n = 31): Estimate => ({ ...interval(value, width), n });

export const inputOf = (result: ReportInput['result'], over: Partial<ReportInput> = {}): ReportInput => ({
  evaluationId: '0197280f-6000-7000-8000-000000000001', suiteName: 'first', spec: sha('e'), resultSha256: sha('f'), settings: { seed: 1 }, result, measured: null, attribution: null, ...over,
});

const component = (name: string, share: number, confidence: number, named = false) => ({ component: name, share: interval(share, 0.03), part: share / 0.31, samplingError: 0.004, confidence, named });

export function attribution(over: Partial<AttributionResult> = {}): AttributionResult {
  const detail = 'It got worse by 0.310 bits/byte, by the experts: expert/2/3.';
  return {
    ...base, kind: 'attribution', reference: sha('a'), verdict: { outcome: 'fail', reasons: [{ reason: 'expert:experts-alone', detail }] }, summary: `${detail} Confidence 96 %.`,
    cause: 'expert', named: ['expert/2/3'], confidence: 0.96, unit: 'bits/byte', old: interval(1.94, 0.05), new: interval(2.25, 0.06), change: interval(0.31, 0.03),
    effects: { router: interval(0.018, 0.022), experts: interval(0.262, 0.03), interaction: interval(0.03, 0.02), backbone: interval(0, 0), routerMain: interval(0.033, 0.02), expertsMain: interval(0.277, 0.03) },
    causes: [{ cause: 'expert', confidence: 0.991 }, { cause: 'both', confidence: 0.009 }], plausible: ['expert'],
    components: [component('router/2', 0.026, 0.3), component('expert/2/3', 0.253, 1, true), component('expert/1/6', 0.021, 0.2), component('expert/0/2', 0.014, 0.1), component('router/0', -0.004, 0), component('layer/3', 0.002, 0), component('backbone', 0.0005, 0), component('routing', 0.0001, 0)],
    knockOut: [{ component: 'expert/2/3', old: interval(0.12, 0.03), new: interval(-0.16, 0.04) }, { component: 'expert/1/6', old: interval(0.07, 0.03), new: interval(0.06, 0.03) }],
    replay: { change: interval(0.29, 0.03), detail: 'the new release with the routes of the old one, less the old release' },
    exchange: null, counterfactual: { layer: 2, routesTried: 28, tokens: 8, lostBits: 41, regretBits: 22, oldRegretBits: 3, wonBackShare: 0.54, wonBackByOldRouteShare: 0.02, fixedTokens: 3, worst: [] },
    cost: { rows: 61_440, coalitions: 8, items: 64 }, ...over,
  };
}

const EXPERTS = Array.from({ length: 32 }, (_, place) => ({ layer: Math.floor(place / 8), expert: place % 8 }));

export function concentration(over: Partial<ConcentrationResult> = {}): ConcentrationResult {
  const summary = 'Protect expert/2/5, expert/3/1: 2 of them together remove 50 % of the refusal margin.';
  const tested = (value: number, width: number, p: number) => ({ ...interval(value, width), p, n: 31 });
  const place = (at: number): { layer: number; expert: number } => (at === 0 ? { layer: 2, expert: 5 } : at === 1 ? { layer: 3, expert: 1 } : EXPERTS[at]!);
  return {
    ...base, kind: 'concentration', reference: null, verdict: { outcome: 'pass', reasons: [{ reason: 'concentrated', detail: summary }] }, summary,
    margins: [{ class: 'harmful', margin: estimate(0.42, 0.06) }, { class: 'harmless', margin: estimate(-0.6, 0.08) }, { class: 'bypass', margin: estimate(0.11, 0.07, 12) }],
    refusalMargin: estimate(0.36, 0.05),
    rates: { experts: 32, shown: EXPERTS.map((expert, at) => ({ ...expert, harmful: 0.3, harmless: 0.3 - 0.22 * 0.8 ** at, difference: { ...tested(0.22 * 0.8 ** at, 0.05, 0.002), pAdjusted: at < 5 ? 0.01 : 0.4 }, isFound: at < 5 })) },
    knockOuts: EXPERTS.map((_, at) => ({ ...place(at), chosen: 'all-experts' as const, effect: tested(0.13 * 0.7 ** at - 0.01, 0.02, 0.001), pAdjusted: at < 3 ? 0.003 : 0.6, share: (0.13 * 0.7 ** at - 0.01) / 0.36, isFound: at < 3 })),
    smallestSet: { target: 0.5, isReached: true, carriers: [{ layer: 2, expert: 5, removed: 0.33 }, { layer: 3, expert: 1, removed: 0.54 }] },
    concentration: { gini: 0.62, effectiveCarriers: 3.8 },
    proposals: [
      { layer: 2, expert: 5, effect: 0.12, share: 0.33, reasons: [{ reason: 'knock-out-lowers-refusals', detail: 'Without it the margin falls.' }, { reason: 'in-smallest-set', detail: 'Number 1.' }, { reason: 'oftener-on-harmful', detail: 'Harmful prompts select it oftener.' }] },
      { layer: 3, expert: 1, effect: 0.081, share: 0.22, reasons: [{ reason: 'knock-out-lowers-refusals', detail: 'Without it the margin falls.' }] },
    ], ...over,
  };
}

export function privacy(over: Partial<PrivacyResult> = {}): PrivacyResult {
  const level = (name: PrivacyResult['levels'][number]['level'], recovery: number, auc: number, bits: number): PrivacyResult['levels'][number] => ({
    level: name, tokenRecovery: estimate(recovery, 0.01), top5: estimate(Math.min(1, recovery * 1.5), 0.02), classAuc: estimate(auc, 0.02), informationBits: estimate(bits, 0.1), classes: [{ label: 'medicine', ...estimate(auc, 0.02) }, { label: 'law', ...estimate(auc, 0.02) }],
  });
  return {
    ...base, kind: 'privacy', reference: null, verdict: { outcome: 'fail', reasons: [{ reason: 'attacker-exceeds-bound', detail: 'routes: token recovery 0.650 (0.627 to 0.672) (at most 0.1), class AUC 0.995 (0.988 to 1.000) (at most 0.8).' }] },
    summary: 'Routes gave back 65.0 % of held-out tokens (5.7 % by chance) and the domain with an AUC of 0.995; recommended level: aggregate-20.',
    levels: [level('full', 1, 0.998, 9.89), level('routes', 0.65, 0.995, 6.46), level('routes-ids', 0.617, 0.995, 6.16), level('sampled', 0.116, 0.59, 0.65), level('aggregate-1', 0.063, 0.95, 0.65), level('aggregate-20', 0.057, 0.58, 0)],
    chance: { majority: estimate(0.057, 0.006), majorityTop5: estimate(0.121, 0.01), prior: estimate(0.16, 0.025), priorTop5: estimate(0.312, 0.03) },
    learningCurve: [4318, 8636, 17_272].map((trainTokens, at) => ({ trainTokens, tokenRecovery: estimate(0.378 + 0.09 * at, 0.02), top5: estimate(0.48 + 0.1 * at, 0.02) })),
    layers: [0, 1, 2, 3].map((layer) => ({ layer, classBits: estimate(0.3 + 0.1 * layer, 0.05), tokenBits: estimate(2.1 - 0.2 * layer, 0.1) })),
    recommendation: { level: 'aggregate-20', reason: 'traces-exceed-the-bounds', detail: 'Every trace that is kept, sampled ones too, tells more than token recovery at most 10 %, class AUC at most 0.8; sums over 20 requests do not.' },
    limits: ['One attacker shows what can be recovered; what it does not recover, a stronger one may.', 'A trace that is kept by sampling is as open as any other; only fewer requests have one.'],
    documents: { train: 272, heldOut: 112 }, tokens: { train: 34_544, heldOut: 14_224 }, ...over,
  };
}

export function recalibration(over: Partial<RecalibrationResult> = {}): RecalibrationResult {
  const strength = (at: number, violation: number, bitsPerByte: number): RecalibrationResult['strengths'][number] => ({
    strength: at, bitsPerByte, difference: at === 0 ? null : interval(bitsPerByte - 1.402, 0.003), maxViolation: violation, maxViolationByLayer: [violation, violation / 2, violation, violation * 1.2], changedShare: at * 0.2,
  });
  const detail = 'A selection bias of strength 0.5 brings the busiest expert from 84 % to 43 % above the mean, and bits per byte from 1.4020 to 1.4060.';
  return {
    ...base, kind: 'recalibration', reference: null, verdict: { outcome: 'pass', reasons: [{ reason: 'evener', detail }] }, summary: detail, items: 48,
    strengths: [strength(0, 0.84, 1.402), strength(0.25, 0.61, 1.403), strength(0.5, 0.43, 1.406), strength(0.75, 0.31, 1.415), strength(1, 0.22, 1.431)],
    proposal: { strength: 0.5, selectionBias: [[0.1, -0.1], [0.2, -0.2], [0, 0], [0.05, -0.05]] }, ...over,
  };
}

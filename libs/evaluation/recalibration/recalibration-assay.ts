import { composeManifest } from '#libs/release/compose-manifest';
import { type ReleaseManifest } from '#libs/release/manifest';
import { EvaluationError } from '../evaluation-error.ts';
import { scoreText } from '../grade/score-text.ts';
import { type Assay, type RunInputs, type RunTools, type Step } from '../run/assay.ts';
import { eachOnce } from '../run/each-once.ts';
import { type Json } from '../run/run.ts';
import { chosenTexts, likelihoodDatasets, type Text } from '../suite/likelihood-texts.ts';
import { type Bias, biasesOf, mostEven, noBias, scaledBias, type Usage } from './balance-bias.ts';
import { addUsage, changedDecisions, emptyUsage } from './count-usage.ts';
import { type JudgedItem, recalibrationResult } from './recalibration-result.ts';
import { type RecalibrationSettings, recalibrationSettings } from './recalibration-settings.ts';

/** Of the measuring code: parts measured by another version are not taken for these. */
const VERSION = 'signalbox.recalibration/1';
const MIN_TEXTS = 8;

/** What a bias on the selection would do to the balance of experts and to the quality of answers. */
export const recalibrationAssay: Assay = {
  kind: 'recalibration',
  plan: async (inputs) => {
    const settings = recalibrationSettings(inputs.spec.settings);
    // Refuses a rule that knows no bias before anything is measured.
    biased(inputs.candidate, noBias(inputs.candidate.shape.layers, inputs.candidate.shape.experts));
    const texts = await chosenTexts(inputs, settings.maxItems, MIN_TEXTS);
    return stepsOf(inputs, settings, { fit: texts.filter((_, at) => at % 2 === 0), judge: texts.filter((_, at) => at % 2 === 1) });
  },
  conclude: (inputs, parts) => {
    const settings = recalibrationSettings(inputs.spec.settings);
    const usage = parts.slice(0, settings.rounds) as unknown as Usage[];
    const judged = parts.slice(settings.rounds) as unknown as JudgedItem[][];
    return recalibrationResult(inputs, settings, fittedBias(usage, settings, inputs.candidate), judged) as unknown as Json;
  },
};

/**
 * Steps: a round counts usage under the bias that the rounds before lead to; then parts of the best bias are
 * judged. A step whose earlier rounds were measured by another process measures them again, once.
 */
function stepsOf(inputs: RunInputs, settings: RecalibrationSettings, texts: { readonly fit: readonly Text[]; readonly judge: readonly Text[] }): Step[] {
  const { spec, candidate } = inputs;
  const of = { measure: VERSION, release: spec.candidate, datasets: likelihoodDatasets(inputs), maxItems: settings.maxItems, rate: settings.rate };
  const before = async (count: number, tools: RunTools): Promise<Usage[]> => {
    const usage: Usage[] = [];
    for (let at = 0; at < count; at += 1) usage.push(await round(at, tools));
    return usage;
  };
  const round = eachOnce<Usage>(async (at, tools) => {
    const { layers, experts } = candidate.shape;
    const bias = biasesOf(await before(at, tools), settings.rate, layers, experts)[at]!;
    const counts = emptyUsage(candidate.shape);
    const release = biased(candidate, bias);
    for (const { text } of texts.fit) {
      const tokens = await tools.probe.encode(release, text);
      const [score] = await tools.probe.score(release, [{ tokens, from: tokens.length - 1 }]);
      addUsage(counts, score!.routes, release);
    }
    return counts;
  });
  const rounds = Array.from({ length: settings.rounds }, (_, at) => ({
    key: { ...of, stage: 'round', round: at },
    label: `usage of experts, round ${at + 1} of ${settings.rounds}`,
    measure: (tools: RunTools) => round(at, tools),
  }));
  const judged: Step[] = [];
  for (let from = 0; from < texts.judge.length; from += settings.itemsPerStep) {
    const chunk = texts.judge.slice(from, from + settings.itemsPerStep);
    judged.push({
      key: { ...of, stage: 'judge', rounds: settings.rounds, strengths: settings.strengths, from, count: chunk.length },
      label: `balance and quality, items ${from + 1} to ${from + chunk.length} of ${texts.judge.length}`,
      measure: async (tools) => (await judge(chunk, fittedBias(await before(settings.rounds, tools), settings, candidate), { candidate, settings, tools })) as unknown as Json,
    });
  }
  return [...rounds, ...judged];
}

function fittedBias(usage: readonly Usage[], { rate }: RecalibrationSettings, { shape }: ReleaseManifest): Bias {
  return mostEven(usage, biasesOf(usage, rate, shape.layers, shape.experts));
}

/** Each item under the release as it is and under each part of the bias. */
async function judge(texts: readonly Text[], bias: Bias, { candidate, settings, tools }: { readonly candidate: ReleaseManifest; readonly settings: RecalibrationSettings; readonly tools: RunTools }): Promise<JudgedItem[]> {
  const judged: JudgedItem[] = [];
  for (const { text, line } of texts) {
    const plain = await scoreText(tools.probe, candidate, text, line);
    const usage = emptyUsage(candidate.shape);
    addUsage(usage, plain.routes, candidate);
    const variants: JudgedItem['variants'][number][] = [];
    for (const strength of settings.strengths) {
      const release = biased(candidate, bias, strength);
      const scored = await scoreText(tools.probe, release, text, line);
      const counts = emptyUsage(candidate.shape);
      addUsage(counts, scored.routes, release);
      variants.push({ bits: scored.bits, usage: counts, ...changedDecisions(scored.routes, plain.routes, candidate.routing.topK) });
    }
    judged.push({ bits: plain.bits, bytes: plain.bytes, usage, variants });
  }
  return judged;
}

/** The release with a part of a bias on top of its own. @throws EvaluationError where its gating knows none */
export function biased(release: ReleaseManifest, bias: Bias, strength = 1): ReleaseManifest {
  const { layers, experts } = release.shape;
  try {
    return composeManifest({ base: release, routing: { selectionBias: scaledBias(bias, strength, release.routing.selectionBias ?? noBias(layers, experts)) } });
  } catch (error) {
    throw new EvaluationError('gating-without-bias', 'candidate', `This release cannot be recalibrated: ${error instanceof Error ? error.message : String(error)}`);
  }
}

import { type ExpertMask, maskExpert, newExpertMask } from '#libs/moe/expert-mask';
import { type ForwardPass, type SequenceCache, type StepItem, type StepOutput } from '#libs/runtime/forward/forward-pass';
import { type ReleaseManifest } from '#libs/release/manifest';
import { type GoldenPrompt } from '../fixtures/golden-prompts.ts';

/** How far two plans of one release are apart over the same steps. */
export interface PlanDifference {
  readonly rows: number;
  readonly logits: number;
  readonly gates: number;
  /** Decisions whose experts or flags differ. */
  readonly decisions: number;
}

const PROMPTS = 4;
const PROMPT_TOKENS = 48;
const DECODED = 2;

/**
 * Runs the golden prompts on both: in chunks of two lengths, then decoded side by side, one of them with
 * experts masked. The next token is the same for both, so that rounding does not add up.
 */
export async function planDifference({ manifest, goldenPrompts }: { readonly manifest: ReleaseManifest; readonly goldenPrompts: readonly Pick<GoldenPrompt, 'inputIds'>[] }, plans: readonly [ForwardPass, ForwardPass], promptTokens = PROMPT_TOKENS): Promise<PlanDifference> {
  const { shape, routing } = manifest;
  const total = { rows: 0, logits: 0, gates: 0, decisions: 0 };
  const prompts = goldenPrompts.slice(0, PROMPTS).map(({ inputIds }) => Uint32Array.from(inputIds.slice(0, promptTokens)));
  const masks = prompts.map((_, at) => (at === 1 ? oneLeft(shape.layers, shape.experts) : null));
  const caches = plans.map((plan) => prompts.map(() => plan.open()));
  const run = async (itemsOf: (own: readonly SequenceCache[]) => StepItem[]): Promise<void> => {
    const [a, b] = await Promise.all(plans.map((plan, at) => plan.step(itemsOf(caches[at]!))));
    for (const [at, output] of a!.entries()) add(total, output, b![at]!, routing.topK);
  };
  for (const [at, prompt] of prompts.entries()) {
    const cut = Math.floor(prompt.length / 3);
    for (const tokens of [prompt.subarray(0, cut), prompt.subarray(cut)]) {
      await run((own) => [{ cache: own[at]!, tokens, logitsFrom: 0, expertMask: masks[at]! }]);
    }
  }
  for (let step = 0; step < DECODED; step++) {
    await run((own) => own.map((cache, at) => ({ cache, tokens: Uint32Array.of((at * 97 + step * 31 + 5) % shape.vocabSize), logitsFrom: 0, expertMask: masks[at]! })));
  }
  for (const [at, plan] of plans.entries()) for (const cache of caches[at]!) plan.close(cache);
  return total;
}

/** Leaves one expert in the first layer, and all but one in the others. */
function oneLeft(layers: number, experts: number): ExpertMask {
  const mask = newExpertMask(layers, experts);
  for (let expert = 1; expert < experts; expert++) maskExpert(mask, 0, expert);
  for (let layer = 1; layer < layers; layer++) maskExpert(mask, layer, layer);
  return mask;
}

function add(total: { rows: number; logits: number; gates: number; decisions: number }, a: StepOutput, b: StepOutput, topK: number): void {
  for (const [at, logit] of a.logits.entries()) total.logits = Math.max(total.logits, Math.abs(logit - b.logits[at]!));
  for (const [at, gate] of a.gates.entries()) total.gates = Math.max(total.gates, Math.abs(gate - b.gates[at]!));
  const decisions = a.expertIds.length / topK;
  for (let decision = 0; decision < decisions; decision++) {
    const ranks = Array.from({ length: topK }, (_, rank) => decision * topK + rank);
    if (ranks.some((at) => a.expertIds[at] !== b.expertIds[at]) || (a.flags?.[decision] ?? 0) !== (b.flags?.[decision] ?? 0)) total.decisions += 1;
  }
  total.rows += decisions;
}

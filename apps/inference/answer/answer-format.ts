import { type Usage } from '#libs/contract/openai/response';
import { type PositionLogprobs } from '#libs/runtime/engine/engine';
import { type AdmittedRequest } from '../admit/admitted.ts';
import { degradedDecisions } from '../degrade/degraded-counts.ts';
import { type ChoiceEnd, type CollectingSink, type DeltaEvent, type Generation } from './generation.ts';

/** How one kind of request is answered. Streamed pieces are complete server-sent events. */
export interface AnswerFormat {
  /** The first event of each choice of a prompt. */
  open(prompt: number, positions: readonly (PositionLogprobs | null)[] | null): string;
  delta(prompt: number, event: DeltaEvent): string;
  end(prompt: number, choice: number, end: ChoiceEnd): string;
  usage(usage: Usage): string;
  /** The whole answer as JSON; one collected generation for each prompt. */
  whole(answers: readonly { readonly sink: CollectingSink; readonly generation: Generation }[], usage: Usage): string;
}

export const STREAM_END = 'data: [DONE]\n\n';

/** Sums over the generations of a request. */
export function usageOf(generations: readonly Generation[]): Usage {
  const prompt = generations.reduce((sum, { outcome }) => sum + outcome.promptTokens, 0);
  const completion = generations.reduce((sum, { outcome }) => sum + outcome.completionTokens, 0);
  const cached = generations.reduce((sum, { outcome }) => sum + (outcome.cachedTokens ?? 0), 0);
  const degraded = generations.reduce((sum, { outcome }) => sum + degradedDecisions(outcome), 0);
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion, ...(cached > 0 ? { prompt_tokens_details: { cached_tokens: cached } } : {}), ...(degraded > 0 ? { signalbox_degraded_decisions: degraded } : {}) };
}

/** Position of a choice in the answer's list. */
export function choiceIndex(admitted: Pick<AdmittedRequest, 'choices'>, prompt: number, choice: number): number {
  return prompt * admitted.choices + choice;
}

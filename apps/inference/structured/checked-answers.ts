import { type AnswerResult } from '#libs/contract/capture/request-record';
import { type AdmittedRequest } from '../admit/admitted.ts';
import { type DeltaEvent, type Generation, type GenerationSink } from '../answer/generation.ts';
import { type AnswerRules } from './answer-schemas.ts';

/** How the choices of one generation kept to their schema. */
export interface CheckedAnswers {
  readonly atMs: number;
  readonly admitted: AdmittedRequest;
  readonly results: readonly AnswerResult[];
}

/** Keeps the texts of choices on their way to the client. */
export class TextKeeper implements GenerationSink {
  readonly texts: string[];
  readonly #sink: GenerationSink;

  constructor(sink: GenerationSink, choices: number) {
    this.#sink = sink;
    this.texts = Array.from({ length: choices }, () => '');
  }

  promptLogprobs(positions: Parameters<GenerationSink['promptLogprobs']>[0]): void {
    this.#sink.promptLogprobs(positions);
  }

  delta(event: DeltaEvent): void {
    this.texts[event.choice] += event.text;
    this.#sink.delta(event);
  }

  ready(): Promise<void> | null {
    return this.#sink.ready();
  }
}

/** Results of the choices that came to their end; one that was cancelled or failed says nothing. */
export function checkGeneration(rules: AnswerRules, { ends }: Pick<Generation, 'ends'>, texts: readonly string[]): AnswerResult[] {
  return ends.flatMap((end, choice) => (end ? [rules.check(texts[choice] ?? '', end.reason === 'length')] : []));
}

/** Of several choices of one request, the worst; null where there is none. */
export function worstResult(results: readonly AnswerResult[]): AnswerResult | null {
  return (['invalid', 'incomplete', 'valid'] as const).find((result) => results.includes(result)) ?? null;
}

import { type CompletionResponse, type Usage } from '#libs/contract/openai/response';
import { type PositionLogprobs } from '#libs/runtime/engine/engine';
import { type AdmittedRequest } from '../admit/admitted.ts';
import { choiceIndex, type AnswerFormat } from './answer-format.ts';
import { appendLogprobs, CompletionLogprobWriter, emptyLogprobs } from './completion-logprobs.ts';
import { type ChoiceEnd, type CollectingSink, type DeltaEvent, type Generation } from './generation.ts';
import { encodeRoutedExperts } from './routed-experts.ts';

/** Answers of POST /v1/completions. */
export class CompletionFormat implements AnswerFormat {
  readonly #head: string;
  readonly #usageField: string;
  readonly #writers: CompletionLogprobWriter[];

  constructor(
    private readonly admitted: AdmittedRequest,
    private readonly createdSeconds: number,
  ) {
    const { requestId, release, prompts, choices } = admitted;
    // Written once: an event of the stream differs from the next in the choice alone.
    this.#head = `data: {"id":"cmpl-${requestId}","object":"text_completion","created":${createdSeconds},"model":${JSON.stringify(release.model)},"choices":[`;
    this.#usageField = admitted.includeUsage ? ',"usage":null' : '';
    this.#writers = Array.from({ length: prompts.length * choices }, () => new CompletionLogprobWriter(admitted.tokensAsIds, (id) => release.tokenizer.isSpecial(id)));
  }

  open(prompt: number, positions: readonly (PositionLogprobs | null)[] | null): string {
    const { echo, choices, prompts } = this.admitted;
    const text = prompts[prompt]?.text ?? '';
    if (!echo || (text === '' && positions === null)) return '';
    let events = '';
    for (let choice = 0; choice < choices; choice++) {
      const index = choiceIndex(this.admitted, prompt, choice);
      const logprobs = positions ? JSON.stringify(this.#promptLogprobs(prompt, index, positions)) : 'null';
      events += this.#event(index, text, logprobs, 'null');
    }
    return events;
  }

  delta(prompt: number, { choice, text, logprobs }: DeltaEvent): string {
    const index = choiceIndex(this.admitted, prompt, choice);
    const written = logprobs && this.#writers[index]?.answer(logprobs);
    if (text === '' && !written) return '';
    return this.#event(index, text, written ? JSON.stringify(written) : 'null', 'null');
  }

  end(prompt: number, choice: number, end: ChoiceEnd): string {
    const stop = end.stopText === null ? '' : `,"stop_reason":${JSON.stringify(end.stopText)}`;
    return this.#event(choiceIndex(this.admitted, prompt, choice), '', 'null', `"${end.reason}"${stop}`);
  }

  usage(usage: Usage): string {
    return `${this.#head}],"usage":${JSON.stringify(usage)}}\n\n`;
  }

  whole(answers: readonly { readonly sink: CollectingSink; readonly generation: Generation }[], usage: Usage): string {
    const { requestId, release, choices } = this.admitted;
    const response: CompletionResponse = {
      id: `cmpl-${requestId}`,
      object: 'text_completion',
      created: this.createdSeconds,
      model: release.model,
      choices: answers.flatMap((answer, prompt) =>
        Array.from({ length: choices }, (_, choice) => this.#choice(prompt, choice, answer.sink, answer.generation)),
      ),
      usage,
    };
    return JSON.stringify(response);
  }

  #choice(prompt: number, choice: number, sink: CollectingSink, { outcome, ends }: Generation): CompletionResponse['choices'][number] {
    const { admitted } = this;
    const index = choiceIndex(admitted, prompt, choice);
    const logprobs = admitted.logprobs ? emptyLogprobs() : null;
    if (logprobs) {
      if (sink.promptPositions) appendLogprobs(logprobs, this.#promptLogprobs(prompt, index, sink.promptPositions));
      const written = this.#writers[index]?.answer(sink.positions[choice] ?? []);
      if (written) appendLogprobs(logprobs, written);
    }
    return {
      index,
      text: (admitted.echo ? (admitted.prompts[prompt]?.text ?? '') : '') + (sink.texts[choice] ?? ''),
      logprobs,
      finish_reason: ends[choice]?.reason ?? null,
      ...(ends[choice]?.stopText ? { stop_reason: ends[choice].stopText } : {}),
      ...(admitted.routedExperts ? { routed_experts: encodeRoutedExperts(outcome, admitted.release.manifest, choice) } : {}),
    };
  }

  #promptLogprobs(prompt: number, index: number, positions: readonly (PositionLogprobs | null)[]): ReturnType<CompletionLogprobWriter['prompt']> {
    const { prompts, release } = this.admitted;
    const admitted = prompts[prompt];
    const writer = this.#writers[index];
    if (!admitted || !writer) throw new RangeError(`no prompt ${prompt}`);
    const tokenId = admitted.request.promptTokens[0] ?? 0;
    return writer.prompt(positions, { tokenId, ...release.tokenizer.token(tokenId) });
  }

  #event(index: number, text: string, logprobs: string, finishReason: string): string {
    return `${this.#head}{"index":${index},"text":${JSON.stringify(text)},"logprobs":${logprobs},"finish_reason":${finishReason}}]${this.#usageField}}\n\n`;
  }
}

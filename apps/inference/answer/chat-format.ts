import { type ChatResponse, type Usage } from '#libs/contract/openai/response';
import { type AdmittedRequest } from '../admit/admitted.ts';
import { type AnswerFormat } from './answer-format.ts';
import { chatLogprobs } from './chat-logprobs.ts';
import { type ChoiceEnd, type CollectingSink, type DeltaEvent, type Generation } from './generation.ts';
import { encodeRoutedExperts } from './routed-experts.ts';

/** Answers of POST /v1/chat/completions; a chat request has one prompt. */
export class ChatFormat implements AnswerFormat {
  readonly #head: string;
  readonly #usageField: string;

  constructor(
    private readonly admitted: AdmittedRequest,
    private readonly createdSeconds: number,
  ) {
    const { requestId, release } = admitted;
    this.#head = `data: {"id":"chatcmpl-${requestId}","object":"chat.completion.chunk","created":${createdSeconds},"model":${JSON.stringify(release.model)},"choices":[`;
    this.#usageField = admitted.includeUsage ? ',"usage":null' : '';
  }

  open(): string {
    let events = '';
    for (let choice = 0; choice < this.admitted.choices; choice++) {
      events += this.#event(choice, '{"role":"assistant","content":"","refusal":null}', 'null', 'null');
    }
    return events;
  }

  delta(_prompt: number, { choice, text, logprobs }: DeltaEvent): string {
    if (text === '' && !logprobs) return '';
    const written = logprobs ? JSON.stringify({ content: chatLogprobs(logprobs, this.admitted.tokensAsIds), refusal: null }) : 'null';
    return this.#event(choice, `{"content":${JSON.stringify(text)}}`, written, 'null');
  }

  end(_prompt: number, choice: number, end: ChoiceEnd): string {
    const stop = end.stopText === null ? '' : `,"stop_reason":${JSON.stringify(end.stopText)}`;
    return this.#event(choice, '{}', 'null', `"${end.reason}"${stop}`);
  }

  usage(usage: Usage): string {
    return `${this.#head}],"usage":${JSON.stringify(usage)}}\n\n`;
  }

  whole(answers: readonly { readonly sink: CollectingSink; readonly generation: Generation }[], usage: Usage): string {
    const { requestId, release, choices } = this.admitted;
    const response: ChatResponse = {
      id: `chatcmpl-${requestId}`,
      object: 'chat.completion',
      created: this.createdSeconds,
      model: release.model,
      choices: answers.flatMap(({ sink, generation }) =>
        Array.from({ length: choices }, (_, choice) => this.#choice(choice, sink, generation)),
      ),
      usage,
    };
    return JSON.stringify(response);
  }

  #choice(choice: number, sink: CollectingSink, { outcome, ends }: Generation): ChatResponse['choices'][number] {
    const { admitted } = this;
    const end = ends[choice];
    return {
      index: choice,
      message: { role: 'assistant', content: sink.texts[choice] ?? '', refusal: null },
      logprobs: admitted.logprobs ? { content: chatLogprobs(sink.positions[choice] ?? [], admitted.tokensAsIds), refusal: null } : null,
      finish_reason: end?.reason ?? 'length',
      ...(end?.stopText ? { stop_reason: end.stopText } : {}),
      ...(admitted.routedExperts ? { routed_experts: encodeRoutedExperts(outcome, admitted.release.manifest, choice) } : {}),
    };
  }

  #event(choice: number, delta: string, logprobs: string, finishReason: string): string {
    return `${this.#head}{"index":${choice},"delta":${delta},"logprobs":${logprobs},"finish_reason":${finishReason}}]${this.#usageField}}\n\n`;
  }
}

import { type Context } from '@opentelemetry/api';
import { type OpenAiFailure, errorBody } from '#libs/contract/openai/error';
import { type Engine } from '#libs/runtime/engine/engine';
import { type AdmittedRequest } from '../admit/admitted.ts';
import { type AnswerResult } from '#libs/contract/capture/request-record';
import { type CheckedAnswers, checkGeneration, TextKeeper, worstResult } from '../structured/checked-answers.ts';
import { type RequestCapture } from '../capture/request-capture.ts';
import { type AnsweredRequest } from '../shadow/shadow-runs.ts';
import { describeAnswer } from '../spans/request-spans.ts';
import { STREAM_END, usageOf, type AnswerFormat } from './answer-format.ts';
import { ChatFormat } from './chat-format.ts';
import { CompletionFormat } from './completion-format.ts';
import { failureOfError, failureOfOutcome, type NoAnswer, type NoAnswerReason } from './engine-failure.ts';
import { CollectingSink, runGeneration, type Generation, type GenerationSink } from './generation.ts';
import { type SseWriter } from './sse-writer.ts';

/** One request as the HTTP side hands it over. */
export interface AnswerContext {
  readonly atMs: number;
  /** Parent of the spans of this request. */
  readonly spanContext: Context;
  /** Aborted when the client goes or the time is up. */
  readonly signal: AbortSignal;
  readonly timedOut: () => boolean;
  /** Told of the tokens that each generation used. */
  readonly spent?: (tokens: number) => void;
  /** Sends the head of a stream; called once, before the first event. */
  readonly openStream: () => SseWriter;
}

export type Answer =
  | { readonly type: 'whole'; readonly json: string }
  | { readonly type: 'streamed' }
  | { readonly type: 'failed'; readonly reason: NoAnswerReason; readonly failure: OpenAiFailure };

/** The error is for the log: the client gets a NoAnswer. */
export type TellEngineError = (requestId: string, error: unknown) => void;

/** Runs admitted requests and writes their answers. */
export class Answering {
  #active = 0;
  readonly #idle: (() => void)[] = [];

  /**
   * @param promptsAtOnce of one request in the engine: else a long list alone would fill its queue
   * @param answered offered each generation once it is recorded
   * @param checked told of answers that had to keep to a schema
   */
  constructor(
    private readonly engine: Pick<Engine, 'generate'>,
    private readonly capture: RequestCapture,
    private readonly promptsAtOnce: number,
    private readonly tellError: TellEngineError,
    private readonly answered: (answer: AnsweredRequest) => void = () => undefined,
    private readonly checked: (answers: CheckedAnswers) => void = () => undefined,
  ) {}

  /** Resolves when no request runs. */
  async idle(): Promise<void> {
    if (this.#active > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  async answer(admitted: AdmittedRequest, context: AnswerContext): Promise<Answer> {
    this.#active += 1;
    try {
      const created = Math.floor(context.atMs / 1000);
      const format = admitted.kind === 'chat' ? new ChatFormat(admitted, created) : new CompletionFormat(admitted, created);
      return admitted.stream ? await this.#stream(admitted, context, format) : await this.#whole(admitted, context, format);
    } finally {
      this.#active -= 1;
      if (this.#active === 0) for (const resolve of this.#idle.splice(0)) resolve();
    }
  }

  async #whole(admitted: AdmittedRequest, context: AnswerContext, format: AnswerFormat): Promise<Answer> {
    const sinks = admitted.prompts.map(() => new CollectingSink(admitted.choices));
    const run = await this.#runAll(admitted, context, (prompt) => sinks[prompt] ?? new CollectingSink(0), () => {});
    if ('noAnswer' in run) return { type: 'failed', ...run.noAnswer };
    const answers = run.generations.map((generation, prompt) => ({ generation, sink: sinks[prompt] ?? new CollectingSink(0) }));
    return { type: 'whole', json: format.whole(answers, usageOf(run.generations)) };
  }

  async #stream(admitted: AdmittedRequest, context: AnswerContext, format: AnswerFormat): Promise<Answer> {
    let writer: SseWriter | null = null;
    // The head goes out with the first event: until then a failure can have its own status.
    const open = (): SseWriter => (writer ??= context.openStream());
    const sinks = admitted.prompts.map((_, prompt) => new StreamingSink(prompt, format, open));
    const run = await this.#runAll(admitted, context, (prompt) => sinks[prompt] ?? new CollectingSink(0), (generation, prompt) => {
      sinks[prompt]?.begin();
      for (const [choice, end] of generation.ends.entries()) if (end) open().send(format.end(prompt, choice, end));
    });
    if ('noAnswer' in run) {
      const { failure } = run.noAnswer;
      if (!writer) return { type: 'failed', ...run.noAnswer };
      open().end(`data: ${JSON.stringify(errorBody(failure))}\n\n`);
      return { type: 'streamed' };
    }
    open().end((admitted.includeUsage ? format.usage(usageOf(run.generations)) : '') + STREAM_END);
    return { type: 'streamed' };
  }

  /** Runs the prompts side by side. When one gives no answer the others are stopped; all are recorded. */
  async #runAll(
    admitted: AdmittedRequest,
    context: AnswerContext,
    sinkOf: (prompt: number) => GenerationSink,
    ended: (generation: Generation, prompt: number) => void,
  ): Promise<{ readonly generations: Generation[] } | { readonly noAnswer: NoAnswer }> {
    const stop = new AbortController();
    const signal = admitted.prompts.length === 1 ? context.signal : AbortSignal.any([context.signal, stop.signal]);
    let noAnswer: NoAnswer | null = null;
    const fail = (failure: NoAnswer | null): null => {
      noAnswer ??= failure;
      stop.abort();
      return null;
    };
    const runOne = async (prompt: number): Promise<Generation | null> => {
      const { request } = admitted.prompts[prompt] ?? {};
      const keeper = admitted.answerRules ? new TextKeeper(sinkOf(prompt), admitted.choices) : null;
      const sink = keeper ?? sinkOf(prompt);
      try {
        if (!request || noAnswer) return null;
        const generation = await runGeneration(this.engine.generate(request, signal), admitted.choices, sink);
        await this.#record(admitted, prompt, generation, context, this.#check(admitted, generation, keeper, context));
        const failure = failureOfOutcome(generation.outcome, context.timedOut(), admitted.requestId);
        if (failure) return fail(failure);
        ended(generation, prompt);
        return generation;
      } catch (error) {
        const failure = failureOfError(error, admitted.requestId);
        if (failure.reason === 'engine-failed') this.tellError(admitted.requestId, error);
        return fail(failure);
      }
    };
    const generations: (Generation | null)[] = admitted.prompts.map(() => null);
    const waiting = generations.keys();
    const lane = async (): Promise<void> => {
      for (const prompt of waiting) generations[prompt] = await runOne(prompt);
    };
    await Promise.all(Array.from({ length: Math.min(this.promptsAtOnce, generations.length) }, lane));
    if (noAnswer) return { noAnswer };
    const complete = generations.filter((generation) => generation !== null);
    const reasons = complete.flatMap(({ ends }) => ends.flatMap((end) => (end ? [end.reason] : [])));
    describeAnswer(context.spanContext, usageOf(complete), reasons);
    return { generations: complete };
  }

  #check(admitted: AdmittedRequest, generation: Generation, keeper: TextKeeper | null, { atMs }: AnswerContext): AnswerResult | null {
    if (!admitted.answerRules || !keeper) return null;
    const results = checkGeneration(admitted.answerRules, generation, keeper.texts);
    if (results.length > 0) this.checked({ atMs, admitted, results });
    return worstResult(results);
  }

  async #record(admitted: AdmittedRequest, prompt: number, { outcome }: Generation, context: AnswerContext, answerCheck: AnswerResult | null): Promise<void> {
    const admittedPrompt = admitted.prompts[prompt];
    if (!admittedPrompt) return;
    context.spent?.(outcome.promptTokens + outcome.completionTokens);
    if (outcome.status === 'failed') this.tellError(admittedPrompt.request.id, new Error(outcome.error ?? 'the engine gave no reason'));
    await this.capture.record(admitted, admittedPrompt, outcome, context.atMs, context.spanContext, answerCheck);
    // A shadow is compared on the model's traffic, not on what somebody tried, nor on what went another way.
    if (admitted.isPinned || admitted.degraded) return;
    const { request } = admittedPrompt;
    this.answered({ requestId: request.id, atMs: context.atMs, release: admitted.release, labels: admitted.labels, request, outcome });
  }
}

/** Sends one prompt's deltas as they come. */
class StreamingSink implements GenerationSink {
  #positions: Parameters<GenerationSink['promptLogprobs']>[0] | null = null;
  #begun = false;

  constructor(
    private readonly prompt: number,
    private readonly format: AnswerFormat,
    private readonly open: () => SseWriter,
  ) {}

  begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.open().send(this.format.open(this.prompt, this.#positions));
  }

  promptLogprobs(positions: Parameters<GenerationSink['promptLogprobs']>[0]): void {
    this.#positions = positions;
  }

  delta(event: Parameters<GenerationSink['delta']>[0]): void {
    this.begin();
    this.open().send(this.format.delta(this.prompt, event));
  }

  ready(): Promise<void> | null {
    return this.open().ready();
  }
}

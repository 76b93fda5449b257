import { DECISION_FLAGS } from '#libs/trace/trace';
import { type ForwardPass, type RoutedRequest, type SequenceCache, type StepItem, type StepOutput } from '../forward/forward-pass.ts';
import { type AnswerConstraint } from '../grammar/answer-constraint.ts';
import { type GrammarCache } from '../grammar/grammar-cache.ts';
import { rowLogprobs } from '../sampling/logprobs.ts';
import { uniformDraw } from '../sampling/philox.ts';
import { type Sampler } from '../sampling/sampler.ts';
import { type TokenTable } from '../tokenizer/token-table.ts';
import { tokenBudget } from './admission.ts';
import { Choice, type ChoiceRules } from './choice.ts';
import { type GenerateFailure, type GenerateOutcome, type GenerateRequest, type PositionLogprobs } from './engine.ts';
import { type EndReason } from './admission-settings.ts';
import { type Demand } from './pace.ts';
import { type RepetitionRules, RepetitionWatch } from './repetition-watch.ts';
import { countDegraded } from './degraded.ts';
import { assertServed } from './failed-output.ts';
import { type PrefixCache, type PromptChunk } from './prefix-cache.ts';
import { RowBuffer } from './row-buffer.ts';
import { type StepReportBuilder } from './step-report.ts';
import { compileStops } from './stop-matcher.ts';

/** What a generation needs of the release it is pinned to. */
export interface GenerationContext {
  readonly forward: ForwardPass;
  readonly sampler: Sampler;
  readonly table: TokenTable;
  readonly vocabSize: number;
  readonly contextTokens: number;
  readonly eosTokenIds: readonly number[];
  /** Decisions of a row: layers x top-k. */
  readonly rowWidth: number;
  /** Ranks of a decision. */
  readonly topK: number;
  readonly prefillChunkTokens: number;
  readonly report: StepReportBuilder;
  readonly cache: CacheBudget;
  /** Left out where prompts are not watched for repetition. */
  readonly repetition?: RepetitionRules;
  /** Beginnings of prompts that need not run again; null while there may be none, left out where there never are any. */
  readonly prefixes?: () => PrefixCache | null;
  /** Lets go of beginnings of prompts, of all releases; says whether there were any. */
  readonly dropPrefixes?: () => boolean;
  /** Holds answers to their schema, where requests ask for one. */
  readonly grammars?: GrammarCache;
}

/** What KV caches take. */
export interface CacheBudget {
  /** Bytes of one sequence that grows to so many tokens. */
  readonly bytesFor: (tokens: number) => number;
}

/** Cache bytes that a request may come to need. */
export function cacheDemandBytes({ promptTokens, choices, maxTokens }: GenerateRequest, context: GenerationContext): number {
  const sampled = tokenBudget(maxTokens, promptTokens.length, context.contextTokens);
  const length = promptTokens.length + Math.max(sampled - 1, 0);
  return choices * context.cache.bytesFor(length);
}

/** A request with its number and its time of arrival (monotonic clock of the process). */
export interface Submission {
  readonly handle: number;
  readonly request: GenerateRequest;
  readonly submittedAtMs: number;
  /** Set when it has had a place before and gave it back: its start has been reported. */
  readonly startedAtMs?: number;
}

const FIRST_CHOICE_ROWS = 64;
const NO_IDS: ReadonlySet<number> = new Set();
/** Part of a prompt chunk that a repetition runs in one step when it is isolated. */
const ISOLATED_PART = 8;

function constraintOf({ grammar }: GenerateRequest, { grammars }: GenerationContext): AnswerConstraint | null {
  if (!grammar) return null;
  if (!grammars) throw new Error('this engine cannot hold an answer to a schema');
  return grammars.constrain(grammar);
}

/** A request that has a place: its prompt runs in chunks, then its choices token by token. */
export class Generation {
  readonly submission: Submission;
  readonly choices: readonly Choice[];
  /** Cache bytes set aside for it. */
  readonly cacheBytes: number;
  cancelled = false;
  /** Set where it fails for a reason that has a name. */
  failure: GenerateFailure | null = null;
  /** Set when the engine ends it for a reason of its own. */
  endReason: EndReason | null = null;
  /** Its prompt was found to be a repetition, and runs in small pieces. */
  isolated = false;
  #isRepetition = false;
  readonly #watch: RepetitionWatch | null;
  readonly #context: GenerationContext;
  readonly #promptRows: RowBuffer;
  readonly #promptLogprobs: (PositionLogprobs | null)[] | null;
  readonly #routed: RoutedRequest;
  readonly #startedAtMs: number;
  readonly #budget: number;
  #promptCache: SequenceCache | null;
  #prefilled = 0;
  /** What ran of its prompt, in whole chunks; null once it cannot be another's beginning. */
  #chunks: PromptChunk[] | null;
  #cachedTokens = 0;
  #promptEndMs: number | null = null;

  constructor(submission: Submission, context: GenerationContext, nowMs: number) {
    const { request } = submission;
    const prompt = request.promptTokens;
    const budget = tokenBudget(request.maxTokens, prompt.length, context.contextTokens);
    const rules: ChoiceRules = {
      request,
      budget,
      stops: request.grammar ? [] : compileStops(request.stop),
      stopTokenIds: new Set(request.ignoreEos ? request.stopTokenIds : [...request.stopTokenIds, ...context.eosTokenIds]),
      promptIds: request.sampling.repetitionPenalty === 1 ? NO_IDS : new Set(prompt),
      table: context.table,
    };
    const rows = Math.min(budget, FIRST_CHOICE_ROWS);
    this.submission = submission;
    this.#routed = { promptTokens: prompt.length, seed: request.sampling.seed, tenant: request.tenant ?? null, generalist: request.generalist === true };
    this.cacheBytes = cacheDemandBytes(request, context);
    this.#context = context;
    this.#promptRows = new RowBuffer(context.rowWidth, prompt.length);
    this.choices = Array.from({ length: request.choices }, (_, index) => new Choice(index, new RowBuffer(context.rowWidth, rows), rules, constraintOf(request, context)));
    this.#promptLogprobs = request.promptLogprobs === null ? null : [null];
    this.#startedAtMs = submission.startedAtMs ?? nowMs;
    this.#promptCache = context.forward.open();
    if (submission.startedAtMs === undefined) context.report.started(submission.handle, nowMs - submission.submittedAtMs);
    this.#budget = budget;
    const { repetition } = context;
    this.#watch = repetition && prompt.length >= repetition.settings.minTokens ? new RepetitionWatch(repetition) : null;
    this.#chunks = context.prefixes ? [] : null;
    this.#takePrefix(request);
  }

  /** Goes on from where a prompt with the same beginning was. Scores of prompt tokens need their logits, so then it all runs. */
  #takePrefix(request: GenerateRequest): void {
    const prefix = request.promptLogprobs === null ? this.#context.prefixes?.()?.take(request) : null;
    if (!prefix) return;
    this.#context.forward.close(this.#promptCache!);
    this.#promptCache = prefix.cache;
    this.#chunks = [...prefix.chunks];
    for (const { tokens, output } of prefix.chunks) {
      this.#promptRows.append(tokens, output);
      this.#prefilled += tokens.length;
      if (this.#watch !== null && !this.#isRepetition) this.#judge(this.#watch, output);
    }
    this.#cachedTokens = this.#prefilled;
  }

  #offerPrefix(tokens: Uint32Array, output: StepOutput): void {
    const isWhole = tokens.length === this.#context.prefillChunkTokens && !this.#isRepetition && !output.flags?.some((flags) => (flags & DECISION_FLAGS.unavailable) !== 0);
    if (!isWhole) this.#chunks = null;
    if (this.#chunks === null) return;
    const { expertIds, gates, flags, lostMass, overflow } = output;
    // Without the logits, which are many and nobody's any more.
    this.#chunks.push({ tokens, output: { expertIds, gates, ...(flags ? { flags } : {}), ...(lostMass ? { lostMass } : {}), ...(overflow ? { overflow } : {}) } });
    this.#context.prefixes?.()?.offer(this.submission.request, this.#promptCache!, [...this.#chunks]);
  }

  get prefilling(): boolean {
    return this.#promptCache !== null;
  }

  /** Sequences it still decodes or will decode. */
  get sequences(): number {
    let count = 0;
    for (const choice of this.choices) if (choice.end === null) count++;
    return count;
  }

  get done(): boolean {
    return this.sequences === 0;
  }

  get demand(): Demand {
    const { promptTokens, choices } = this.submission.request;
    return { promptTokens: promptTokens.length, choices, maxTokens: this.#budget };
  }

  /** Tokens of its next prompt chunk. Where chunks end depends on its own prompt alone, whatever runs beside them. */
  get nextChunkTokens(): number {
    const { prefillChunkTokens } = this.#context;
    return Math.min(this.isolated ? isolatedChunkTokens(prefillChunkTokens) : prefillChunkTokens, this.submission.request.promptTokens.length - this.#prefilled);
  }

  /** The next prompt chunk; only while prefilling. */
  prefillItem(): StepItem {
    if (this.#promptCache === null) throw new Error('the prompt has already run');
    const { promptTokens } = this.submission.request;
    const end = this.#prefilled + this.nextChunkTokens;
    const tokens = promptTokens.subarray(this.#prefilled, end);
    const lastOnly = end === promptTokens.length && this.#budget > 0 ? tokens.length - 1 : tokens.length;
    const { expertMask } = this.submission.request;
    return { cache: this.#promptCache, tokens, logitsFrom: this.#promptLogprobs === null ? lastOnly : 0, expertMask, routed: this.#routed };
  }

  takePrefill(item: StepItem, output: StepOutput, now: () => number): void {
    const { request, handle } = this.submission;
    assertServed(output);
    this.#promptRows.append(item.tokens, output);
    if (this.#promptLogprobs !== null) this.#scorePrompt(item, output, this.#promptLogprobs);
    this.#prefilled += item.tokens.length;
    if (this.#watch !== null && !this.#isRepetition) this.#judge(this.#watch, output);
    this.#offerPrefix(item.tokens, output);
    if (this.cancelled || this.endReason !== null || this.#prefilled < request.promptTokens.length) return;
    if (this.#promptLogprobs !== null) this.#context.report.promptLogprobs(handle, this.#promptLogprobs);
    this.#beginChoices(output.logits, output.logits.length - this.#context.vocabSize);
    this.#promptEndMs = now();
  }

  #judge(watch: RepetitionWatch, output: Pick<StepOutput, 'expertIds'>): void {
    if (watch.add(output.expertIds).reason !== 'repetition') return;
    this.#isRepetition = true;
    const action = this.#context.repetition?.settings.action;
    if (action === 'isolate') this.isolated = true;
    else if (action === 'refuse') this.endReason = 'repetition';
  }

  #scorePrompt(item: StepItem, output: StepOutput, positions: (PositionLogprobs | null)[]): void {
    const { request } = this.submission;
    for (let row = 0; row < item.tokens.length; row++) {
      const next = request.promptTokens[this.#prefilled + row + 1];
      if (next !== undefined) positions.push(this.#score(output.logits, row * this.#context.vocabSize, next, request.promptLogprobs ?? 0));
    }
  }

  /** Samples each choice's first token; those that go on share the prompt by a copy of its cache. */
  #beginChoices(logits: Float32Array, base: number): void {
    const { forward, report } = this.#context;
    for (const choice of this.choices) {
      if (this.#budget > 0) this.#sample(choice, logits, base);
      else {
        choice.end = { reason: 'length', stopText: null };
        report.choiceFinished(this.submission.handle, choice.index, 'length', null);
      }
    }
    const cache = this.#promptCache as SequenceCache;
    const going = this.choices.filter((choice) => choice.end === null);
    const { expertMask } = this.submission.request;
    for (const choice of going.slice(1)) choice.item = { cache: forward.fork(cache), tokens: choice.nextToken, logitsFrom: 0, expertMask, routed: this.#routed };
    this.#promptCache = null;
    const first = going[0];
    if (first) first.item = { cache, tokens: first.nextToken, logitsFrom: 0, expertMask, routed: this.#routed };
    else forward.close(cache);
  }

  takeDecode(choice: Choice, output: StepOutput): void {
    assertServed(output);
    choice.rows.append(choice.nextToken, output);
    if (this.cancelled) return;
    this.#sample(choice, output.logits, 0);
    if (choice.end !== null) this.#closeChoice(choice);
  }

  #sample(choice: Choice, logits: Float32Array, base: number): void {
    const { sampler, report } = this.#context;
    const { request, handle } = this.submission;
    const { sampling } = request;
    const draw = sampling.temperature === 0 ? 0 : uniformDraw(sampling.seed, choice.index, choice.sampled);
    const token = sampler.pick(logits, base, sampling, choice.history, draw, choice.allowed());
    const logprobs = request.logprobs === null ? null : this.#score(logits, base, token, request.logprobs);
    const text = choice.accept(token);
    report.delta(handle, choice.index, text, token, logprobs);
    if (choice.end !== null) report.choiceFinished(handle, choice.index, choice.end.reason, choice.end.stopText);
  }

  #score(logits: Float32Array, base: number, token: number, alternatives: number): PositionLogprobs {
    const { table, vocabSize } = this.#context;
    const { logprob, topIds, topLogprobs } = rowLogprobs(logits, base, vocabSize, token, alternatives);
    const describe = (tokenId: number, value: number) => ({ tokenId, text: table.text(tokenId), bytes: [...table.bytes(tokenId)], logprob: value });
    return { ...describe(token, logprob), top: Array.from(topIds, (id, at) => describe(id, topLogprobs[at] as number)) };
  }

  #closeChoice(choice: Choice): void {
    if (choice.item !== null) this.#context.forward.close(choice.item.cache);
    choice.item = null;
  }

  /** Gives its place back before it has answered anything; what its prompt ran is run again. */
  retreat(): Submission {
    this.#closeCaches();
    return { ...this.submission, startedAtMs: this.#startedAtMs };
  }

  #closeCaches(): void {
    if (this.#promptCache !== null) this.#context.forward.close(this.#promptCache);
    this.#promptCache = null;
    for (const choice of this.choices) this.#closeChoice(choice);
  }

  /** Frees every cache and reports the end, with exactly the rows that ran. */
  finish(status: GenerateOutcome['status'], error: string | null, nowMs: number): GenerateOutcome {
    this.#closeCaches();
    const promptEndMs = this.#promptEndMs;
    const { submission } = this;
    const rows = RowBuffer.join([this.#promptRows, ...this.choices.map((choice) => choice.rows)], this.#context.rowWidth);
    const outcome: GenerateOutcome = {
      status,
      error,
      ...(status === 'cancelled' && this.endReason !== null ? { reason: this.endReason } : {}),
      ...(this.#isRepetition ? { isRepetition: true } : {}),
      promptTokens: submission.request.promptTokens.length,
      ...(this.#cachedTokens > 0 ? { cachedTokens: this.#cachedTokens } : {}),
      completionTokens: this.choices.reduce((sum, choice) => sum + choice.sampled, 0),
      promptRows: this.#promptRows.rows,
      choiceRows: this.choices.map((choice) => choice.rows.rows),
      ...rows,
      degraded: countDegraded(rows.flagged, rows.gates, this.#context.topK),
      failure: status === 'failed' ? this.failure : null,
      timing: {
        queueWaitMs: this.#startedAtMs - submission.submittedAtMs,
        timeToFirstTokenMs: promptEndMs === null || this.#budget === 0 ? null : promptEndMs - submission.submittedAtMs,
        prefillMs: (promptEndMs ?? nowMs) - this.#startedAtMs,
        decodeMs: promptEndMs === null ? 0 : nowMs - promptEndMs,
      },
    };
    this.#context.report.finished(submission.handle, outcome);
    return outcome;
  }
}

/** Prompt tokens of one isolated request in a step. */
export function isolatedChunkTokens(prefillChunkTokens: number): number {
  return Math.max(Math.floor(prefillChunkTokens / ISOLATED_PART), 1);
}

/** The end of a request that never got a place. */
export function unstartedOutcome(
  request: Pick<GenerateRequest, 'promptTokens' | 'choices'>,
  status: 'cancelled' | 'failed',
  error: string | null,
  queueWaitMs: number,
): GenerateOutcome {
  return {
    status,
    error,
    promptTokens: request.promptTokens.length,
    completionTokens: 0,
    promptRows: 0,
    choiceRows: Array.from({ length: request.choices }, () => 0),
    tokenIds: new Uint32Array(0),
    expertIds: new Uint16Array(0),
    gates: new Float32Array(0),
    flagged: null,
    timing: { queueWaitMs, timeToFirstTokenMs: null, prefillMs: 0, decodeMs: 0 },
  };
}

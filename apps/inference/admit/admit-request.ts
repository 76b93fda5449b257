import { chatTurns, type ChatRequest } from '#libs/contract/openai/chat-request';
import { type CompletionRequest } from '#libs/contract/openai/completion-request';
import { badRequest, type OpenAiFailure } from '#libs/contract/openai/error';
import { ChatRefusedError } from '../models/served-release.ts';
import { tooFewTokens } from '../structured/answer-schemas.ts';
import { type Admission, type AdmissionFacts, type AdmittedPrompt, type AdmittedRequest } from './admitted.ts';
import { decideContext, textTooLong } from './context-limit.ts';
import { decideLogprobs, tooManyEntries } from './logprob-limit.ts';
import { promptId } from './request-id.ts';
import { sharerOf } from './request-labels.ts';
import { samplingSettings, tokenIdFailure } from './sampling-settings.ts';

/** OpenAI's default for completions; chat has what the context leaves. */
const DEFAULT_COMPLETION_TOKENS = 16;

interface TokenisedPrompt {
  readonly tokens: Uint32Array;
  readonly text: string;
}

/** What differs between the two kinds of request once their prompts are tokens. */
interface Wanted {
  readonly kind: AdmittedRequest['kind'];
  readonly param: 'prompt' | 'messages';
  readonly logprobParam: 'logprobs' | 'top_logprobs';
  readonly maxTokens: number | null;
  readonly maxTokensParam: string;
  readonly logprobs: number | null;
  readonly echo: boolean;
}

export function admitCompletion(body: CompletionRequest, facts: AdmissionFacts): Admission {
  const { contextTokens, vocabSize } = facts.release.manifest.shape;
  const echo = body.echo ?? false;
  const maxTokens = body.max_tokens ?? DEFAULT_COMPLETION_TOKENS;
  if (maxTokens === 0 && !echo) {
    return { refused: badRequest('invalid_value', 'max_tokens', "'max_tokens' of 0 needs 'echo'; ask for at least 1 token.") };
  }
  const unknown = tokenIdFailure(body, body.prompt, vocabSize);
  if (unknown) return { refused: unknown };
  const prompts: TokenisedPrompt[] = [];
  for (const prompt of body.prompt) {
    if (typeof prompt === 'string') {
      const long = textTooLong(prompt.length, contextTokens, facts.limits.charactersPerContextToken, 'prompt');
      if (long) return { refused: long };
      prompts.push({ tokens: facts.release.tokenizer.encode(prompt, body.add_special_tokens ?? true), text: prompt });
    } else {
      const tokens = Uint32Array.from(prompt);
      prompts.push({ tokens, text: echo && tokens.length <= contextTokens ? facts.release.tokenizer.decode(tokens) : '' });
    }
  }
  const wanted: Wanted = { kind: 'completion', param: 'prompt', logprobParam: 'logprobs', maxTokensParam: 'max_tokens', maxTokens, logprobs: body.logprobs ?? null, echo };
  return admit(body, prompts, wanted, facts);
}

export function admitChat(body: ChatRequest, facts: AdmissionFacts): Admission {
  const { contextTokens, vocabSize } = facts.release.manifest.shape;
  const unknown = tokenIdFailure(body, [], vocabSize);
  if (unknown) return { refused: unknown };
  const turns = chatTurns(body);
  const characters = turns.reduce((sum, turn) => sum + turn.content.length, 0);
  const long = textTooLong(characters, contextTokens, facts.limits.charactersPerContextToken, 'messages');
  if (long) return { refused: long };
  let tokens: Uint32Array;
  try {
    tokens = facts.release.tokenizer.encodeChat(turns);
  } catch (error) {
    // Templates refuse what they cannot render, such as two user messages in a row.
    if (!(error instanceof ChatRefusedError)) throw error;
    return { refused: badRequest('invalid_value', 'messages', `These messages cannot be rendered: ${error.message.slice(0, 300)}`) };
  }
  const wanted: Wanted = {
    kind: 'chat',
    param: 'messages',
    logprobParam: 'top_logprobs',
    maxTokensParam: typeof body.max_completion_tokens === 'number' ? 'max_completion_tokens' : 'max_tokens',
    maxTokens: body.max_completion_tokens ?? body.max_tokens ?? null,
    logprobs: body.logprobs === true ? (body.top_logprobs ?? 0) : null,
    echo: false,
  };
  return admit(body, [{ tokens, text: '' }], wanted, facts);
}

function admit(body: CompletionRequest | ChatRequest, tokenised: readonly TokenisedPrompt[], wanted: Wanted, facts: AdmissionFacts): Admission {
  const { labels, limits, release, requestId, ruling } = facts;
  const { contextTokens, vocabSize } = release.manifest.shape;
  const choices = body.n ?? 1;
  const refused = combinationFailure(body, tokenised.length * choices, limits.choicesPerRequest);
  if (refused) return { refused };
  const logprobs = decideLogprobs(wanted.logprobs, limits.maxLogprobs, vocabSize, wanted.logprobParam);
  if ('failure' in logprobs) return { refused: logprobs.failure };

  const format = facts.schemas.of(body.response_format);
  if ('refused' in format) return format;
  const { rules } = format;
  // Any tokens that spell the shortest answer bound the fewest that do.
  const shortestTokens = rules ? release.tokenizer.encode(rules.shortest, false).length : 0;

  const sampling = samplingSettings(body, facts.seed);
  const stop = body.stop === null || body.stop === undefined ? [] : typeof body.stop === 'string' ? [body.stop] : body.stop;
  const prompts: AdmittedPrompt[] = [];
  let answerTokens = 0;
  for (const [index, { tokens, text }] of tokenised.entries()) {
    const context = decideContext(tokens.length, wanted.maxTokens, contextTokens, wanted.param);
    if ('failure' in context) return { refused: context.failure };
    const few = tooFewTokens(shortestTokens, context.maxTokens, wanted.maxTokensParam);
    if (few) return { refused: few };
    answerTokens += choices * context.maxTokens + (wanted.echo ? choices * tokens.length : 0);
    prompts.push({
      text,
      request: {
        id: promptId(requestId, index),
        releaseId: release.releaseId,
        promptTokens: tokens,
        choices,
        maxTokens: context.maxTokens,
        stop,
        stopTokenIds: body.stop_token_ids ?? [],
        ignoreEos: body.ignore_eos ?? false,
        sampling,
        logprobs: logprobs.alternatives,
        promptLogprobs: wanted.echo ? logprobs.alternatives : null,
        expertMask: ruling.mask,
        ...(rules ? { grammar: rules.grammar } : {}),
        ...(facts.degraded?.path === 'generalist' ? { generalist: true } : {}),
        tenant: sharerOf(labels, facts.principal),
        deadlineMs: facts.deadlineMs,
        // What one prompt has cost is lost when another is refused.
        ...(index > 0 ? { continues: true } : {}),
      },
    });
  }
  const entries = tooManyEntries(answerTokens, logprobs.alternatives, limits.logprobEntries, wanted.logprobParam);
  if (entries) return { refused: entries };
  const admitted: AdmittedRequest = {
    kind: wanted.kind,
    requestId,
    release,
    labels,
    segment: { tenant: labels.tenant, task: labels.task, language: labels.language },
    isPinned: facts.isPinned,
    degraded: facts.degraded,
    rules: ruling.applied,
    prompts,
    choices,
    stream: body.stream ?? false,
    includeUsage: body.stream_options?.include_usage ?? false,
    echo: wanted.echo,
    logprobs: logprobs.alternatives !== null,
    tokensAsIds: body.return_tokens_as_token_ids ?? false,
    routedExperts: body.routed_experts ?? false,
    answerRules: rules,
  };
  return { admitted };
}

function combinationFailure(body: CompletionRequest | ChatRequest, choices: number, limit: number): OpenAiFailure | null {
  if (choices > limit) {
    return badRequest('invalid_value', 'n', `This request asks for ${choices} choices over all its prompts; the server answers at most ${limit} in one request.`);
  }
  if (body.stream_options && body.stream !== true) {
    return badRequest('invalid_value', 'stream_options', "'stream_options' is only allowed when 'stream' is true.");
  }
  if (body.routed_experts === true && body.stream === true) {
    return badRequest('invalid_value', 'routed_experts', "'routed_experts' is not available while streaming; set 'stream' to false.");
  }
  return null;
}

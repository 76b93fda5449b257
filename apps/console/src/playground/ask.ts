import { createChatCompletion, createCompletion } from '../api/gen/sdk.gen.ts';
import { problemOf } from '../api/problem.ts';
import { eventData } from './event-stream.ts';

export interface Turn {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

export interface Settings {
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly seed?: number;
  /** tenant, task, language and what data rules look at; without empty ones. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface Question extends Settings {
  readonly model: string;
  /** Release that shall answer; null: the one that is assigned. */
  readonly release: string | null;
  /** A text to go on with, or a conversation to answer. */
  readonly input: { readonly prompt: string } | { readonly turns: readonly Turn[] };
}

/** What the head of an answer says. */
export interface AnswerHead {
  readonly requestId: string;
  readonly releaseId: string;
  /** stable, canary or pinned. */
  readonly role: string;
  /** Beginning of the digest of the rule set that masked experts; null where none did. */
  readonly rulesDigest: string | null;
}

export interface AnswerEnd {
  /** stop, length, or null where it was not told. */
  readonly finishReason: string | null;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
}

interface StreamEvent {
  readonly choices?: readonly { readonly text?: string; readonly delta?: { readonly content?: string }; readonly finish_reason?: string | null }[];
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number } | null;
  readonly error?: unknown;
}

export interface Listener {
  readonly onHead: (head: AnswerHead) => void;
  /** Told of each part of the answer as it comes. */
  readonly onText: (text: string) => void;
}

/** Asks, and tells the answer as it comes. Aborting the signal ends the generation too. @throws Problem */
export async function ask(question: Question, signal: AbortSignal, { onHead, onText }: Listener): Promise<AnswerEnd> {
  const { model, release, input, maxTokens, temperature, seed, metadata } = question;
  const sampling = { model, stream: true, stream_options: { include_usage: true }, metadata: { ...metadata }, ...(maxTokens !== undefined && { max_tokens: maxTokens }), ...(temperature !== undefined && { temperature }), ...(seed !== undefined && { seed }) };
  const options = { signal, parseAs: 'stream' as const, ...(release !== null && { headers: { 'x-signalbox-pin-release': release } }) };
  const { response } =
    'prompt' in input ? await createCompletion({ ...options, body: { ...sampling, prompt: input.prompt } }) : await createChatCompletion({ ...options, body: { ...sampling, messages: [...input.turns] } });
  const header = (name: string): string => response.headers.get(name) ?? '';
  onHead({ requestId: header('x-request-id'), releaseId: header('x-signalbox-release'), role: header('x-signalbox-role'), rulesDigest: response.headers.get('x-signalbox-rules') });
  let end: AnswerEnd = { finishReason: null, promptTokens: null, completionTokens: null };
  if (response.body === null) return end;
  for await (const data of eventData(response.body)) {
    if (data === '[DONE]') break;
    const event = JSON.parse(data) as StreamEvent;
    if (event.error !== undefined) throw problemOf(event, response.status);
    const [choice] = event.choices ?? [];
    const text = choice?.text ?? choice?.delta?.content ?? '';
    if (text !== '') onText(text);
    if (choice?.finish_reason) end = { ...end, finishReason: choice.finish_reason };
    if (event.usage) end = { ...end, promptTokens: event.usage.prompt_tokens, completionTokens: event.usage.completion_tokens };
  }
  return end;
}

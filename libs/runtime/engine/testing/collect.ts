import { type GenerateEvent, type GenerateOutcome, type GenerateRequest, type PositionLogprobs } from '../engine.ts';

/** A request with all its events put together, for comparing. */
export interface Answer {
  readonly texts: string[];
  readonly tokenIds: number[][];
  readonly logprobs: (PositionLogprobs[] | null)[];
  readonly reasons: (string | null)[];
  readonly stopTexts: (string | null)[];
  readonly promptLogprobs: readonly (PositionLogprobs | null)[] | null;
  readonly outcome: GenerateOutcome;
}

/** Puts events together; throws when they break the order that the engine promises. */
export function assemble(events: readonly GenerateEvent[], choices: number): Answer {
  const texts = Array.from({ length: choices }, () => '');
  const tokenIds = Array.from({ length: choices }, (): number[] => []);
  const logprobs = Array.from({ length: choices }, (): PositionLogprobs[] | null => null);
  const reasons = Array.from({ length: choices }, (): string | null => null);
  const stopTexts = Array.from({ length: choices }, (): string | null => null);
  let promptLogprobs: Answer['promptLogprobs'] = null;
  for (const [at, event] of events.entries()) {
    if (event.type === 'started' && at > 0) throw new Error('started twice or late');
    if (event.type === 'finished' && at !== events.length - 1) throw new Error('an event after the end');
    if (event.type === 'prompt-logprobs') promptLogprobs = event.positions;
    if (event.type === 'choice-finished') {
      reasons[event.choice] = event.reason;
      stopTexts[event.choice] = event.stopText;
    }
    if (event.type !== 'delta') continue;
    if (reasons[event.choice] !== null) throw new Error('text after the end of the choice');
    texts[event.choice] += event.text;
    tokenIds[event.choice]?.push(...event.tokenIds);
    if (event.logprobs) (logprobs[event.choice] ??= []).push(...event.logprobs);
  }
  const last = events.at(-1);
  if (last?.type !== 'finished') throw new Error('no end');
  return { texts, tokenIds, logprobs, reasons, stopTexts, promptLogprobs, outcome: last.outcome };
}

export async function collect(stream: AsyncIterable<GenerateEvent>, choices: number): Promise<Answer> {
  const events: GenerateEvent[] = [];
  for await (const event of stream) events.push(event);
  return assemble(events, choices);
}

/** A request with plain settings, changed as given. */
export function plainRequest(change: Partial<GenerateRequest>): GenerateRequest {
  return {
    id: 'test',
    releaseId: 'release',
    promptTokens: Uint32Array.of(5, 6, 7),
    choices: 1,
    maxTokens: 8,
    stop: [],
    stopTokenIds: [],
    ignoreEos: false,
    sampling: {
      temperature: 0,
      topP: 1,
      topK: 0,
      minP: 0,
      presencePenalty: 0,
      frequencyPenalty: 0,
      repetitionPenalty: 1,
      logitBias: {},
      seed: 7,
    },
    logprobs: null,
    promptLogprobs: null,
    ...change,
  };
}

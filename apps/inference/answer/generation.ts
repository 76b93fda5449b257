import { type GenerateEvent, type GenerateOutcome, type PositionLogprobs } from '#libs/runtime/engine/engine';

export type DeltaEvent = Extract<GenerateEvent, { type: 'delta' }>;

/** Takes what a generation gives while it runs. */
export interface GenerationSink {
  promptLogprobs(positions: readonly (PositionLogprobs | null)[]): void;
  delta(event: DeltaEvent): void;
  /** Resolves when more can be taken; null where it can now. */
  ready(): Promise<void> | null;
}

export interface ChoiceEnd {
  readonly reason: 'stop' | 'length';
  readonly stopText: string | null;
}

export interface Generation {
  readonly outcome: GenerateOutcome;
  /** By choice; null for one that did not come to its end. */
  readonly ends: readonly (ChoiceEnd | null)[];
}

/**
 * Runs a generation to its `finished` event, whatever happens to the sink: the rows routed are told
 * there, and must be recorded.
 * @throws what the engine throws, such as EngineBusyError
 */
export async function runGeneration(events: AsyncIterable<GenerateEvent>, choices: number, sink: GenerationSink): Promise<Generation> {
  const ends: (ChoiceEnd | null)[] = Array.from({ length: choices }, () => null);
  for await (const event of events) {
    if (event.type === 'delta') {
      sink.delta(event);
      const ready = sink.ready();
      if (ready) await ready;
    } else if (event.type === 'prompt-logprobs') sink.promptLogprobs(event.positions);
    else if (event.type === 'choice-finished') ends[event.choice] = { reason: event.reason, stopText: event.stopText };
    else if (event.type === 'finished') return { outcome: event.outcome, ends };
  }
  throw new Error('the engine ended a generation without an outcome');
}

/** Keeps what a generation gives, for an answer in one piece. */
export class CollectingSink implements GenerationSink {
  promptPositions: readonly (PositionLogprobs | null)[] | null = null;
  readonly texts: string[];
  readonly positions: PositionLogprobs[][];

  constructor(choices: number) {
    this.texts = Array.from({ length: choices }, () => '');
    this.positions = Array.from({ length: choices }, () => []);
  }

  promptLogprobs(positions: readonly (PositionLogprobs | null)[]): void {
    this.promptPositions = positions;
  }

  delta(event: DeltaEvent): void {
    this.texts[event.choice] = (this.texts[event.choice] ?? '') + event.text;
    const kept = this.positions[event.choice];
    if (event.logprobs && kept) for (const position of event.logprobs) kept.push(position);
  }

  ready(): null {
    return null;
  }
}

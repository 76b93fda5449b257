import { type GenerateEvent, type GenerateOutcome, type PositionLogprobs } from './engine.ts';

/**
 * What a step changed for all requests in it, as one message. Deltas, the bulk of it, stand in
 * parallel arrays. `handle` numbers a request between the engine's two threads.
 */
export interface StepReport {
  readonly started: readonly { readonly handle: number; readonly queueWaitMs: number }[];
  readonly promptLogprobs: readonly { readonly handle: number; readonly positions: readonly (PositionLogprobs | null)[] }[];
  readonly deltas: {
    readonly handles: readonly number[];
    readonly choices: readonly number[];
    readonly texts: readonly string[];
    readonly tokenIds: readonly number[];
    readonly logprobs: readonly (PositionLogprobs | null)[];
  };
  readonly choicesFinished: readonly {
    readonly handle: number;
    readonly choice: number;
    readonly reason: 'stop' | 'length';
    readonly stopText: string | null;
  }[];
  readonly outcomes: readonly { readonly handle: number; readonly outcome: GenerateOutcome }[];
}

/** Collects a report. `take` hands it out and starts the next one. */
export class StepReportBuilder {
  #report = emptyReport();
  #empty = true;

  started(handle: number, queueWaitMs: number): void {
    this.#empty = false;
    this.#report.started.push({ handle, queueWaitMs });
  }

  promptLogprobs(handle: number, positions: readonly (PositionLogprobs | null)[]): void {
    this.#empty = false;
    this.#report.promptLogprobs.push({ handle, positions });
  }

  delta(handle: number, choice: number, text: string, tokenId: number, logprobs: PositionLogprobs | null): void {
    this.#empty = false;
    const { deltas } = this.#report;
    deltas.handles.push(handle);
    deltas.choices.push(choice);
    deltas.texts.push(text);
    deltas.tokenIds.push(tokenId);
    deltas.logprobs.push(logprobs);
  }

  choiceFinished(handle: number, choice: number, reason: 'stop' | 'length', stopText: string | null): void {
    this.#empty = false;
    this.#report.choicesFinished.push({ handle, choice, reason, stopText });
  }

  finished(handle: number, outcome: GenerateOutcome): void {
    this.#empty = false;
    this.#report.outcomes.push({ handle, outcome });
  }

  /** The report so far; null when nothing happened. */
  take(): StepReport | null {
    if (this.#empty) return null;
    const report = this.#report;
    this.#report = emptyReport();
    this.#empty = true;
    return report;
  }
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] extends readonly (infer Item)[] ? Item[] : Mutable<T[Key]> };

function emptyReport(): Mutable<StepReport> {
  return {
    started: [],
    promptLogprobs: [],
    deltas: { handles: [], choices: [], texts: [], tokenIds: [], logprobs: [] },
    choicesFinished: [],
    outcomes: [],
  };
}

/** Calls back with each request's events, in the order that GenerateEvent promises. */
export function eachEvent(report: StepReport, emit: (handle: number, event: GenerateEvent) => void): void {
  for (const { handle, queueWaitMs } of report.started) emit(handle, { type: 'started', queueWaitMs });
  for (const { handle, positions } of report.promptLogprobs) emit(handle, { type: 'prompt-logprobs', positions });
  const { handles, choices, texts, tokenIds, logprobs } = report.deltas;
  for (let at = 0; at < handles.length; at++) {
    const position = logprobs[at] ?? null;
    emit(handles[at] as number, {
      type: 'delta',
      choice: choices[at] as number,
      text: texts[at] as string,
      tokenIds: [tokenIds[at] as number],
      logprobs: position === null ? null : [position],
    });
  }
  for (const { handle, choice, reason, stopText } of report.choicesFinished) {
    emit(handle, { type: 'choice-finished', choice, reason, stopText });
  }
  for (const { handle, outcome } of report.outcomes) emit(handle, { type: 'finished', outcome });
}

/** The buffers of a report that move to the other thread instead of being copied. */
export function transferables(report: StepReport): ArrayBuffer[] {
  return report.outcomes.flatMap(({ outcome: { tokenIds, expertIds, gates, flagged } }) =>
    [tokenIds, expertIds, gates, ...(flagged ? [flagged.positions, flagged.flags] : [])].map(({ buffer }) => buffer as ArrayBuffer),
  );
}

import { tokenBudget } from './admission.ts';
import { failureOf } from './failed-output.ts';
import { CacheFullError } from '../forward/kv-cache.ts';
import { type StepItem, type StepOutput } from '../forward/forward-pass.ts';
import { type Choice } from './choice.ts';
import { type EndReason } from './admission-settings.ts';
import { type EnginePlaces, type PlaceHolder } from './engine-places.ts';
import { OUTPUT_COST, PROMPT_COST, type TenantHead } from './fair-shares.ts';
import { cacheDemandBytes, Generation, type GenerationContext, isolatedChunkTokens, type Submission, unstartedOutcome } from './generation.ts';
import { type Demand } from './pace.ts';
import { type StepReport } from './step-report.ts';
import { tenantOf, WaitingLine } from './waiting-line.ts';

export interface SchedulerOptions {
  readonly context: GenerationContext;
  /** Shared with the schedulers of the engine's other releases. */
  readonly places: EnginePlaces;
  /** Monotonic time in milliseconds, the clock of Submission.submittedAtMs. */
  readonly now: () => number;
  /** Called after each step and each change between steps. */
  readonly publish: (report: StepReport) => void;
  /** Lets messages in between two steps. */
  readonly pause: () => Promise<void>;
}

/** Who an item of a step belongs to; no choice: a chunk of the prompt. */
interface ItemOwner {
  readonly generation: Generation;
  readonly choice: Choice | null;
}

/**
 * Continuous batching for one release. Requests start as EnginePlaces says, over all releases of the
 * engine, as soon as their choices fit; a step runs one token of every sequence that decodes, and whole prompt chunks, oldest request
 * first, up to one chunk's worth of tokens. What a request waits depends on others; what it answers never does.
 */
export class Scheduler implements PlaceHolder {
  readonly #options: SchedulerOptions;
  readonly #context: GenerationContext;
  readonly #waiting = new WaitingLine();
  #running: Generation[] = [];
  #items: StepItem[] = [];
  #owners: ItemOwner[] = [];
  /** Nobody of this release starts while no more requests have ended than these: there was no room for the caches. */
  #heldAtEnds: number | null = null;
  #loop: Promise<void> | null = null;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#context = options.context;
    options.places.join(this);
  }

  inUse(): { readonly running: number; readonly sequences: number; readonly cacheBytes: number } {
    let sequences = 0;
    let cacheBytes = 0;
    for (const generation of this.#running) {
      sequences += generation.sequences;
      cacheBytes += generation.cacheBytes;
    }
    return { running: this.#running.length, sequences, cacheBytes };
  }

  heads(): Iterable<TenantHead> {
    return this.#waiting.heads();
  }

  submit(submission: Submission): void {
    this.#wait(submission);
    this.#loop ??= this.#run();
  }

  /** Ends a request: at once while it waits, after the step in flight while it runs. Unknown handles are ignored. */
  cancel(handle: number): void {
    const generation = this.#running.find(({ submission }) => submission.handle === handle);
    if (generation) {
      generation.cancelled = true;
      return;
    }
    const submission = this.#waiting.take(handle);
    if (!submission) return;
    this.#options.places.shares.left(tenantOf(submission));
    this.#endUnstarted(submission, 'cancelled', null);
    this.#publish();
    this.#options.places.changed();
  }

  /** Resolves when nothing runs or waits. */
  async idle(): Promise<void> {
    while (this.#loop !== null) await this.#loop;
  }

  /** When it is idle for good: it no longer counts among the releases. */
  leave(): void {
    this.#options.places.leave(this);
  }

  async #run(): Promise<void> {
    // The first step waits a turn, so that requests which arrive together start together.
    await this.#options.pause();
    while (this.#waiting.length > 0 || this.#running.length > 0) {
      const { version } = this.#options.places;
      await this.#step();
      this.#publish();
      // What waits while nothing of this release runs waits for other releases.
      if (this.#running.length === 0 && this.#waiting.length > 0) await this.#options.places.changedSince(version);
      else await this.#options.pause();
    }
    this.#loop = null;
  }

  #wait(submission: Submission): void {
    this.#waiting.add(submission);
    this.#options.places.shares.joined(tenantOf(submission));
  }

  #publish(): void {
    const report = this.#context.report.take();
    if (report !== null) this.#options.publish(report);
  }

  async #step(): Promise<void> {
    this.#sweepEnded();
    this.#start();
    this.#compose();
    if (this.#items.length === 0) return;
    const owners = this.#owners;
    let outputs: StepOutput[];
    try {
      outputs = await this.#context.forward.step(this.#items);
      if (outputs.length !== owners.length) throw new Error(`the step gave ${outputs.length} outputs for ${owners.length} items`);
    } catch (error) {
      if (error instanceof CacheFullError) this.#makeRoom(error);
      else for (const generation of new Set(owners.map((owner) => owner.generation))) this.#fail(generation, error);
      this.#options.places.changed();
      return;
    }
    for (let at = 0; at < owners.length; at++) this.#take(owners[at] as ItemOwner, this.#items[at] as StepItem, outputs[at] as StepOutput);
    this.#sweepEnded();
    // A choice that ended has freed its sequence.
    this.#options.places.changed();
  }

  #take({ generation, choice }: ItemOwner, item: StepItem, output: StepOutput): void {
    if (!this.#running.includes(generation)) return;
    try {
      if (choice === null) generation.takePrefill(item, output, this.#options.now);
      else generation.takeDecode(choice, output);
      const sampled = choice !== null ? 1 : generation.prefilling ? 0 : generation.choices.length;
      if (sampled > 0) this.#options.places.shares.charge(tenantOf(generation.submission), sampled * OUTPUT_COST);
    } catch (error) {
      this.#fail(generation, error);
    }
  }

  /** Takes out the requests that were cancelled, are complete, or are too late. */
  #sweepEnded(): void {
    const nowMs = this.#options.now();
    for (const generation of this.#running) if (isPast(generation.submission, nowMs)) generation.endReason ??= 'deadline';
    if (!this.#running.some((generation) => generation.cancelled || generation.endReason !== null || generation.done)) return;
    const before = this.#running.length;
    this.#running = this.#running.filter((generation) => {
      if (generation.done) {
        const { completionTokens, timing } = generation.finish('answered', null, nowMs);
        this.#options.places.pace.served({ demand: generation.demand, completionTokens, prefillMs: timing.prefillMs, decodeMs: timing.decodeMs });
      } else if (generation.cancelled || generation.endReason !== null) generation.finish('cancelled', null, nowMs);
      else return true;
      return false;
    });
    this.#options.places.ended(before - this.#running.length);
  }

  /** Starts waiting requests, as long as it is their turn and their sequences and their caches fit. */
  #start(): void {
    const { places } = this.#options;
    this.#dropLate();
    for (let next = this.#nextInLine(); next && this.#fits(next); next = this.#nextInLine()) {
      this.#waiting.take(next.handle);
      try {
        this.#running.push(new Generation(next, this.#context, this.#options.now()));
        // One that comes back has been charged for its prompt.
        if (next.startedAtMs === undefined) places.shares.charge(tenantOf(next), next.request.promptTokens.length * PROMPT_COST);
      } catch (error) {
        this.#endUnstarted(next, 'failed', messageOf(error));
      }
      places.shares.left(tenantOf(next));
      places.changed();
    }
  }

  /** Ends what waits and cannot be answered in time any more: it would take a place from those that can. */
  #dropLate(): void {
    if (this.#waiting.withDeadline === 0) return;
    const { places, now } = this.#options;
    const nowMs = now();
    const late = this.#waiting.filter((submission) => isPast(submission, nowMs + (places.pace.estimateServiceMs(demandOf(submission, this.#context)) ?? 0)));
    for (const submission of late) {
      this.#waiting.take(submission.handle);
      places.shares.left(tenantOf(submission));
      this.#endUnstarted(submission, 'cancelled', null, 'deadline');
    }
    if (late.length > 0) places.changed();
  }

  /** The request whose turn it is, if it is one of this release. */
  #nextInLine(): Submission | null {
    if (this.#waiting.length === 0) return null;
    const handle = this.#options.places.firstInLine();
    return handle === null ? null : this.#waiting.find(handle);
  }

  #fits({ request }: Submission): boolean {
    const { places } = this.#options;
    if (this.#heldAtEnds === places.ends && places.running > 0) return false;
    return places.fits(request.choices, cacheDemandBytes(request, this.#context));
  }

  /**
   * The forward pass had no room for the caches and ran nothing. What is kept of earlier prompts goes
   * first, then the youngest request gives way. It
   * waits again if its prompt still runs; an answer that has begun cannot be taken back, so it fails.
   */
  #makeRoom(error: CacheFullError): void {
    if (this.#context.dropPrefixes?.()) return;
    const youngest = this.#running.at(-1);
    // A cancelled one leaves before the next step anyway.
    if (!youngest || youngest.cancelled) return;
    if (this.#options.places.running === 1 || !youngest.prefilling) {
      this.#fail(youngest, error);
      return;
    }
    this.#heldAtEnds = this.#options.places.ends;
    this.#running.pop();
    this.#wait(youngest.retreat());
  }

  #compose(): void {
    this.#items = [];
    this.#owners = [];
    for (const generation of this.#running) {
      if (generation.prefilling) continue;
      for (const choice of generation.choices) if (choice.item !== null) this.#add(choice.item, generation, choice);
    }
    this.#addPrompts(false, this.#context.prefillChunkTokens);
    // Isolated prompts run in a small share of their own, so that they neither hold others up nor starve.
    this.#addPrompts(true, isolatedChunkTokens(this.#context.prefillChunkTokens));
  }

  #addPrompts(isolated: boolean, room: number): void {
    for (const generation of this.#running) {
      if (!generation.prefilling || generation.isolated !== isolated) continue;
      const tokens = generation.nextChunkTokens;
      if (tokens > room) break;
      room -= tokens;
      this.#add(generation.prefillItem(), generation, null);
    }
  }

  #add(item: StepItem, generation: Generation, choice: Choice | null): void {
    this.#items.push(item);
    this.#owners.push({ generation, choice });
  }

  #fail(generation: Generation, error: unknown): void {
    this.#running = this.#running.filter((other) => other !== generation);
    generation.failure = failureOf(error);
    generation.finish('failed', messageOf(error), this.#options.now());
    this.#options.places.ended(1);
  }

  #endUnstarted({ handle, request, submittedAtMs }: Submission, status: 'cancelled' | 'failed', error: string | null, reason?: EndReason): void {
    const outcome = unstartedOutcome(request, status, error, this.#options.now() - submittedAtMs);
    this.#context.report.finished(handle, reason === undefined ? outcome : { ...outcome, reason });
  }
}

function isPast({ request }: Submission, atMs: number): boolean {
  return request.deadlineMs !== undefined && request.deadlineMs !== null && request.deadlineMs <= atMs;
}

function demandOf({ request }: Submission, { contextTokens }: GenerationContext): Demand {
  const { promptTokens, choices, maxTokens } = request;
  return { promptTokens: promptTokens.length, choices, maxTokens: tokenBudget(maxTokens, promptTokens.length, contextTokens) };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

import { setImmediate as nextTurn } from 'node:timers/promises';
import { type InferenceSession } from 'onnxruntime-node';
import { type TimedSession } from '../forward/timed-session.ts';
import { readAhead, readAheadEnd } from './read-ahead.ts';
import { ResidentSet } from './resident-set.ts';

/** An expert that may be in memory or not. */
export interface PlacedExpert {
  /** Sessions with equal ids are the same. */
  readonly id: string;
  /** In memory, as ONNX Runtime packs it. */
  readonly sizeBytes: number;
  readonly file: { readonly path: string; readonly sizeBytes: number };
  /** Makes its session of the files again. */
  readonly make: () => Promise<TimedSession>;
}

/** What placement has done since the start. */
export interface PlacementCounts {
  readonly budgetBytes: number;
  readonly heldBytes: number;
  /** Runs whose expert was in memory. */
  readonly hits: number;
  /** Runs whose expert was read first, and how long that took in all. */
  readonly loads: number;
  readonly loadMs: number;
  /** Files that were read ahead. */
  readonly readAheads: number;
}

interface Held {
  readonly session: TimedSession;
  /** Ends with its latest run. */
  running: Promise<unknown>;
}

/**
 * Keeps the sessions of an engine's experts within a budget of memory; one that was let go is made
 * again when a token needs it. At most one expert beyond the budget is in memory at a time. Bits do
 * not depend on it: the same graph is made of the same files.
 */
export class ExpertPlacement {
  readonly #budgetBytes: number;
  readonly #set: ResidentSet;
  readonly #nowMs: () => number;
  readonly #sessions = new Map<string, Held>();
  #queue: Promise<unknown> = Promise.resolve();
  #hits = 0;
  #loads = 0;
  #loadMs = 0;
  #readAheads = 0;

  constructor(budgetBytes: number, nowMs: () => number) {
    this.#budgetBytes = budgetBytes;
    this.#set = new ResidentSet(budgetBytes);
    this.#nowMs = nowMs;
  }

  get counts(): PlacementCounts {
    return { budgetBytes: this.#budgetBytes, heldBytes: this.#set.heldBytes, hits: this.#hits, loads: this.#loads, loadMs: this.#loadMs, readAheads: this.#readAheads };
  }

  /** Takes over an expert whose session has just been made, and holds it where there is room. */
  async place(expert: PlacedExpert, made: TimedSession): Promise<PlacedSession> {
    this.#set.add(expert.id, expert.sizeBytes);
    await this.#oneByOne(() => this.#settle(expert.id, made));
    return new PlacedSession(expert, this);
  }

  /** @param counts whether the run says that the expert is used */
  async run(expert: PlacedExpert, feeds: InferenceSession.FeedsType, counts: boolean): Promise<{ readonly outputs: InferenceSession.ReturnType; readonly runMs: number }> {
    const { id } = expert;
    if (counts) this.#set.used(id);
    const held = this.#sessions.get(id);
    if (held !== undefined) {
      this.#hits += 1;
      const running = held.session.run(feeds);
      held.running = running.catch(() => undefined);
      const outputs = await running;
      return { outputs, runMs: held.session.lastRunMs };
    }
    return await this.#oneByOne(async () => {
      // Another run may have brought it in while this one waited.
      const session = this.#sessions.get(id)?.session ?? (await this.#load(expert));
      const outputs = await session.run(feeds);
      const runMs = session.lastRunMs;
      if (!this.#sessions.has(id)) await this.#settle(id, session);
      return { outputs, runMs };
    });
  }

  /** An expert is likely to run soon: where it is not in memory, its file is read ahead. */
  expect({ id, file }: PlacedExpert): void {
    if (!this.#sessions.has(id) && readAhead(file.path, file.sizeBytes)) this.#readAheads += 1;
  }

  async remove(id: string): Promise<void> {
    await this.#oneByOne(async () => {
      this.#set.remove(id);
      await this.#letGo(id);
    });
  }

  async #load({ make, file }: PlacedExpert): Promise<TimedSession> {
    const fromMs = this.#nowMs();
    // A turn of the event loop, in which reads ahead end; making a session takes far longer.
    await nextTurn();
    await readAheadEnd(file.path);
    const session = await make();
    this.#loads += 1;
    this.#loadMs += this.#nowMs() - fromMs;
    return session;
  }

  async #settle(id: string, session: TimedSession): Promise<void> {
    const decision = this.#set.settle(id);
    if (decision.action === 'let-go') {
      await session.release();
      return;
    }
    for (const other of decision.letGo) await this.#letGo(other);
    this.#sessions.set(id, { session, running: Promise.resolve() });
  }

  async #letGo(id: string): Promise<void> {
    const held = this.#sessions.get(id);
    this.#sessions.delete(id);
    await held?.running;
    await held?.session.release();
  }

  /** What changes what is held goes one after the other, so that the budget holds between any two. */
  #oneByOne<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => undefined);
    return result;
  }
}

/** An expert's session that may have to be made before it runs; the time of that is not its run's. */
export class PlacedSession implements TimedSession {
  readonly #expert: PlacedExpert;
  readonly #placement: ExpertPlacement;
  lastRunMs = 0;

  constructor(expert: PlacedExpert, placement: ExpertPlacement) {
    this.#expert = expert;
    this.#placement = placement;
  }

  run(feeds: InferenceSession.FeedsType): Promise<InferenceSession.ReturnType> {
    return this.#run(feeds, true);
  }

  expect(): void {
    this.#placement.expect(this.#expert);
  }

  /** The same session for runs that are no sign of use. */
  get forProbes(): TimedSession {
    const own = this as PlacedSession;
    return {
      run: (feeds) => own.#run(feeds, false),
      get lastRunMs() {
        return own.lastRunMs;
      },
      release: () => own.release(),
    };
  }

  release(): Promise<void> {
    return this.#placement.remove(this.#expert.id);
  }

  async #run(feeds: InferenceSession.FeedsType, counts: boolean): Promise<InferenceSession.ReturnType> {
    const { outputs, runMs } = await this.#placement.run(this.#expert, feeds, counts);
    this.lastRunMs = runMs;
    return outputs;
  }
}

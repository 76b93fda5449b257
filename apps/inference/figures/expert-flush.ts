import { type Engine, type ExpertFigures } from '#libs/runtime/engine/engine';

/** One write to the store; its id makes a repeated write harmless. */
export interface FiguresFlush {
  readonly flushId: string;
  readonly atMs: number;
  readonly releaseId: string;
  readonly experts: readonly ExpertFigures[];
}

export interface FiguresStore {
  write(flush: FiguresFlush): Promise<void>;
}

/** Drained but not yet written: about ten minutes while the database is away. */
const MAX_WAITING = 64;

/** Moves expert figures from the engine to the store. */
export class ExpertFlush {
  #waiting: FiguresFlush[] = [];
  #dropped = 0;

  /** @param seen told of each drain, for metrics */
  constructor(
    private readonly engine: Pick<Engine, 'drainFigures'>,
    private readonly store: FiguresStore,
    private readonly seen: (releaseId: string, experts: readonly ExpertFigures[]) => void,
  ) {}

  /** Flushes that were given up because the database stayed away. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Drains the given releases and writes what waits, oldest first. @throws what the store throws; nothing is lost by it */
  async flush(releaseIds: readonly string[], nowMs: number, newId: () => string): Promise<void> {
    for (const releaseId of releaseIds) {
      const experts = (await this.engine.drainFigures(releaseId)).filter(({ runs }) => runs > 0);
      if (experts.length === 0) continue;
      this.seen(releaseId, experts);
      this.#waiting.push({ flushId: newId(), atMs: nowMs, releaseId, experts });
    }
    while (this.#waiting.length > MAX_WAITING) {
      this.#waiting.shift();
      this.#dropped += 1;
    }
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      await this.store.write(next);
      this.#waiting.shift();
    }
  }
}

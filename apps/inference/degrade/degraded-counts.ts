import { randomUUID } from 'node:crypto';
import { type GenerateOutcome } from '#libs/runtime/engine/engine';
import { type DegradedCount, type DegradedFlush, type DegradedMinutes } from '#libs/store/quarantine/degraded-minutes';
import { DECISION_FLAGS } from '#libs/trace/trace';
import { type AdmittedRequest } from '../admit/admitted.ts';

/** Counted but not yet written; beyond it, while the database is away, the oldest go. */
const MAX_WAITING = 256;
const ELSEWHERE = DECISION_FLAGS.unavailable | DECISION_FLAGS.generalist;

/** Decisions that went another way because an expert could not serve, or by the generalist path. */
export function degradedDecisions({ flagged }: Pick<GenerateOutcome, 'flagged'>, bits: number = ELSEWHERE): number {
  let count = 0;
  if (flagged !== null) for (const flags of flagged.flags) if ((flags & bits) !== 0) count += 1;
  return count;
}

/** Counts what took another path, by the release that was to answer. The generalist path of a healthy release is no degradation. */
export class DegradedCounts {
  #counts = new Map<string, DegradedCount>();
  readonly #waiting: DegradedFlush[] = [];

  constructor(private readonly store: Pick<DegradedMinutes, 'write'>) {}

  /** One generation that was answered. */
  count({ release, degraded }: Pick<AdmittedRequest, 'release' | 'degraded'>, outcome: Pick<GenerateOutcome, 'status' | 'flagged' | 'promptRows' | 'choiceRows'>): void {
    if (outcome.status !== 'answered') return;
    const asked = degraded?.insteadOf ?? release;
    const isDense = degraded?.path === 'dense';
    // Of a request that the dense model answers, those that it would have had.
    const decisions = outcome.choiceRows.reduce((sum, rows) => sum + rows, outcome.promptRows) * asked.manifest.shape.layers;
    const before = this.#counts.get(asked.releaseId) ?? { requests: 0, decisions: 0, degradedDecisions: 0, generalistRequests: 0, denseRequests: 0 };
    this.#counts.set(asked.releaseId, {
      requests: before.requests + 1,
      decisions: before.decisions + decisions,
      degradedDecisions: before.degradedDecisions + (isDense ? decisions : degradedDecisions(outcome, DECISION_FLAGS.unavailable)),
      generalistRequests: before.generalistRequests + (degraded?.path === 'generalist' ? 1 : 0),
      denseRequests: before.denseRequests + (isDense ? 1 : 0),
    });
  }

  /** Writes what was counted, oldest first. @throws what the store throws; nothing is lost by it */
  async flush(atMs: number): Promise<void> {
    const counts = this.#counts;
    this.#counts = new Map();
    for (const [releaseId, count] of counts) this.#waiting.push({ flushId: randomUUID(), atMs, releaseId, ...count });
    this.#waiting.splice(0, Math.max(0, this.#waiting.length - MAX_WAITING));
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      await this.store.write(next);
      this.#waiting.shift();
    }
  }
}

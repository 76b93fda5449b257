import { type SealedBatch } from './spool-segment.ts';

/** What the hand-over knows of a batch besides its file. */
export interface Delivery {
  /** How often it was added to the queue. */
  readonly deliveries: number;
  readonly lastAddedAtMs: number;
}

export interface HandoverLimits {
  /** A batch unconfirmed for this long is added again; the wait doubles with each delivery. */
  readonly redeliverAfterMs: number;
  /** Batches added in one step. */
  readonly batchesPerStep: number;
  /** Batches in the queue at once, all asked about in one step; the others wait in the spool. */
  readonly maxInQueue: number;
}

export interface HandoverPlan {
  readonly add: readonly SealedBatch[];
  readonly ask: readonly SealedBatch[];
}

const MAX_REDELIVER_DOUBLINGS = 6;

/** When a batch is due to be added again. */
export function redeliverAtMs(delivery: Delivery, redeliverAfterMs: number): number {
  const doublings = Math.min(delivery.deliveries - 1, MAX_REDELIVER_DOUBLINGS);
  return delivery.lastAddedAtMs + redeliverAfterMs * 2 ** doublings;
}

/**
 * What to do next: add batches never added or overdue, oldest first, and ask the ledger about those
 * in the queue. Bounded by the limits whatever waits.
 */
export function planHandover(
  batches: readonly SealedBatch[],
  deliveries: ReadonlyMap<string, Delivery>,
  nowMs: number,
  limits: HandoverLimits,
): HandoverPlan {
  const add: SealedBatch[] = [];
  const ask: SealedBatch[] = [];
  let inQueue = 0;
  for (const { batchId } of batches) if (deliveries.has(batchId)) inQueue++;
  for (const batch of batches) {
    const delivery = deliveries.get(batch.batchId);
    if (delivery === undefined) {
      if (add.length >= limits.batchesPerStep || inQueue >= limits.maxInQueue) continue;
      add.push(batch);
      inQueue++;
      continue;
    }
    ask.push(batch);
    const isDue = nowMs >= redeliverAtMs(delivery, limits.redeliverAfterMs);
    if (isDue && add.length < limits.batchesPerStep) add.push(batch);
  }
  return { add, ask };
}

/** Wait before the next try after `failures` failures in a row. */
export function backoffMs(failures: number, firstMs: number, mostMs: number): number {
  return Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 30));
}

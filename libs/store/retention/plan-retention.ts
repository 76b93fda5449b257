import { DAY_MS, oldestKeptDay, partitionDay } from '../capture/days.ts';

export interface RetentionLimits {
  /** Traces, and what is quarantined. */
  readonly traceDays: number;
  /** Roll-ups and expert figures by minute; hours are kept. */
  readonly minuteDays: number;
}

export interface RetentionPlan {
  readonly dropPartitions: readonly string[];
  readonly quarantineBeforeMs: number;
  readonly ledgerBeforeMs: number;
  readonly minutesBeforeMs: number;
}

const MIN_MINUTE_DAYS = 90;

/** Days for which usage by the minute is kept: never less than the traces that it was made of. */
export function minuteUsageDays(traceDays: number): number {
  return Math.max(MIN_MINUTE_DAYS, traceDays);
}

/** Decides what is to go. Tables whose name is no partition's stay. */
export function planRetention(partitions: readonly string[], nowMs: number, limits: RetentionLimits): RetentionPlan {
  const oldest = oldestKeptDay(nowMs, limits.traceDays);
  return {
    dropPartitions: partitions.filter((name) => {
      const day = partitionDay(name);
      return day !== null && day < oldest;
    }),
    quarantineBeforeMs: nowMs - limits.traceDays * DAY_MS,
    // A batch redelivered after its entry is gone holds only requests that are refused as too old: two
    // days more, because a request may be dated a day ahead.
    ledgerBeforeMs: nowMs - (limits.traceDays + 2) * DAY_MS,
    minutesBeforeMs: nowMs - limits.minuteDays * DAY_MS,
  };
}

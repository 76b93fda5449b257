import { DAY_MS, oldestKeptDay, partitionDay } from '../capture/days.ts';

export interface RetentionLimits {
  /** Traces, and what is quarantined. */
  readonly traceDays: number;
  /** Roll-ups and expert figures by minute. */
  readonly minuteDays: number;
  /** Roll-ups by hour; never shorter than those by minute. */
  readonly hourDays: number;
  /** What has ended: alerts, silences, imports, uploads, quarantines, baselines that another one followed. */
  readonly historyDays: number;
  /** Measured parts and datasets that nobody used. */
  readonly evaluationDays: number;
  /** Evaluation runs that have ended, and suites without runs. */
  readonly evaluationRunDays: number;
}

export const DEFAULT_RETENTION: RetentionLimits = { traceDays: 7, minuteDays: 90, hourDays: 1825, historyDays: 365, evaluationDays: 30, evaluationRunDays: 365 };

export interface RetentionPlan {
  readonly dropPartitions: readonly string[];
  readonly quarantineBeforeMs: number;
  readonly ledgerBeforeMs: number;
  readonly minutesBeforeMs: number;
  readonly hoursBeforeMs: number;
  readonly historyBeforeMs: number;
  readonly partsBeforeMs: number;
  readonly runsBeforeMs: number;
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
    // Hours are asked where minutes are gone.
    hoursBeforeMs: nowMs - Math.max(limits.hourDays, limits.minuteDays) * DAY_MS,
    historyBeforeMs: nowMs - limits.historyDays * DAY_MS,
    partsBeforeMs: nowMs - limits.evaluationDays * DAY_MS,
    runsBeforeMs: nowMs - limits.evaluationRunDays * DAY_MS,
  };
}

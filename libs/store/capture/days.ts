export const DAY_MS = 86_400_000;

/** A UTC day as `YYYY-MM-DD`. */
export type Day = string;

export function dayOf(epochMs: number): Day {
  return new Date(epochMs).toISOString().slice(0, 10);
}

/** The days that these times fall on. */
export function daysOf(epochsMs: Iterable<number>): ReadonlySet<Day> {
  const days = new Set<number>();
  for (const epochMs of epochsMs) days.add(Math.floor(epochMs / DAY_MS));
  return new Set([...days].map((day) => dayOf(day * DAY_MS)));
}

export function dayStartMs(day: Day): number {
  return Date.parse(`${day}T00:00:00Z`);
}

/** First day still kept: traces of days before it are dropped, and refused when they arrive late. */
export function oldestKeptDay(nowMs: number, retentionDays: number): Day {
  return dayOf(nowMs - retentionDays * DAY_MS);
}

/** Start of that day, epoch milliseconds. */
export function oldestKeptMs(nowMs: number, retentionDays: number): number {
  return Math.floor((nowMs - retentionDays * DAY_MS) / DAY_MS) * DAY_MS;
}

/** Name of the table that holds a day's traces. */
export function partitionName(day: Day): string {
  return `trace_${day.replaceAll('-', '')}`;
}

/** The day of a partition's name; null when it is none of ours. */
export function partitionDay(name: string): Day | null {
  const match = /^trace_(\d{4})(\d{2})(\d{2})$/.exec(name);
  return match && `${match[1]}-${match[2]}-${match[3]}`;
}

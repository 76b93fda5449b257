/** A day of some zone: where it begins and ends. Days are 23 or 25 hours long where clocks change. */
export interface Day {
  /** Such as 2026-03-29. */
  readonly date: string;
  readonly dayOfMonth: number;
  readonly startMs: number;
  /** Exclusive. */
  readonly endMs: number;
  /** Whether it is of the month asked for, and not of the one before or after. */
  readonly isOfMonth: boolean;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DAYS_OF_WEEK = 7;
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' });
  formats.set(zone, made);
  return made;
}

/** What clocks in a zone show at an instant, as though it were UTC. */
function wallMs(atMs: number, zone: string): number {
  const part = Object.fromEntries(formatOf(zone).formatToParts(atMs).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(part['year']!, part['month']! - 1, part['day'], part['hour'], part['minute'], part['second']);
}

/** The date in a zone at an instant, such as 2026-03-29. */
export function dateIn(atMs: number, zone: string): string {
  return isoDate(wallMs(atMs, zone));
}

/** A time of a zone for a field of the type datetime-local: 2026-03-29T14:05. */
export function localInput(atMs: number, zone: string): string {
  return new Date(wallMs(atMs, zone)).toISOString().slice(0, 16);
}

/**
 * The instant that clocks of a zone show as a time such as 2026-03-29T14:05. Of two (clocks went back) the
 * first; where there is none (clocks went forward) the one that would have been. null for what is no time.
 */
export function instantOf(local: string, zone: string): number | null {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(local)) return null;
  const asUtcMs = Date.parse(`${local}Z`);
  if (Number.isNaN(asUtcMs)) return null;
  const [before, after] = [asUtcMs - DAY_MS, asUtcMs + DAY_MS].map((nearMs) => asUtcMs - (wallMs(nearMs, zone) - nearMs)) as [number, number];
  return [before, after].toSorted((a, b) => a - b).find((atMs) => wallMs(atMs, zone) === asUtcMs) ?? before;
}

/** Where a day begins in a zone: not always at midnight, as clocks may go forward then. */
export function startOfDay(date: string, zone: string): number {
  const midnightMs = Date.parse(`${date}T00:00:00Z`);
  const candidates = [midnightMs - DAY_MS, midnightMs + DAY_MS].map((nearMs) => midnightMs - (wallMs(nearMs, zone) - nearMs)).toSorted((a, b) => a - b);
  return candidates.find((atMs) => dateIn(atMs, zone) === date) ?? candidates.at(-1)!;
}

/** Weeks from Monday to Sunday that hold a month, such as 2026-03, as a zone has it. */
export function monthGrid(month: string, zone: string): readonly (readonly Day[])[] {
  const firstMs = Date.parse(`${month}-01T00:00:00Z`);
  const lead = (new Date(firstMs).getUTCDay() + 6) % DAYS_OF_WEEK;
  const length = Math.round((Date.parse(`${shiftMonth(month, 1)}-01T00:00:00Z`) - firstMs) / DAY_MS);
  const weeks = Math.ceil((lead + length) / DAYS_OF_WEEK);
  return Array.from({ length: weeks }, (_, week) =>
    Array.from({ length: DAYS_OF_WEEK }, (__, weekday) => {
      const utcMs = firstMs + (week * DAYS_OF_WEEK + weekday - lead) * DAY_MS;
      const date = isoDate(utcMs);
      return { date, dayOfMonth: new Date(utcMs).getUTCDate(), startMs: startOfDay(date, zone), endMs: startOfDay(isoDate(utcMs + DAY_MS), zone), isOfMonth: date.startsWith(month) };
    }),
  );
}

/** Some months later, or earlier: 2026-01 and -1 give 2025-12. */
export function shiftMonth(month: string, months: number): string {
  const [year, number] = month.split('-').map(Number) as [number, number];
  return isoDate(Date.UTC(year, number - 1 + months, 1)).slice(0, 7);
}

/** Some days later, or earlier. */
export function shiftDate(date: string, days: number): string {
  return isoDate(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS);
}

/** Whether a span, its end exclusive, meets a day. */
export function meets({ startMs, endMs }: Pick<Day, 'startMs' | 'endMs'>, fromMs: number, toMs: number): boolean {
  return fromMs < endMs && toMs > startMs;
}

export function isMonth(text: unknown): text is string {
  return typeof text === 'string' && /^\d{4}-(0[1-9]|1[0-2])$/.test(text);
}

function isoDate(utcMs: number): string {
  return new Date(utcMs).toISOString().slice(0, 10);
}

import { ProblemError } from '#libs/platform/errors/problem-error';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Whole minutes, [fromMs, toMs). */
export interface TimeWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The window asked for, widened to whole minutes; the last 24 hours by default.
 * @throws ProblemError 400 naming `from` when the window is empty.
 */
export function timeWindow(from: string | undefined, to: string | undefined, nowMs: number): TimeWindow {
  const toMs = Math.ceil((to === undefined ? nowMs + 1 : Date.parse(to)) / MINUTE_MS) * MINUTE_MS;
  const fromMs = from === undefined ? toMs - DAY_MS : Math.floor(Date.parse(from) / MINUTE_MS) * MINUTE_MS;
  if (fromMs >= toMs) {
    throw new ProblemError({
      status: 400,
      code: 'empty_window',
      title: 'The time range is empty',
      detail: 'Query field from: give a time before `to` (now, when `to` is left out).',
      field: 'from',
    });
  }
  return { fromMs, toMs };
}

export function windowBody({ fromMs, toMs }: TimeWindow): { from: string; to: string } {
  return { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() };
}

/** The window widened to whole hours. */
export function wholeHours({ fromMs, toMs }: TimeWindow): TimeWindow {
  return { fromMs: Math.floor(fromMs / HOUR_MS) * HOUR_MS, toMs: Math.ceil(toMs / HOUR_MS) * HOUR_MS };
}

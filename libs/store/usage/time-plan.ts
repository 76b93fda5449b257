import { HOUR_MS, MINUTE_MS } from './roll-up.ts';

/** Half-open range of epoch milliseconds. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** From which roll-ups a range is summed: whole hours, and the minutes before and after them. */
export interface TimePlan {
  /** The range in effect: the asked one, widened to whole minutes. */
  readonly range: TimeRange;
  readonly hours: TimeRange | null;
  readonly minutes: readonly TimeRange[];
}

/** Covers a range with as few roll-up rows as possible. @throws RangeError when it is empty or not finite */
export function planTime(asked: TimeRange, finest: 'minute' | 'hour' = 'hour'): TimePlan {
  if (!(asked.fromMs < asked.toMs)) throw new RangeError(`from (${asked.fromMs}) must be before to (${asked.toMs})`);
  const range = {
    fromMs: Math.floor(asked.fromMs / MINUTE_MS) * MINUTE_MS,
    toMs: Math.ceil(asked.toMs / MINUTE_MS) * MINUTE_MS,
  };
  const firstHour = Math.ceil(range.fromMs / HOUR_MS) * HOUR_MS;
  const endOfHours = Math.floor(range.toMs / HOUR_MS) * HOUR_MS;
  if (finest === 'minute' || firstHour >= endOfHours) return { range, hours: null, minutes: [range] };
  const minutes = [
    { fromMs: range.fromMs, toMs: firstHour },
    { fromMs: endOfHours, toMs: range.toMs },
  ].filter(({ fromMs, toMs }) => fromMs < toMs);
  return { range, hours: { fromMs: firstHour, toMs: endOfHours }, minutes };
}

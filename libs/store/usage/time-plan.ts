import { HOUR_MS, MINUTE_MS } from './roll-up.ts';

/** Half-open range of epoch milliseconds. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** From which roll-ups a range is summed: hours, and minutes that are added to them or taken off again. */
export interface TimePlan {
  /** The range in effect: the asked one, widened to whole minutes, or hours where minutes are gone. */
  readonly range: TimeRange;
  readonly hours: TimeRange | null;
  readonly addMinutes: readonly TimeRange[];
  readonly takeMinutes: readonly TimeRange[];
}

/**
 * Covers a range with as few roll-up rows as possible. An hour that the range holds only in part is either
 * summed from its minutes, or taken whole less its other minutes: never more than 30 minutes at either
 * end. Exact, because all sums are integers and minutes and hours are written together.
 * Ends before `minutesSinceMs`, from where on minutes are kept, are widened to whole hours.
 * @throws RangeError when the range is empty or not finite
 */
export function planTime(asked: TimeRange, finest: 'minute' | 'hour' = 'hour', minutesSinceMs = -Infinity): TimePlan {
  if (!(asked.fromMs < asked.toMs)) throw new RangeError(`from (${asked.fromMs}) must be before to (${asked.toMs})`);
  const stepAt = (endMs: number): number => (finest === 'hour' && endMs < minutesSinceMs ? HOUR_MS : MINUTE_MS);
  const range = {
    fromMs: Math.floor(asked.fromMs / stepAt(asked.fromMs)) * stepAt(asked.fromMs),
    toMs: Math.ceil(asked.toMs / stepAt(asked.toMs)) * stepAt(asked.toMs),
  };
  // Rounded to the nearer hour: beyond the range's end, the surplus is taken off again.
  const hours = {
    fromMs: Math.round(range.fromMs / HOUR_MS) * HOUR_MS,
    toMs: Math.round(range.toMs / HOUR_MS) * HOUR_MS,
  };
  if (finest === 'minute' || hours.fromMs >= hours.toMs) return { range, hours: null, addMinutes: [range], takeMinutes: [] };
  return {
    range,
    hours,
    addMinutes: nonEmpty({ fromMs: range.fromMs, toMs: hours.fromMs }, { fromMs: hours.toMs, toMs: range.toMs }),
    takeMinutes: nonEmpty({ fromMs: hours.fromMs, toMs: range.fromMs }, { fromMs: range.toMs, toMs: hours.toMs }),
  };
}

function nonEmpty(...ranges: readonly TimeRange[]): readonly TimeRange[] {
  return ranges.filter(({ fromMs, toMs }) => fromMs < toMs);
}

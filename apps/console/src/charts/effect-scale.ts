export interface EffectScale {
  readonly low: number;
  readonly high: number;
  /** Place on the axis in per cent of its width; what lies beyond an end is at the end. */
  readonly at: (value: number) => number;
}

export interface EffectValues {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** Room beside the outermost mark, as a part of the width. */
const PADDING = 0.06;
/** How often the largest value an interval may reach before it is cut: one of two items is as wide as the range, and would hide all else. */
const MAX_REACH = 12;

/** Shorter axes are drawn as if all were zero. */
const SMALLEST = 1e-300;

/** An axis that holds zero, every value and, up to some reach, their intervals. */
export function effectScale(rows: readonly EffectValues[]): EffectScale {
  const reach = Math.max(...rows.map(({ value }) => Math.abs(value)), ...rows.map(({ low, high }) => (low === null || high === null ? 0 : (high - low) / 4))) * MAX_REACH || 1;
  const ends = rows.flatMap(({ value, low, high }) => [value, Math.max(-reach, low ?? value), Math.min(reach, high ?? value)]);
  const [first, last] = [Math.min(0, ...ends), Math.max(0, ...ends)];
  // A part of the smallest numbers is zero, and would be no room.
  const room = (last - first > SMALLEST ? last - first : 1) * PADDING;
  const [low, high] = [first - room, last + room];
  return { low, high, at: (value) => 100 * Math.min(1, Math.max(0, (value - low) / (high - low))) };
}

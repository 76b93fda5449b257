import { type GuardFigures } from '../../api/gen/types.gen.ts';

export interface GuardScale {
  /** Ends of the axis, in the unit of the guard. */
  readonly low: number;
  readonly high: number;
  /** Place of a value on the axis, 0 to 1; what lies beyond an end is at the end. */
  readonly at: (value: number) => number;
}

/** Room beside the outermost mark, as a part of the width. */
const PADDING = 0.08;
/** How many margins an interval may reach before it is cut: early ones are as wide as the range, and would hide all else. */
const MAX_MARGINS = 8;

/** An axis that holds zero, the margin, the effect and, up to some margins, its interval. */
export function guardScale({ effect, interval, margin }: Pick<GuardFigures, 'effect' | 'interval' | 'margin'>): GuardScale {
  const reach = Math.max(margin, Math.abs(effect ?? 0)) * MAX_MARGINS || 1;
  const values = [0, margin, ...(effect === null ? [] : [effect]), ...(interval === null ? [] : [Math.max(-reach, interval.low), Math.min(reach, interval.high)])];
  const [first, last] = [Math.min(...values), Math.max(...values)];
  const room = (last - first || 1) * PADDING;
  const [low, high] = [first - room, last + room];
  return { low, high, at: (value) => Math.min(1, Math.max(0, (value - low) / (high - low))) };
}

/** How far evidence has come to its limit, 0 to 1, on a scale of logarithms: e-values multiply. 1 and less is none. */
export function evidencePart(eValue: number, failsAt: number): number {
  if (eValue <= 1 || failsAt <= 1) return eValue >= failsAt ? 1 : 0;
  return Math.min(1, Math.log(eValue) / Math.log(failsAt));
}

const STEPS = 64;
const LOWEST = -708;
const STEPS_PER_UNIT = STEPS * Math.LOG2E;
/** ln 2 / 64 in two parts; the first has so few bits that its multiples are exact. */
const STEP_HIGH = 0x2c5c85 / 0x400000 / STEPS;
const STEP_LOW = (Math.LN2 - 0x2c5c85 / 0x400000) / STEPS;
const POWERS = Float64Array.from({ length: Math.ceil(-LOWEST * STEPS_PER_UNIT) + 1 }, (_, step) => 2 ** (-step / STEPS));

/**
 * exp(x) for x <= 0 in plain arithmetic, which the compiler keeps inside a loop over the vocabulary.
 * x = r - n ln 2 / 64 with |r| <= ln 2 / 128; exp(r) by its Taylor series to the 4th power, 2^(-n/64)
 * from a table. Relative error below 1e-13; 0 below -708, where a double nears its end.
 */
export function expNonPositive(x: number): number {
  if (!(x > LOWEST)) return Number.isNaN(x) ? NaN : 0;
  const step = (0.5 - x * STEPS_PER_UNIT) | 0;
  const r = x + step * STEP_HIGH + step * STEP_LOW;
  return (POWERS[step] as number) * (1 + r * (1 + r * (1 / 2 + r * (1 / 6 + r * (1 / 24)))));
}

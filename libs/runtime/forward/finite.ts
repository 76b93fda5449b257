/**
 * Whether every number is finite. One NaN or infinity makes the sum NaN or infinite, and the sum of so
 * many 32-bit floats as there can be stays far below the largest 64-bit one; so one addition for each
 * value does, without a branch.
 */
export function isFinite32(values: Float32Array): boolean {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[at]!;
  return Number.isFinite(sum);
}

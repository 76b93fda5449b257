/** A turn of the hue that never comes back to itself, so that neighbours in number are far apart in colour. */
const GOLDEN_DEGREES = 137.508;
const FEW = 12;

/**
 * Ground behind a token by its expert: one lightness for all, at which ink keeps 4.5:1. Up to twelve experts
 * share the circle evenly; beyond, hues come close to each other, and the number tells.
 */
export function expertColour(expert: number, experts: number, theme: 'light' | 'dark'): string {
  // Neighbours on the even circle would look alike: five steps on is far, and visits all for counts not divisible by 5.
  const step = experts % 5 === 0 ? 1 : 5;
  const hue = experts <= FEW ? ((expert * step) % experts) * (360 / experts) : expert * GOLDEN_DEGREES;
  return theme === 'light' ? `oklch(0.89 0.085 ${(hue % 360).toFixed(1)})` : `oklch(0.38 0.085 ${(hue % 360).toFixed(1)})`;
}

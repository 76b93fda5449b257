import { formatNumber } from '../../ui/format.ts';
import { type Difference, type Metric } from './suite-result.ts';

/** Chance of a false alarm at which a difference counts as told apart; adjusted for the number of comparisons where the result says so. */
const ALPHA = 0.05;

export type Direction = 'worse' | 'better' | 'same' | 'changed';

/**
 * Which way a metric went. `same` says that the two were not told apart, which is less than that
 * they are equal; `changed` that they were, where nobody said which way is better.
 */
export function directionOf({ difference, better }: Pick<Metric, 'difference' | 'better'>): Direction | null {
  if (difference === null) return null;
  if (!isToldApart(difference)) return 'same';
  if (better === null) return 'changed';
  return difference.value < 0 === (better === 'lower') ? 'better' : 'worse';
}

/** By the adjusted p-value where there is one, else by the interval: as the reports of the API judge. */
function isToldApart({ value, low, high, pAdjusted }: Difference): boolean {
  if (value === 0) return false;
  if (pAdjusted !== null) return pAdjusted < ALPHA;
  return low !== null && high !== null && (low > 0 || high < 0);
}

export const DIRECTIONS: Readonly<Record<Direction, string>> = { worse: 'worse', better: 'better', same: 'not told apart', changed: 'changed' };

/** What of a comparison went which way, in a sentence. */
export function comparisonInWords(metrics: readonly Metric[]): string {
  const directions = metrics.map(directionOf).filter((direction) => direction !== null);
  const counts = (['worse', 'better', 'changed', 'same'] as const).map((direction) => [DIRECTIONS[direction], directions.filter((one) => one === direction).length] as const).filter(([, count]) => count > 0);
  if (counts.length === 0) return 'Nothing was compared.';
  return `Of ${directions.length} ${directions.length === 1 ? 'comparison' : 'comparisons'}: ${counts.map(([words, count]) => `${count} ${words}`).join(', ')}.`;
}

export function formatP(p: number | null): string {
  return p === null ? 'none' : p < 0.001 ? 'below 0.001' : formatNumber(p, 2);
}

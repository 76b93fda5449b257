import { wilsonInterval } from '#libs/stats/proportion';
import { type Estimate } from '../run/result.ts';

/** What one item adds to a share. */
export interface Hits {
  readonly hits: number;
  readonly total: number;
}

/**
 * Share of all selections, with an interval that knows that those of one item depend on each other. The
 * share is a ratio of sums over items, with variance n/(n-1) sum_i (hits_i - p total_i)^2 / (sum_i total_i)^2
 * (Cochran 1977, section 6.3); Wilson's interval is taken at the number of independent trials that would
 * have this variance, p(1-p)/variance (Korn & Graubard 1998, Survey Methodology 24), at most one for
 * each selection. Where all items agree on none or all, each counts as one trial. One item gives no interval.
 */
export function clusteredShare(items: readonly Hits[]): Estimate {
  const n = items.length;
  const hits = items.reduce((sum, item) => sum + item.hits, 0);
  const total = items.reduce((sum, item) => sum + item.total, 0);
  const value = hits / total;
  if (n < 2) return { value, low: null, high: null, n };
  const squares = items.reduce((sum, item) => sum + (item.hits - value * item.total) ** 2, 0);
  const variance = (n / (n - 1)) * (squares / total ** 2);
  const spread = value * (1 - value);
  const trials = spread === 0 ? n : variance > 0 ? Math.min(total, spread / variance) : total;
  return { value, ...wilsonInterval(value, trials), n };
}

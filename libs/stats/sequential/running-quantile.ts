/** Counts of positive values in buckets whose bounds grow by GROWTH. */
export interface ValueHistogram {
  counts: number[];
  total: number;
}

/** A bucket's bounds: quantiles are within 2.5% of a value that was seen (Masson, Rim & Lee 2019, DDSketch, relative error (g-1)/(g+1)). */
const GROWTH = 1.05;
/** Up to 5e6: with milliseconds, more than an hour. */
const BUCKETS = 320;

export function emptyHistogram(): ValueHistogram {
  return { counts: Array.from({ length: BUCKETS }, () => 0), total: 0 };
}

/** Values below 1 count as 1, those above the last bucket as in it. */
export function countValue(histogram: ValueHistogram, value: number): void {
  histogram.counts[bucketOf(value)]! += 1;
  histogram.total += 1;
}

/** Upper bound of the bucket that holds the q-quantile; null while nothing was counted. */
export function quantileOf({ counts, total }: ValueHistogram, q: number): number | null {
  if (total === 0) return null;
  let left = Math.ceil(q * total);
  for (const [bucket, count] of counts.entries()) {
    left -= count;
    if (left <= 0) return GROWTH ** bucket;
  }
  return GROWTH ** (BUCKETS - 1);
}

function bucketOf(value: number): number {
  return value <= 1 ? 0 : Math.min(BUCKETS - 1, Math.ceil(Math.log(value) / Math.log(GROWTH) - 1e-9));
}

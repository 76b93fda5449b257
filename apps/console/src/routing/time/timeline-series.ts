import { type Timeline } from '../../api/gen/types.gen.ts';
import { type Series } from '../../charts/time-series.tsx';
import { type TimeWindow } from '../../shell/scope.ts';

/** Up to this long by the minute; the API gives at most 1,500 buckets. */
const BY_MINUTE_MS = 6 * 3_600_000;

export function stepOf({ from, to }: Pick<TimeWindow, 'from' | 'to'>): 'minute' | 'hour' {
  return Date.parse(to) - Date.parse(from) <= BY_MINUTE_MS ? 'minute' : 'hour';
}

interface TimelineSeries {
  readonly atMs: readonly number[];
  readonly entropy: readonly Series[];
  readonly violation: readonly Series[];
}

/** Steps without traffic after which a line breaks off. */
const BROKEN_AFTER = 2;
const STEP_MS = { minute: 60_000, hour: 3_600_000 };

/** Buckets with an empty one wherever there was no traffic for a while. */
function withGaps({ step, buckets }: Timeline): Timeline['buckets'] {
  return buckets.flatMap((bucket, index) => {
    const before = buckets[index - 1];
    const isBroken = before !== undefined && Date.parse(bucket.at) - Date.parse(before.at) > BROKEN_AFTER * STEP_MS[step];
    return isBroken ? [{ at: new Date(Date.parse(before.at) + STEP_MS[step]).toISOString() }, bucket] : [bucket];
  });
}

/** One line for each layer; null where a bucket is withheld or there was no traffic. Bands where there is one line, so that they do not cover each other. */
export function timelineSeries(timeline: Timeline): TimelineSeries {
  const buckets = withGaps(timeline);
  const numbers = [...new Set(buckets.flatMap(({ layers }) => layers?.map(({ layer }) => layer) ?? []))].toSorted((a, b) => a - b);
  const byLayer = numbers.map((layer) => ({ label: `layer ${layer}`, points: buckets.map(({ layers }) => layers?.find((one) => one.layer === layer)) }));
  return {
    atMs: buckets.map(({ at }) => Date.parse(at)),
    entropy: byLayer.map(({ label, points }) => ({
      label,
      values: points.map((point) => point?.entropyBits ?? null),
      ...(numbers.length === 1 && { band: { low: points.map((point) => point?.interval?.low ?? null), high: points.map((point) => point?.interval?.high ?? null) } }),
    })),
    violation: byLayer.map(({ label, points }) => ({ label, values: points.map((point) => point?.maxViolation ?? null) })),
  };
}

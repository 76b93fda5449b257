import { type Segment } from '#libs/contract/capture/request-record';
import { type BaselineOptions } from '#libs/store/detection/baseline';

/** A mix with fewer requests than this says too little of itself. */
export const MIN_MIX_REQUESTS = 100;
/** Mixes of one baseline; more would share the requests too thinly. */
export const MAX_NAMED_MIXES = 48;
const REST = 'other';
const ALL = 'all';
/** A baseline keeps names of up to 256 bytes. */
const MAX_NAME_LENGTH = 60;

interface Placed {
  readonly atMs: number;
  readonly segment: Segment;
}

/**
 * The known mix of each request: its hour of the day (UTC), its segment, or both, as the options say. Mixes with
 * few requests, and those beyond the limit, are one together; if that is still too few, they join the largest.
 * @returns a name for each request, in their order
 */
export function mixesOf(requests: readonly Placed[], { mixByHour, mixBySegment }: Pick<BaselineOptions, 'mixByHour' | 'mixBySegment'>): readonly string[] {
  if (!mixByHour && mixBySegment === null) return requests.map(() => ALL);
  const names = requests.map(({ atMs, segment }) => [...(mixByHour ? [`hour ${new Date(atMs).getUTCHours()}`] : []), ...(mixBySegment === null ? [] : [`${mixBySegment} ${segment[mixBySegment]}`])].join(', ').slice(0, MAX_NAME_LENGTH));
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const largest = [...counts].toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  const named = new Set(largest.filter(([, count]) => count >= MIN_MIX_REQUESTS).slice(0, MAX_NAMED_MIXES).map(([name]) => name));
  const rest = names.filter((name) => !named.has(name)).length;
  const placed = rest >= MIN_MIX_REQUESTS || named.size === 0 ? REST : (largest[0]?.[0] ?? REST);
  return names.map((name) => (named.has(name) ? name : placed));
}

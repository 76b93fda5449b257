import { type RequestFigures } from '../api/gen/types.gen.ts';

type Bucket = RequestFigures['buckets'][number];
const STEP_MS = { minute: 60_000, hour: 3_600_000 } as const;

export interface FigureSeries {
  /** Starts of all buckets of the window, epoch milliseconds. */
  readonly atMs: readonly number[];
  /** 0 where no request came; null where too few came to be shown. */
  readonly requests: readonly (number | null)[];
  readonly failedShare: readonly (number | null)[];
  readonly durationMs: Readonly<Record<'p50' | 'p95' | 'p99', readonly (number | null)[]>>;
  readonly firstTokenMs: Readonly<Record<'p50' | 'p95' | 'p99', readonly (number | null)[]>>;
}

/** One point for each bucket of the window; the API leaves out those without requests. */
export function figureSeries({ window, step, buckets }: Pick<RequestFigures, 'window' | 'step' | 'buckets'>): FigureSeries {
  const byMs = new Map(buckets.map((bucket) => [Date.parse(bucket.at), bucket]));
  const stepMs = STEP_MS[step];
  const startMs = Math.floor(Date.parse(window.from) / stepMs) * stepMs;
  const atMs = Array.from({ length: Math.max(0, Math.ceil((Date.parse(window.to) - startMs) / stepMs)) }, (_, index) => startMs + index * stepMs);
  const of = (pick: (bucket: Bucket) => number | null | undefined, otherwise: number | null): (number | null)[] => atMs.map((ms) => (byMs.has(ms) ? (pick(byMs.get(ms)!) ?? null) : otherwise));
  const quantiles = (name: 'durationMs' | 'timeToFirstTokenMs') => ({ p50: of((bucket) => bucket[name]?.p50, null), p95: of((bucket) => bucket[name]?.p95, null), p99: of((bucket) => bucket[name]?.p99, null) });
  return { atMs, requests: of(({ requests }) => requests, 0), failedShare: of(({ failedShare }) => failedShare, null), durationMs: quantiles('durationMs'), firstTokenMs: quantiles('timeToFirstTokenMs') };
}

/** The width of a bucket that shows a window in some hundred points at most. */
export function stepFor({ from, to }: { readonly from: string; readonly to: string }): 'minute' | 'hour' {
  return Date.parse(to) - Date.parse(from) <= 6 * STEP_MS.hour ? 'minute' : 'hour';
}

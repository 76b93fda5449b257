/** One bar of the strip. */
export interface Bin {
  readonly fromMs: number;
  readonly toMs: number;
  /** null: withheld, because there are too few. 0 where there are none. */
  readonly requests: number | null;
  /** Cancelled and failed ones among them. */
  readonly unanswered: number;
  readonly p95Ms: number | null;
}

interface Figures {
  readonly step: 'minute' | 'hour';
  readonly buckets: readonly {
    readonly at: string;
    readonly requests?: number;
    readonly cancelled?: number;
    readonly failed?: number;
    readonly durationMs?: { readonly p95: number } | null;
    readonly withheld?: unknown;
  }[];
}

const STEP_MS = { minute: 60_000, hour: 3_600_000 } as const;
/** As many bars as can still be told apart. */
const MAX_MINUTES = 360;

export function stepOf(fromMs: number, toMs: number): 'minute' | 'hour' {
  return toMs - fromMs <= MAX_MINUTES * STEP_MS.minute ? 'minute' : 'hour';
}

/** A bar for each step of the window, also for those without requests. */
export function binsOf({ step, buckets }: Figures, fromMs: number, toMs: number): Bin[] {
  const stepMs = STEP_MS[step];
  const first = Math.floor(fromMs / stepMs) * stepMs;
  const found = new Map(buckets.map((bucket) => [Date.parse(bucket.at), bucket]));
  return Array.from({ length: Math.max(0, Math.ceil((toMs - first) / stepMs)) }, (_, index) => {
    const startMs = first + index * stepMs;
    const bucket = found.get(startMs);
    return {
      fromMs: startMs,
      toMs: startMs + stepMs,
      requests: bucket === undefined ? 0 : (bucket.requests ?? null),
      unanswered: (bucket?.cancelled ?? 0) + (bucket?.failed ?? 0),
      p95Ms: bucket?.durationMs?.p95 ?? null,
    };
  });
}

import { ProblemError } from '#libs/platform/errors/problem-error';
import { type TimeWindow } from '../routing/time-window.ts';

export const STEP_MS = { minute: 60_000, hour: 3_600_000 } as const;
const MAX_BUCKETS = 1500;

/** @throws ProblemError 400 naming `from` where a time line would have too many points */
export function refuseManyBuckets({ fromMs, toMs }: TimeWindow, step: keyof typeof STEP_MS): void {
  if ((toMs - fromMs) / STEP_MS[step] <= MAX_BUCKETS) return;
  throw new ProblemError({ status: 400, code: 'window_too_long', title: 'The time range has too many buckets', detail: `Query field from: choose a range of at most ${MAX_BUCKETS} buckets, or step=hour.`, field: 'from' });
}

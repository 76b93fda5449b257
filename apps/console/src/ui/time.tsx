import { useSyncExternalStore } from 'react';

const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const SHORT = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });
const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });
const MINUTE_MS = 60_000;
const TICK_MS = 10_000;
const STEPS = [
  [60_000, 1000, 'second'],
  [3_600_000, 60_000, 'minute'],
  [86_400_000, 3_600_000, 'hour'],
  [Infinity, 86_400_000, 'day'],
] as const;

/** The viewer's zone, as shown beside times. */
export const VIEWER_ZONE = new Intl.DateTimeFormat().resolvedOptions().timeZone;

function subscribe(onTick: () => void): () => void {
  const timer = setInterval(onTick, TICK_MS);
  return () => clearInterval(timer);
}

/** Epoch milliseconds, to the tick of 10 s; renders again with each. */
export function useNowMs(): number {
  return useSyncExternalStore(subscribe, () => Math.floor(Date.now() / TICK_MS) * TICK_MS);
}

/** The end of the minute that runs, which takes in all that is recorded by now; at its very beginning too, as useNowMs is up to a tick old. */
export function useMinuteEndMs(): number {
  return (Math.floor(useNowMs() / MINUTE_MS) + 1) * MINUTE_MS;
}

export function relativeTime(atMs: number, nowMs: number): string {
  const ms = atMs - nowMs;
  if (Math.abs(ms) < TICK_MS) return 'just now';
  const [, unit, name] = STEPS.find(([below]) => Math.abs(ms) < below)!;
  return RELATIVE.format(Math.round(ms / unit), name);
}

/** A time in the viewer's zone; pointing at it shows all of it. */
export function Time({ at, as = 'short' }: { readonly at: string; readonly as?: 'short' | 'full' | 'relative' }) {
  const nowMs = useNowMs();
  const date = new Date(at);
  const full = `${FULL.format(date)} (${VIEWER_ZONE})`;
  return (
    <time dateTime={at} title={full} className="whitespace-nowrap">
      {as === 'relative' ? relativeTime(date.getTime(), nowMs) : (as === 'full' ? FULL : SHORT).format(date)}
    </time>
  );
}

import { setTimeout as sleep } from 'node:timers/promises';
import { type RunClaims } from '#libs/store/evaluation/run-claims';

const LOOK_MS = 1000;

/** Resolves once no run has been open for a while, of any process; not while the database cannot say. */
export async function untilIdle(claims: Pick<RunClaims, 'open'>, idleMs: number, signal: AbortSignal): Promise<void> {
  let idleSinceMs = performance.now();
  while (!signal.aborted) {
    const open = await claims.open().catch(() => null);
    if (open === null || open.queued + open.running > 0) idleSinceMs = performance.now();
    if (performance.now() - idleSinceMs >= idleMs) return;
    await sleep(Math.min(LOOK_MS, idleMs), undefined, { signal }).catch(() => undefined);
  }
}

import { expect, test, vi } from 'vitest';
import { type Logger } from '#libs/platform/logs/logger';
import { FoldTimer, foldWaitMs } from './fold-timer.ts';

test('the wait grows with the work, within its limits', () => {
  const limits = { minWaitMs: 1_000, maxWaitMs: 10_000 };
  expect([0, 99, 400, 5_000].map((tookMs) => foldWaitMs(tookMs, limits))).toEqual([1_000, 4_950, 10_000, 10_000]);
});

test('folds go on after failures, which are logged once for an outage', async () => {
  let runs = 0;
  const error = vi.fn<() => void>();
  const run = async () => {
    runs += 1;
    if (runs < 4) throw new Error('away');
    return { status: 'done', foldedRows: 0 } as const;
  };
  const timer = new FoldTimer({ run }, { error } as unknown as Logger, { minWaitMs: 1, maxWaitMs: 1, now: () => 0 });
  timer.start();
  await vi.waitFor(() => expect(runs).toBeGreaterThan(4));
  await timer.stop();
  expect(error).toHaveBeenCalledTimes(1);
  const stoppedAt = runs;
  await timer.stop();
  expect(runs).toBe(stoppedAt);
});

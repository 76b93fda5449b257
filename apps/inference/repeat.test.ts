import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Repeat } from './repeat.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('goes on after failures, and tells the first of a row', async () => {
  const results = [false, false, true, false];
  let runs = 0;
  const failed = vi.fn<(error: unknown) => void>();
  const repeat = new Repeat(async () => {
    if (results[runs++] === false) throw new Error(`run ${runs}`);
  }, 10, failed);
  repeat.start();
  await vi.advanceTimersByTimeAsync(45);
  expect(runs).toBe(4);
  expect(failed.mock.calls.map(([error]) => (error as Error).message)).toEqual(['run 1', 'run 4']);
  await repeat.stop();
  await vi.advanceTimersByTimeAsync(100);
  expect(runs).toBe(4);
});

it('waits for the run under way when it stops', async () => {
  const ended = Promise.withResolvers<void>();
  const repeat = new Repeat(() => ended.promise, 10, () => undefined);
  repeat.start();
  await vi.advanceTimersByTimeAsync(10);
  let stopped = false;
  const stop = repeat.stop().then(() => (stopped = true));
  await vi.advanceTimersByTimeAsync(100);
  expect(stopped).toBe(false);
  ended.resolve();
  await stop;
});

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

it('begins at once where it is told to, and runs beside its timer when it is asked, never twice at once', async () => {
  let atOnce = 0;
  let most = 0;
  let runs = 0;
  const repeat = new Repeat(async () => {
    runs += 1;
    atOnce += 1;
    most = Math.max(most, atOnce);
    await new Promise((resolve) => setTimeout(resolve, 4));
    atOnce -= 1;
  }, 10, () => undefined);
  repeat.start(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(runs).toBe(1);
  const asked = repeat.now();
  await vi.advanceTimersByTimeAsync(8);
  await asked;
  expect(runs).toBe(2);
  await vi.advanceTimersByTimeAsync(10);
  expect({ runs, most }).toEqual({ runs: 3, most: 1 });
  const stop = repeat.stop();
  await vi.advanceTimersByTimeAsync(10);
  await stop;
});

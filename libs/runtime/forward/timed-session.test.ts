import { type InferenceSession } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { timedSession } from './timed-session.ts';

it('counts only the time of its own runs, whoever runs in between', async () => {
  let nowMs = 100;
  const clock = { lastEndMs: 0 };
  const queue: (() => void)[] = [];
  // As ONNX Runtime does: runs wait for their turn, and take the thread while they last.
  const lasting = (durationMs: number) => ({
    run: () =>
      new Promise<InferenceSession.ReturnType>((resolve) => {
        queue.push(() => {
          nowMs += durationMs;
          resolve({});
        });
      }),
    release: () => Promise.resolve(),
  });
  const mine = timedSession(lasting(3), clock, () => nowMs);
  const other = timedSession(lasting(50), clock, () => nowMs);
  const lasted: number[] = [];
  const runs = [mine, other, mine].map((session) => session.run({}).then(() => lasted.push(session.lastRunMs)));
  for (const turn of queue) {
    turn();
    await new Promise(setImmediate);
  }
  await Promise.all(runs);
  expect(lasted).toEqual([3, 50, 3]);
});

import { describe, expect, it } from 'vitest';
import { onStopSignals, Shutdown, type StepOutcome } from './shutdown.ts';

describe('Shutdown', () => {
  it('stops in the reverse order of starting, whatever fails or hangs', async () => {
    const order: string[] = [];
    const seen: StepOutcome[] = [];
    const shutdown = new Shutdown({ budgetMs: 5000, onStep: (outcome) => seen.push(outcome) });
    const broken = new Error('broken');
    shutdown.defer('database', 1000, async () => void order.push('database'));
    shutdown.defer('pipeline', 1000, async () => Promise.reject(broken));
    shutdown.defer('http', 10, async (graceMs) => {
      order.push(`http ${graceMs}`);
      await new Promise(() => undefined);
    });
    expect(shutdown.isStopping).toBe(false);
    const [outcomes, again] = await Promise.all([shutdown.run(), shutdown.run()]);
    expect(again).toBe(outcomes);
    expect(outcomes).toEqual([
      { name: 'http', result: 'timed-out' },
      { name: 'pipeline', result: 'failed', error: broken },
      { name: 'database', result: 'done' },
    ]);
    expect(seen).toEqual(outcomes);
    expect(order).toEqual(['http 10', 'database']);
    expect(shutdown.isStopping).toBe(true);
  });

  it('gives no step more than what is left of the budget', async () => {
    const graces: number[] = [];
    const shutdown = new Shutdown({ budgetMs: 50, onStep: () => undefined });
    shutdown.defer('late', 1000, async (graceMs) => void graces.push(graceMs));
    shutdown.defer('greedy', 1000, () => new Promise(() => undefined));
    await shutdown.run();
    expect(graces[0]).toBeLessThan(50);
  });
});

it('forces the end at a second signal, but takes an echo of the first for what it is', () => {
  const calls: string[] = [];
  let nowMs = 0;
  const takeBack = onStopSignals((signal) => calls.push(`stop ${signal}`), (signal) => calls.push(`force ${signal}`), () => nowMs);
  process.emit('SIGINT', 'SIGINT');
  nowMs = 999;
  process.emit('SIGINT', 'SIGINT');
  expect(calls).toEqual(['stop SIGINT']);
  nowMs = 1000;
  process.emit('SIGTERM', 'SIGTERM');
  takeBack();
  expect(calls).toEqual(['stop SIGINT', 'force SIGTERM']);
});

import { type CDPSession, type Page } from 'playwright-core';
import { FRAMES, WATCH_FRAMES } from './page-scripts.ts';

/** What a stretch of interaction cost. */
export interface Cost {
  /** Time of the main thread in tasks, per step, ms: what is left for nothing else. */
  readonly mainThreadMs: number;
  /** Between frames, ms; a display of 60 Hz shows one each 16.7. */
  readonly frameMs: readonly number[];
}

/** Does something a number of times while frames and the main thread are watched. */
export async function costOf(page: Page, cdp: CDPSession, steps: number, step: (at: number) => Promise<void>): Promise<Cost> {
  await page.evaluate(WATCH_FRAMES);
  const before = await taskSeconds(cdp);
  for (let at = 0; at < steps; at += 1) await step(at);
  const after = await taskSeconds(cdp);
  const frameMs: number[] = await page.evaluate(FRAMES);
  return { mainThreadMs: ((after - before) * 1000) / steps, frameMs };
}

async function taskSeconds(cdp: CDPSession): Promise<number> {
  const { metrics } = await cdp.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0;
}

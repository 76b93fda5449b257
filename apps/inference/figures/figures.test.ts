import { expect, it } from 'vitest';
import { type ExpertFigures } from '#libs/runtime/engine/engine';
import { ExpertFlush, type FiguresFlush } from './expert-flush.ts';
import { layerLoads } from './layer-load.ts';

const figure = (layer: number, expert: number, tokens: number, runs = 1): ExpertFigures => ({ layer, expert, tokens, runs, latencySketch: new Uint8Array() });

it('sums the load of a layer and finds the busiest share', () => {
  expect(layerLoads([figure(0, 0, 30), figure(0, 1, 10), figure(1, 0, 0)])).toEqual([
    { layer: 0, assignments: 40, topShare: 0.75 },
    { layer: 1, assignments: 0, topShare: 0 },
  ]);
});

it('loses no figures while the database is away for a while, and writes each once', async () => {
  const written: FiguresFlush[] = [];
  let away = true;
  let drains = 0;
  const store = {
    write: async (flush: FiguresFlush) => {
      if (away) throw new Error('away');
      written.push(flush);
    },
  };
  const flush = new ExpertFlush({ drainFigures: async () => [figure(0, 0, ++drains), figure(0, 1, 0, 0)] }, store, () => undefined);
  let id = 0;
  const run = (): Promise<void> => flush.flush(['r'], 1, () => String(++id));
  await expect(run()).rejects.toThrow('away');
  away = false;
  await run();
  expect(written.map(({ flushId, experts }) => [flushId, experts.map(({ tokens }) => tokens)])).toEqual([['1', [1]], ['2', [2]]]);
  away = true;
  for (let i = 0; i < 70; i++) await expect(run()).rejects.toThrow('away');
  expect(flush.dropped).toBe(6);
});

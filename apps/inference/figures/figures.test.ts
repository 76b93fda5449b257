import { type Meter } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import { type ExpertFigures } from '#libs/runtime/engine/engine';
import { ExpertFlush, type FiguresFlush } from './expert-flush.ts';
import { layerLoads } from './layer-load.ts';
import { RequestFigures } from './request-figures.ts';

const figure = (layer: number, expert: number, tokens: number, runs = 1): ExpertFigures => ({ layer, expert, tokens, runs, latencySketch: new Uint8Array() });

it('sums the load of a layer and finds the busiest share', () => {
  expect(layerLoads([figure(0, 0, 30), figure(0, 1, 10), figure(1, 0, 0)])).toEqual([
    { layer: 0, assignments: 40, topShare: 0.75 },
    { layer: 1, assignments: 0, topShare: 0 },
  ]);
});

it('counts what found its expert full, by layer and policy', () => {
  const added: [string, number, object][] = [];
  const instrument = (name: string) => ({ add: (value: number, labels: object) => void added.push([name, value, labels]), record: () => undefined });
  const meter = { createCounter: instrument, createHistogram: instrument } as unknown as Meter;
  new RequestFigures(meter).overflowed('toy', 'drop', [{ layer: 0, selections: 2, lostGateMass: 0.5 }, { layer: 3, selections: 1, lostGateMass: 0 }]);
  expect(added).toEqual([
    ['signalbox.capacity.overflow', 2, { model: 'toy', layer: 0, policy: 'drop' }],
    ['signalbox.lost.gate.mass', 0.5, { model: 'toy', layer: 0 }],
    ['signalbox.capacity.overflow', 1, { model: 'toy', layer: 3, policy: 'drop' }],
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

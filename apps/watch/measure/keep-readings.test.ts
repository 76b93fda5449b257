import { expect, it } from 'vitest';
import { type Reading, type ReadingLabels, type Signal } from '#libs/detection/reading/reading';
import { type Baseline } from '#libs/store/detection/baseline';
import { keepReadings, seriesOf } from './keep-readings.ts';
import { baselineFor } from './reference-usage.ts';

const keyOf = (labels: ReadingLabels): string => JSON.stringify(labels);
const of = (signal: Signal, expert: string | null, value: number | null = 1): Reading => ({
  signal, labels: { model: 'm', release: 'r', layer: '0', ...(expert === null ? {} : { expert }) }, atMs: 1, value, interval: null, alarm: null, evidence: null, detail: {},
});
const measured = new Set([seriesOf(of('dead-expert', '0'))]);

it('says of an expert that stands out no more that it is over, once, and then takes it back', () => {
  const before = [of('dead-expert', '1'), of('dead-expert', '2', 0), of('hot-expert', '3'), of('collapse', null)];
  const { save, remove } = keepReadings([of('dead-expert', '0')], before, measured, 9, keyOf);
  expect(save.map(({ labels: { expert }, value, atMs }) => [expert, value, atMs])).toEqual([['0', 1, 1], ['1', 0, 9]]);
  // What nothing was measured for just goes: nobody knows that it is over.
  expect(remove.map(({ signal, labels: { expert } }) => [signal, expert])).toEqual([['dead-expert', '2'], ['hot-expert', '3'], ['collapse', undefined]]);
});

it('keeps a test quiet that is over', () => {
  const before = [{ ...of('quality', '1', -0.5), alarm: true, evidence: 1e6 }];
  const { save } = keepReadings([], before, new Set([seriesOf(before[0]!)]), 9, keyOf);
  expect(save).toMatchObject([{ value: 0, alarm: false, evidence: null }]);
});

it('holds a release against its own baseline, else against the last one of its model with its shape', () => {
  const baseline = (id: string, releaseId: string, adoptedAtMs: number, over: Partial<Baseline> = {}) => ({ id, model: 'm', releaseId, layers: 2, experts: 8, adoptedAtMs, ...over }) as Baseline;
  const adopted = [baseline('old', 'a', 1), baseline('new', 'b', 2), baseline('wide', 'c', 3, { experts: 16 }), baseline('foreign', 'd', 4, { model: 'other' })];
  const release = (releaseId: string) => ({ model: 'm', releaseId, layers: 2, experts: 8 });
  expect(['a', 'b', 'z'].map((releaseId) => baselineFor(release(releaseId), adopted)?.id)).toEqual(['old', 'new', 'new']);
  expect(baselineFor({ ...release('a'), layers: 3 }, adopted)).toBeNull();
});

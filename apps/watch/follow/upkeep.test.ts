import { expect, it } from 'vitest';
import { type Reading } from '#libs/detection/reading/reading';
import { type Baseline, baselineInForce } from '#libs/store/detection/baseline';
import { type Serving } from '#libs/store/detection/serving';
import { fateOf, ReadingUpkeep } from './upkeep.ts';

const [FIRST, SECOND] = ['a'.repeat(64), 'b'.repeat(64)];
const SHAPE = { layers: 2, experts: 8 };

const baseline = (id: string, releaseId: string, adoptedAtMs: number, over: Partial<Baseline> = {}): Baseline => ({
  id, model: 'm', releaseId, ...SHAPE, state: 'ready', generation: 2, fromMs: 0, toMs: 1,
  options: { sampleRequests: 5000, segments: [], mixByHour: false, mixBySegment: null, adoptFirst: false },
  layersDone: 2, requests: 5000, requestsPerMonth: 30_000, threshold: 120_000, note: null, createdBy: 'user:a', createdByIssuers: [], createdAtMs: 0, endedAtMs: 1, adoptedAtMs, adoptedBy: 'user:b', adoptedReason: 'r', ...over,
});
const serving = (releaseId: string): Serving => ({ model: 'm', releaseId, role: 'stable', ...SHAPE });
const reading = (over: Partial<Reading> = {}): Reading => ({
  signal: 'router-shift', labels: { model: 'm', release: FIRST, layer: '0' }, atMs: 0, value: 0.1, interval: null, alarm: true, evidence: 1e6, detail: { baselineId: 'one' }, ...over,
});

it('watches a release against its own baseline, else the last one of its model that fits', () => {
  const [own, later] = [baseline('one', FIRST, 1), baseline('two', SECOND, 2)];
  expect(baselineInForce([own, later], 'm', FIRST, SHAPE)?.id).toBe('one');
  expect(baselineInForce([own, later], 'm', 'c'.repeat(64), SHAPE)?.id).toBe('two');
  expect(baselineInForce([own, later], 'm', 'c'.repeat(64), { layers: 3, experts: 8 })).toBeNull();
  expect(baselineInForce([own, later], 'other', FIRST, SHAPE)).toBeNull();
  expect(baselineInForce([baseline('one', FIRST, 1, { threshold: null })], 'm', FIRST, SHAPE)).toBeNull();
});

it('keeps readings of what answers, clears the others, and removes them later', () => {
  const adopted = [baseline('one', FIRST, 1)];
  const fate = (one: Reading, releases: readonly Serving[], nowMs = 1000): string => fateOf(one, releases, adopted, nowMs);
  expect(fate(reading(), [serving(FIRST)])).toBe('stays');
  expect(fate(reading(), [serving(SECOND)])).toBe('is-cleared');
  expect(fate(reading({ detail: { baselineId: 'zero' } }), [serving(FIRST)])).toBe('is-cleared');
  expect(fate(reading({ labels: { model: 'm', release: FIRST, layer: '0', task: 'chat' } }), [serving(FIRST)])).toBe('is-cleared');
});

it('a reading is cleared once, seen for a while, then gone with the states of its release', async () => {
  let current: readonly Reading[] = [reading()];
  const removed: string[] = [];
  const upkeep = new ReadingUpkeep(
    { transaction: (work: (manager: null) => Promise<void>) => work(null) } as never,
    { current: async () => current, save: async (_, saved) => void (saved.length > 0 && (current = saved)), remove: async () => void (current = []) },
    { releases: async () => [{ release: FIRST, model: 'm' }], removeRelease: async (_, release) => void removed.push(release) },
  );
  const adopted = [baseline('one', FIRST, 1)];
  expect((await upkeep.run([serving(FIRST)], adopted, 5)).alarms).toBe(1);
  await upkeep.run([serving(SECOND)], adopted, 10);
  expect(current).toMatchObject([{ alarm: false, value: null, atMs: 10 }]);
  await upkeep.run([serving(SECOND)], adopted, 60_000);
  expect([current.length, removed]).toEqual([1, []]);
  expect((await upkeep.run([serving(SECOND)], adopted, 120_010)).removed).toEqual([FIRST]);
  expect([current.length, removed]).toEqual([0, [FIRST]]);
});

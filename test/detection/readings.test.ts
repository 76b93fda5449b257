import { afterAll, beforeAll, expect, test } from 'vitest';
import { type DataSource } from 'typeorm';
import { type Reading } from '#libs/detection/reading/reading';
import { createDataSource, migrate } from '#libs/store/data-source';
import { Readings } from '#libs/store/detection/readings';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';

const NOW = Date.UTC(2026, 5, 1, 12, 0, 30);
let postgres: TestPostgres;
let dataSource: DataSource;

beforeAll(async () => {
  postgres = await startPostgres();
  dataSource = await createDataSource({ url: await postgres.createDatabase() }).initialize();
  await migrate(dataSource);
});
afterAll(async () => {
  await dataSource.destroy();
  await postgres.stop();
});

const reading = (layer: number, over: Partial<Reading> = {}): Reading => ({
  signal: 'mix-shift',
  labels: { model: 'm', release: 'ab'.repeat(32), layer: String(layer) },
  atMs: NOW,
  value: 0.012,
  interval: { low: 0.01, high: 0.02 },
  alarm: true,
  evidence: Number.POSITIVE_INFINITY,
  detail: { requests: 12, experts: [{ expert: 3, share: 0.5, baselineShare: 0.1, eValue: 40 }], note: 'it\'s "quoted", {curly}' },
  ...over,
});

const save = (readings: readonly Reading[]): Promise<void> => dataSource.transaction((manager) => new Readings(dataSource).save(manager, readings));

test('a reading comes back as it was saved, infinite evidence and all, and the last of each label set counts', async () => {
  const readings = new Readings(dataSource);
  await save([reading(0), reading(1, { value: null, interval: null, alarm: null, evidence: null }), reading(0, { value: 0.5, labels: { layer: '0', release: 'ab'.repeat(32), model: 'm' } })]);
  expect(await readings.current({}, 10)).toEqual([reading(0, { value: 0.5 }), reading(1, { value: null, interval: null, alarm: null, evidence: null })]);
  expect(await readings.current({ signals: ['router-shift'] }, 10)).toEqual([]);
  expect(await readings.current({ labels: { layer: '1' } }, 10)).toHaveLength(1);
});

test('the history holds one reading a minute, newest first, and is purged after 90 days', async () => {
  const readings = new Readings(dataSource);
  const hot = (atMs: number, value: number): Reading => reading(0, { signal: 'hot-expert', atMs, value });
  await save([hot(NOW, 1)]);
  await save([hot(NOW + 5000, 2)]);
  await save([hot(NOW + 60_000, 3)]);
  await save([hot(NOW - 91 * 86_400_000, 4)]);
  const all = { signal: 'hot-expert', fromMs: 0, toMs: NOW + 86_400_000 };
  expect((await readings.history(all, 10)).map(({ value }) => value)).toEqual([3, 2, 4]);
  expect((await readings.history({ ...all, labels: { layer: '7' } }, 10))).toEqual([]);
  expect(await readings.purge(NOW)).toBe(1);
  expect((await readings.history(all, 10)).map(({ value }) => value)).toEqual([3, 2]);
  await dataSource.transaction((manager) => readings.remove(manager, 'hot-expert', hot(0, 0).labels));
  expect(await readings.current({ signals: ['hot-expert'] }, 10)).toEqual([]);
});

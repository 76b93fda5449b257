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

test('a series puts minutes together, keeps their extremes, and takes a label set alone where asked to', async () => {
  const readings = new Readings(dataSource);
  const drops = (atMs: number, value: number | null, over: Readonly<Record<string, string>> = {}): Reading => reading(0, { signal: 'dropped-tokens', atMs, value, interval: null, alarm: null, labels: { model: 'm', layer: '0', ...over } });
  const from = Date.UTC(2026, 5, 2);
  for (const [minute, value] of [[0, 0.1], [1, 0.9], [2, 0.3], [5, 0.2]] as const) await save([drops(from + minute * 60_000, value)]);
  await save([drops(from, 0.95, { task: 'chat' })]);
  const query = { signal: 'dropped-tokens', labels: { layer: '0', model: 'm' }, isExact: false, fromMs: from, toMs: from + 600_000, stepMs: 180_000 };
  const { series, omitted } = await readings.series(query, 1);
  expect([series[0]?.labels, omitted]).toEqual([{ model: 'm', layer: '0', task: 'chat' }, 1]);
  const exact = await readings.series({ ...query, isExact: true }, 20);
  expect(exact.series).toHaveLength(1);
  expect(exact.series[0]?.points).toEqual([
    { atMs: from + 120_000, value: 0.3, low: null, high: null, min: 0.1, max: 0.9, alarm: null },
    { atMs: from + 300_000, value: 0.2, low: null, high: null, min: 0.2, max: 0.2, alarm: null },
  ]);
  expect(await readings.series({ ...query, toMs: from }, 20)).toEqual({ series: [], omitted: 0 });
});

import { randomUUID } from 'node:crypto';
import { type DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SeenSegments } from '#libs/store/detection/seen-segments';
import { UsageFolder } from '#libs/store/usage/usage-folder';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { batchOf, captured, EXPERTS, LAYERS, openStore, random, randomTrace, RELEASE, saveRelease, segment, writerOf } from '../store/store.fixture.ts';

const TEN = Date.UTC(2026, 2, 10, 10);
const MINUTE_MS = 60_000;

let server: TestPostgres;
let store: DataSource;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(async () => {
  await store?.destroy();
  await server?.stop();
});

it('are those of the whole hours of the baseline, whatever zone the database has', async () => {
  const url = await server.createDatabase();
  store = await openStore(url);
  await store.query(`ALTER DATABASE "${new URL(url).pathname.slice(1)}" SET timezone = 'Asia/Kolkata'`);
  await store.destroy();
  store = await openStore(url);
  await saveRelease(store, RELEASE, TEN);
  const next = random(9);
  const asked = [[-1, 'before'], [5, 'early'], [50, 'late'], [61, 'after']] as const;
  await writerOf(store).write(batchOf(asked.map(([minute, task]) => captured(randomTrace(next, 2), TEN + minute * MINUTE_MS, { segment: segment('', task) })), TEN));
  await new UsageFolder(store).run();
  await store.query(
    `INSERT INTO signalbox.baseline (id, model, release, layers, experts, state, threshold, from_at, to_at, options, created_by, created_at, adopted_at)
     VALUES ($1, 'toy', $2, $3, $4, 'ready', 100, $5, $6, '{"segments": []}', 'system', $6, $6)`,
    [randomUUID(), RELEASE, LAYERS, EXPERTS, new Date(TEN + 45 * MINUTE_MS), new Date(TEN + 55 * MINUTE_MS)],
  );
  const seen = await new SeenSegments(store).of({ model: 'toy', releaseId: RELEASE, layers: LAYERS, experts: EXPERTS });
  expect(seen?.map(({ task }) => task).toSorted()).toEqual(['early', 'late']);
});

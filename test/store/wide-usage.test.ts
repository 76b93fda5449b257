import { type DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS, rollUps } from '#libs/store/usage/roll-up';
import { addRollUps } from '#libs/store/usage/roll-up-writer';
import { UsageReader } from '#libs/store/usage/usage-reader';
import { emptyUsage, type LayerUsage } from '#libs/trace/usage';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { openStore, random, RELEASE, saveRelease } from './store.fixture.ts';

const EXPERTS = 256;
const LAYERS = 3;
/** On the hour. */
const START_MS = Date.UTC(2026, 5, 1, 12);

let postgres: TestPostgres;
let store: DataSource;

beforeAll(async () => {
  postgres = await startPostgres();
  store = await openStore(await postgres.createDatabase());
  await saveRelease(store, RELEASE, START_MS);
  await store.query(`UPDATE signalbox.release SET manifest = jsonb_set(manifest, '{shape,experts}', $1::jsonb)`, [String(EXPERTS)]);
});

afterAll(async () => {
  await store?.destroy();
  await postgres?.stop();
});

function usageOf(seed: number): LayerUsage[] {
  const next = random(seed);
  return emptyUsage(LAYERS, EXPERTS).map((usage) => {
    for (const vector of [usage.load, usage.gateMass, usage.cross]) for (let expert = 0; expert < EXPERTS; expert += 1) vector[expert] = Math.floor(next() * 1e6);
    usage.confidence.fill(7);
    return { ...usage, requests: 10, tokens: 140 };
  });
}

it('adds up layers of 256 experts, whose rows are kept compressed, over hours and parts of hours', async () => {
  const [{ number }]: [{ number: number }] = await store.query('SELECT number FROM signalbox.release WHERE id = $1', [RELEASE]);
  // One minute of each half hour.
  const minutes = Array.from({ length: 8 }, (_, at) => ({ bucketMs: START_MS + at * 30 * MINUTE_MS, release: number, segment: 1, layers: usageOf(at) }));
  await store.transaction((manager) => addRollUps(manager, rollUps(minutes)));
  const fromMs = START_MS + 10 * MINUTE_MS;
  const toMs = START_MS + 3 * HOUR_MS + 31 * MINUTE_MS;
  const { groups } = await new UsageReader(store).usageMatrix({ of: { releaseIds: [RELEASE] }, fromMs, toMs });
  const within = minutes.filter(({ bucketMs }) => bucketMs >= fromMs && bucketMs < toMs);
  expect(within).toHaveLength(7);
  for (const { layer, load, gateMass, cross, requests } of groups[0]!.layers) {
    const sum = (of: (usage: LayerUsage) => Float64Array): number[] => Array.from({ length: EXPERTS }, (_, expert) => within.reduce((total, { layers }) => total + of(layers[layer]!)[expert]!, 0));
    expect([...load]).toEqual(sum((usage) => usage.load));
    expect([...gateMass]).toEqual(sum((usage) => usage.gateMass));
    expect([...cross]).toEqual(sum((usage) => usage.cross));
    expect(requests).toBe(70);
  }
  expect(groups[0]?.layers).toHaveLength(LAYERS);
});

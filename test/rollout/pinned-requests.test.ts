import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type DataSource } from 'typeorm';
import { UsageReader } from '#libs/store/usage/usage-reader';
import { aggregateUsage } from '../../apps/pipeline/aggregate-usage.ts';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { captured, openStore, random, randomTrace, writerOf } from '../store/store.fixture.ts';
import { CANDIDATE, RolloutHouse } from './rollout-house.ts';

let postgres: TestPostgres;
let store: DataSource;

beforeAll(async () => {
  postgres = await startPostgres();
  store = await openStore(await postgres.createDatabase());
});
afterAll(async () => {
  await store?.destroy();
  await postgres?.stop();
});

it('requests that named their release are recorded, and are no evidence for or against it', async () => {
  const house = new RolloutHouse(store);
  await house.saveReleases();
  const { id } = (await house.start({ guards: [{ kind: 'error-rate', margin: 0.01 }, { kind: 'drop-rate', margin: 0.01 }] })).rollout;
  house.nowMs += 1000;
  const next = random(1);
  const pinned = Array.from({ length: 30 }, () => captured(randomTrace(next, 4), house.nowMs, { releaseId: CANDIDATE, status: 'failed', pinned: true, segment: { tenant: 'tried', task: '', language: '' } }));
  const admitted = pinned.map(({ trace, write: { record, sealedTrace } }) => ({ record, sealedTrace, trace }));
  await writerOf(store).write(aggregateUsage({ batchId: randomUUID(), admitted, quarantined: [], refused: 0 }, house.nowMs));

  const [row]: { count: number; release: string }[] = await store.query(`SELECT count(*)::int AS count, min(r.id) AS release FROM signalbox.trace AS t JOIN signalbox.release AS r ON r.number = t.release WHERE t.pinned`);
  expect(row).toEqual({ count: 30, release: CANDIDATE });
  const rollout = (await house.records.rollouts.find(id))!;
  expect((await house.records.evidence.read(rollout, house.nowMs + 1000)).batch).toMatchObject({ requests: [], feedback: [], usage: { candidate: [] } });
  const { groups } = await new UsageReader(store).usageMatrix({ of: { releaseIds: [CANDIDATE] }, fromMs: house.nowMs - 60_000, toMs: house.nowMs + 60_000 });
  expect(groups.flatMap(({ layers }) => layers.map(({ requests }) => requests)).filter((requests) => requests > 0)).toEqual([]);

  // Those that were assigned do count.
  await house.record(20);
  expect((await house.records.evidence.read(rollout, house.nowMs + 1000)).batch.requests).toHaveLength(20);
});

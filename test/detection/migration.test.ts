import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDataSource, migrate, revert } from '#libs/store/data-source';
import { FollowedLedger } from '#libs/store/detection/followed-ledger';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';

const OWN = 'Detection1795219200018';
let server: TestPostgres;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

/** As the version before this one writes a batch. */
const WRITE = `INSERT INTO signalbox.trace_batch (batch_id, written_at, requests, quarantined, refused, tokens) VALUES (gen_random_uuid(), now(), 3, 0, 0, 9)`;

test('the ledger of a database in use gets an order, older code still writes it, and the way back keeps its rows', async () => {
  const store = await createDataSource({ url: await server.createDatabase() }).initialize();
  const count = async (): Promise<number> => (await store.query('SELECT count(*)::int AS n FROM signalbox.trace_batch'))[0].n;
  try {
    const names = await migrate(store);
    const steps = names.length - names.indexOf(OWN);
    await revert(store, steps);
    for (let batch = 0; batch < 5; batch += 1) await store.query(WRITE);
    expect((await migrate(store))[0]).toBe(OWN);
    expect(await count()).toBe(5);
    const ledger = new FollowedLedger(store);
    const end = await ledger.end();
    expect(await ledger.next(end, 10)).toEqual([]);
    await store.query(WRITE);
    await store.query(WRITE);
    const next = await ledger.next(end, 10);
    expect(next.map(({ requestIds }) => requestIds)).toEqual([null, null]);
    expect(await ledger.next(next[1]!.position, 10)).toEqual([]);
    expect((await ledger.next({ xid: '0', sequence: '0' }, 10)).length).toBe(7);
    await revert(store, steps);
    expect(await count()).toBe(7);
    await store.query(WRITE);
    expect((await migrate(store)).length).toBe(steps);
    expect(await count()).toBe(8);
  } finally {
    await store.destroy();
  }
});

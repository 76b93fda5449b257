import { type DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDataSource, migrate, revert } from '#libs/store/data-source';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

async function describeSchema(dataSource: DataSource): Promise<unknown> {
  return dataSource.query(`
    SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
    WHERE table_schema = 'signalbox' ORDER BY 1, 2`);
}

test('migrations go up, down and up again to the same schema', async () => {
  const store = await createDataSource({ url: await server.createDatabase() }).initialize();
  try {
    const names = await migrate(store);
    expect(names.length).toBe(store.migrations.length);
    const first = await describeSchema(store);
    await revert(store, names.length);
    const left: unknown[] = await store.query(
      `SELECT c.relname FROM pg_class AS c WHERE c.relnamespace = 'signalbox'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'migration'`,
    );
    expect(left).toEqual([]);
    expect(await migrate(store)).toEqual(names);
    expect(await describeSchema(store)).toEqual(first);
  } finally {
    await store.destroy();
  }
});

test('processes that migrate at the same moment do it once', async () => {
  const url = await server.createDatabase();
  const stores = await Promise.all([1, 2, 3].map(() => createDataSource({ url }).initialize()));
  try {
    const ran = await Promise.all(stores.map(migrate));
    expect(ran.map((names) => names.length > 0).filter(Boolean)).toHaveLength(1);
  } finally {
    await Promise.all(stores.map((store) => store.destroy()));
  }
});

import { randomUUID } from 'node:crypto';
import { type DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { digestApiKey, generateApiKey } from '#libs/platform/auth/api-key';
import { authenticate } from '#libs/platform/auth/authenticate';
import { FIRST_ADMIN_ID } from '#libs/store/accounts/account';
import { Accounts } from '#libs/store/accounts/accounts';
import { createDataSource, migrate, revert } from '#libs/store/data-source';
import { ApiKeys } from '#libs/store/keys/api-keys';
import { ensureFirstKey } from '../../apps/control/keys/first-key.ts';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';

const ACCOUNTS_MIGRATION = 'Accounts1795219200011';
const OPERATORS_KEY = 'the-key-that-the-operator-chose-before';

let postgres: TestPostgres;
let store: DataSource;
beforeAll(async () => {
  postgres = await startPostgres();
  store = await createDataSource({ url: await postgres.createDatabase() }).initialize();
});
afterAll(async () => {
  await store?.destroy();
  await postgres?.stop();
});

/** As the version before wrote a key. */
async function insertAsBefore(key: string, scopes: string[]): Promise<string> {
  const id = randomUUID();
  const { prefix, salt, hash } = digestApiKey(key);
  await store.query('INSERT INTO signalbox.api_key (id, prefix, salt, hash, name, scopes, created_at) VALUES ($1, $2, $3, $4, $5, $6, now())', [id, prefix, Buffer.from(salt), Buffer.from(hash), 'before', scopes]);
  return id;
}

it('keys of the version before go on, that of the operator as the first administrator', async () => {
  const names = await migrate(store);
  await revert(store, names.length - names.indexOf(ACCOUNTS_MIGRATION));
  const application = generateApiKey();
  const adminKey = generateApiKey();
  const applicationId = await insertAsBefore(application, ['inference']);
  const adminId = await insertAsBefore(adminKey, ['inference', 'read', 'traces', 'admin']);
  await insertAsBefore(OPERATORS_KEY, ['inference', 'read', 'traces', 'admin']);

  expect(await migrate(store)).toContain(ACCOUNTS_MIGRATION);
  const keys = new ApiKeys(store);
  const ports = { keys, accounts: new Accounts(store) };
  expect(await ensureFirstKey(ports, OPERATORS_KEY, Date.now())).toEqual({ reason: 'given-key-known', generated: null });
  const who = async (key: string) => {
    const result = await authenticate(`Bearer ${key}`, keys, Date.now());
    return result.ok ? result.principal : result.reason;
  };
  expect(await who(application)).toMatchObject({ accountId: `key:${applicationId}`, permissions: ['inference'], tenant: null });
  expect(await who(adminKey)).toMatchObject({ accountId: `key:${adminId}`, permissions: expect.arrayContaining(['traces', 'administer']) });
  expect(await who(OPERATORS_KEY)).toMatchObject({ accountId: FIRST_ADMIN_ID, permissions: expect.arrayContaining(['traces', 'administer']) });

  // The version before still runs on this schema: it knows none of the new columns.
  const late = generateApiKey();
  const lateId = await insertAsBefore(late, ['read']);
  expect(await who(late)).toMatchObject({ accountId: `key:${lateId}`, permissions: ['read'] });
  // And a second start changes nothing.
  const before: unknown = await store.query('SELECT id, account_id FROM signalbox.api_key ORDER BY id');
  await ensureFirstKey(ports, OPERATORS_KEY, Date.now());
  expect(await store.query('SELECT id, account_id FROM signalbox.api_key ORDER BY id')).toEqual(before);
  expect(await store.query('SELECT count(*)::int AS count FROM signalbox.account')).toEqual([{ count: 1 }]);
});

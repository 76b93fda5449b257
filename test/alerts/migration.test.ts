import { afterAll, beforeAll, expect, it } from 'vitest';
import { type DataSource } from 'typeorm';
import { SIGNALS } from '#libs/detection/reading/reading';
import { migrate, revert } from '#libs/store/data-source';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { openStore, RELEASE, saveRelease } from '../store/store.fixture.ts';
import { runRound, saveReadings } from './alert-fixture.ts';

let postgres: TestPostgres;
let dataSource: DataSource;

beforeAll(async () => {
  postgres = await startPostgres();
  dataSource = await openStore(await postgres.createDatabase());
});
afterAll(async () => {
  await dataSource?.destroy();
  await postgres?.stop();
});

const tables = async (): Promise<readonly string[]> =>
  (await dataSource.query(`SELECT table_name FROM information_schema.tables WHERE table_schema = 'signalbox' AND (table_name LIKE 'alert%' OR table_name IN ('silence', 'notification_policy')) ORDER BY 1`)).map(({ table_name: name }: { table_name: string }) => name);
const count = async (table: string): Promise<number> => (await dataSource.query(`SELECT count(*)::int AS n FROM signalbox.${table}`))[0].n;

it('goes down with rows in every table, and up again on a database that has rows of before', async () => {
  await saveRelease(dataSource, RELEASE, Date.now());
  const nowMs = Date.now();
  await dataSource.query(`UPDATE signalbox.alert_rule SET document = jsonb_set(document, '{actions}', '[{"kind": "abort-canary"}]') WHERE id = 'mix-shift'`);
  await saveReadings(dataSource, [{ signal: 'mix-shift', labels: { model: 'toy', release: RELEASE, layer: '0' }, atMs: nowMs, value: 1, interval: null, alarm: true, evidence: 9, detail: {} }]);
  await runRound(dataSource, nowMs);
  await dataSource.query(`INSERT INTO signalbox.silence VALUES (gen_random_uuid(), '[]', 'c', now(), now(), 'a', now())`);
  await dataSource.query(`INSERT INTO signalbox.notification_policy VALUES (1, '{}', 1, 'a', now())`);
  await dataSource.query(`INSERT INTO signalbox.alert_group VALUES ('r', 'g', '{}', '{}', now(), NULL, '[]')`);
  const all = await tables();
  expect(all).toEqual(['alert', 'alert_action', 'alert_episode', 'alert_group', 'alert_rule', 'notification_policy', 'silence']);
  for (const table of all) expect(await count(table), table).toBeGreaterThan(0);

  const names: { name: string }[] = await dataSource.query('SELECT name FROM signalbox.migration ORDER BY id');
  const steps = names.length - names.findIndex(({ name }) => name.startsWith('Alerts'));
  await revert(dataSource, steps);
  expect(await tables()).toEqual([]);
  expect(await count('release')).toBe(1);
  expect(await migrate(dataSource)).toHaveLength(steps);
  expect(await tables()).toEqual(all);
  expect(await count('alert_rule')).toBe(SIGNALS.length);
});

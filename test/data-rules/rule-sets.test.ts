import { type DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, afterEach, expect, test } from 'vitest';
import { type DataRule, ruleSetDigest } from '#libs/governance/data-rules/rule-set';
import { revert, migrate } from '#libs/store/data-source';
import { RuleSetDamagedError, RuleSets, writeRuleSet } from '#libs/store/data-rules/rule-sets';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { batchOf, captured, openStore, random, randomTrace, RELEASE, saveRelease, writerOf } from '../store/store.fixture.ts';

const NOW = Date.parse('2026-03-10T12:00:00Z');
const deny = (tenant: string): DataRule => ({ id: `no-${tenant}`, expert: 'expert/0/1', effect: 'deny', tenants: [tenant] });

let server: TestPostgres;
let store: DataSource;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());
beforeEach(async () => {
  store = await openStore(await server.createDatabase());
});
afterEach(() => store.destroy());

const write = (rules: readonly DataRule[], expectedGeneration: number, model = 'toy') =>
  store.transaction((manager) => writeRuleSet(manager, { model, rules, expectedGeneration, atMs: NOW + expectedGeneration, by: 'user:1' }));

test('each write is the next generation, and the history keeps them all', async () => {
  expect(await new RuleSets(store).current('toy')).toBeNull();
  expect(await write([deny('a')], 0)).toEqual({ outcome: 'written', ruleSet: { model: 'toy', generation: 1, rules: [deny('a')], digest: ruleSetDigest('toy', 1, [deny('a')]) } });
  expect(await write([], 1)).toMatchObject({ outcome: 'written', ruleSet: { generation: 2 } });
  expect(await write([deny('a')], 2)).toMatchObject({ outcome: 'written', ruleSet: { generation: 3 } });
  expect(await write([deny('b')], 0, 'other')).toMatchObject({ outcome: 'written' });
  const sets = new RuleSets(store);
  expect(await sets.current('toy')).toMatchObject({ generation: 3, rules: [deny('a')], writtenAtMs: NOW + 2, writtenBy: 'user:1' });
  expect((await sets.history('toy', 2)).map(({ generation }) => generation)).toEqual([3, 2]);
  expect((await sets.history('toy', 9, 2)).map(({ generation }) => generation)).toEqual([1]);
  expect(await sets.byDigest(ruleSetDigest('toy', 1, [deny('a')]))).toMatchObject({ generation: 1 });
  expect((await sets.heads()).map(({ model, generation }) => [model, generation])).toEqual([['other', 1], ['toy', 3]]);
});

test('of writers that saw the same generation one wins, and one that saw another is stale', async () => {
  const outcomes = await Promise.all(Array.from({ length: 6 }, (_, at) => write([deny(`t${at}`)], 0)));
  expect(outcomes.filter(({ outcome }) => outcome === 'written')).toHaveLength(1);
  expect(await write([], 0)).toEqual({ outcome: 'stale' });
  expect(await write([], 5)).toEqual({ outcome: 'stale' });
  expect((await new RuleSets(store).history('toy', 9)).map(({ generation }) => generation)).toEqual([1]);
});

test('a generation can be neither altered nor deleted, and one altered all the same is not used', async () => {
  await write([deny('a')], 0);
  await expect(store.query(`UPDATE signalbox.data_rule_set SET rules = '[]'`)).rejects.toThrow(/never altered/);
  await expect(store.query(`DELETE FROM signalbox.data_rule_set`)).rejects.toThrow(/never altered/);
  await expect(store.query(`TRUNCATE signalbox.data_rule_set`)).rejects.toThrow(/never altered/);
  await store.query(`ALTER TABLE signalbox.data_rule_set DISABLE TRIGGER data_rule_set_kept`);
  await store.query(`UPDATE signalbox.data_rule_set SET rules = '[]'`);
  await expect(new RuleSets(store).current('toy')).rejects.toThrow(RuleSetDamagedError);
});

test('the migration keeps the traces of the version before, and takes its writes', async () => {
  await saveRelease(store, RELEASE, NOW);
  const own = store.migrations.findIndex(({ name }) => name === 'DataRules1795219200016');
  await revert(store, store.migrations.length - own);
  const before = captured(randomTrace(random(1), 2), NOW);
  const [columns] = await store.query(`SELECT count(*)::int AS n FROM information_schema.columns WHERE table_schema = 'signalbox' AND table_name = 'trace'`);
  expect(columns).toEqual({ n: 12 });
  await store.query(
    `CREATE TABLE signalbox.trace_20260310 PARTITION OF signalbox.trace FOR VALUES FROM ('2026-03-10') TO ('2026-03-11')`,
  );
  const insertOld = (id: string) =>
    store.query(
      `INSERT INTO signalbox.trace (at, release, segment, prompt_tokens, completion_tokens, routed_tokens, queue_ms, ttft_ms, duration_ms, request_id, status, trace)
       VALUES ('2026-03-10T12:00:00Z', 1, 0, 2, 1, 2, 0, NULL, 5, $1, 0, '\\x01')`,
      [id],
    );
  await insertOld(before.write.record.requestId);
  await migrate(store);
  await insertOld('00112233-4455-4677-8899-aabbccddee00');
  await writerOf(store).write(batchOf([captured(randomTrace(random(2), 3), NOW, { rules: { digest: 'ab'.repeat(32), maskedExperts: 1, ruleIds: [], labels: { region: '', dataClass: '', licence: '' } } })], NOW));
  expect(await store.query(`SELECT masked_experts, rules_digest IS NULL AS none FROM signalbox.trace ORDER BY masked_experts NULLS FIRST`)).toEqual([
    { masked_experts: null, none: true }, { masked_experts: null, none: true }, { masked_experts: 1, none: false },
  ]);
});

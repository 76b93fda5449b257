import { randomUUID } from 'node:crypto';
import { type DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TracePartitions } from '#libs/store/capture/partitions';
import { DEFAULT_RETENTION } from '#libs/store/retention/plan-retention';
import { Retention } from '#libs/store/retention/retention';
import { type ShadowComparison, ShadowComparisons } from '#libs/store/rollouts/shadow-comparisons';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { openStore } from '../store/store.fixture.ts';

let server: TestPostgres;
let store: DataSource;

beforeAll(async () => {
  server = await startPostgres();
  store = await openStore(await server.createDatabase());
});
afterAll(async () => {
  await store?.destroy();
  await server?.stop();
});

const comparison = (fields: Partial<ShadowComparison> = {}): ShadowComparison => ({
  model: 'toy', stable: 'a'.repeat(64), shadow: 'b'.repeat(64), requestId: randomUUID(), atMs: Date.parse('2026-06-01T12:00:00.123Z'), tokens: 12,
  meanLogLikelihoodDifference: 0.25, meanKlBits: 0.5, argmaxDisagreement: 0.125, decisionDisagreement: [0, 0.5, 1], ...fields,
});

it('keeps what was compared, once for each request and shadow', async () => {
  const comparisons = new ShadowComparisons(store);
  const rows = Array.from({ length: 1203 }, () => comparison());
  await comparisons.insert(rows);
  await comparisons.insert([{ ...rows[0]!, argmaxDisagreement: 1 }]);
  const [first] = await store.query(`SELECT * FROM signalbox.shadow_comparison WHERE request_id = $1`, [rows[0]!.requestId]);
  expect(first).toMatchObject({ tokens: 12, argmax_disagreement: 0.125, mean_kl_bits: 0.5, decision_disagreement: [0, 0.5, 1], at: new Date(rows[0]!.atMs) });
  const [{ count }] = await store.query(`SELECT count(*)::int AS count FROM signalbox.shadow_comparison`);
  expect(count).toBe(rows.length);
});

it('refuses a figure that is no number, and writes none of the rows then', async () => {
  const good = comparison();
  await expect(new ShadowComparisons(store).insert([good, comparison({ meanKlBits: Number.NaN })])).rejects.toThrow(/meanKlBits/);
  expect(await store.query(`SELECT 1 FROM signalbox.shadow_comparison WHERE request_id = $1`, [good.requestId])).toEqual([]);
});

it('keeps comparisons for as long as traces', async () => {
  const nowMs = Date.parse('2026-06-20T12:00:00Z');
  const [old, young] = [comparison({ atMs: nowMs - 8 * 86_400_000 }), comparison({ atMs: nowMs - 3_600_000 })];
  await new ShadowComparisons(store).insert([old, young]);
  await new Retention(store, new TracePartitions(store), DEFAULT_RETENTION).run(nowMs);
  expect(await store.query(`SELECT request_id FROM signalbox.shadow_comparison`)).toEqual([{ request_id: young.requestId }]);
});

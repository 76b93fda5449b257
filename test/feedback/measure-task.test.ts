import { randomUUID } from 'node:crypto';
import { type DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadConfig } from '#libs/platform/config/config';
import { createLogger } from '#libs/platform/logs/logger';
import { renderMetrics } from '#libs/platform/telemetry/metrics';
import { TraceSealer } from '#libs/record/seal';
import { Readings } from '#libs/store/detection/readings';
import { ExpertFigures } from '#libs/store/figures/expert-figures';
import { LOCKS } from '#libs/store/locks';
import { ReleaseOutlines } from '#libs/store/releases/release-outlines';
import { underSessionLock } from '#libs/store/session-lock';
import { UsageReader } from '#libs/store/usage/usage-reader';
import { storedMeasurePorts } from '../../apps/watch/measure/measure-ports.ts';
import { MeasureTask } from '../../apps/watch/measure/measure-task.ts';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { until } from '../harness/until.ts';
import { batchOf, captured, openStore, random, randomTrace, RELEASE, saveRelease, writerOf } from '../store/store.fixture.ts';

const WAIT_MS = 120_000;

let server: TestPostgres;
let store: DataSource;

beforeAll(async () => {
  server = await startPostgres();
  store = await openStore(await server.createDatabase());
  await saveRelease(store, RELEASE, Date.now());
  const next = random(3);
  await writerOf(store).write(batchOf(Array.from({ length: 50 }, () => captured(randomTrace(next, 20), Date.now() - 60_000)), Date.now()));
});
afterAll(async () => {
  await store?.destroy();
  await server?.stop();
});

function task(): MeasureTask {
  const sealer = new TraceSealer({ current: Buffer.alloc(32, 7) });
  const ports = storedMeasurePorts(store, new UsageReader(store), new ExpertFigures(store, new ReleaseOutlines(store)), sealer, Date.now);
  const config = loadConfig({ SIGNALBOX_MEASURE_INTERVAL_MS: '1000' });
  return new MeasureTask(ports, { config, databaseUrl: '', queueUrl: '', logger: createLogger({ level: 'silent', role: 'watch', readable: false, destination: process.stderr }), now: Date.now });
}

const readings = (): Promise<readonly { atMs: number }[]> => new Readings(store).current({ signals: ['collapse'] }, 100);

it('measures again and again while no other process does, shows it at /metrics, and deletes old feedback', async () => {
  await store.query(`INSERT INTO signalbox.feedback (id, request_id, tenant, score, given_by, at) VALUES ($1, $1, '', 1, 'user:ann', now() - interval '91 days')`, [randomUUID()]);
  const one = task();
  const outcome = await underSessionLock(store, LOCKS.measurement, {}, async () => {
    one.start();
    await until(async () => (await renderMetrics()).includes('signalbox_measure_errors_total 0'), WAIT_MS);
    expect(await readings()).toEqual([]);
  });
  expect(outcome.held).toBe(true);
  await until(async () => (await readings()).length > 0, WAIT_MS);
  const [first] = await readings();
  await until(async () => ((await readings())[0]?.atMs ?? 0) > first!.atMs, WAIT_MS);
  const text = await renderMetrics();
  expect(text).toContain(`signalbox_routing_entropy_shannons{model="toy",release="${RELEASE.slice(0, 12)}",layer="0"`);
  expect(text).toMatch(/signalbox_routing_effective_experts_ratio\{[^}]*\} 0\.9/);
  expect(text.match(/signalbox_routing_expert_load_ratio\{/g)).toHaveLength(3 * 4);
  expect(text).toMatch(/signalbox_measure_duration_seconds_count(\{[^}]*\})? [1-9]/);
  expect(text).toContain('signalbox_measure_errors_total 0');
  expect(await store.query('SELECT id FROM signalbox.feedback')).toEqual([]);
  // A release that serves no more is not shown with the figures that it last had.
  await store.query('DELETE FROM signalbox.activation');
  await until(async () => (await renderMetrics()).includes(`signalbox_routing_entropy_shannons{model="toy",release="${RELEASE.slice(0, 12)}",layer="0"} NaN`), WAIT_MS);
  await one.stop();
});

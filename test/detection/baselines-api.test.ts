import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from '#libs/platform/config/config';
import { createLogger } from '#libs/platform/logs/logger';
import { followTask } from '../../apps/watch/follow/follow-parts.ts';
import { type FollowTask } from '../../apps/watch/follow/follow-task.ts';
import { AccessHouse, type Answer, type CallOptions } from '../access/access-house.ts';
import { until } from '../harness/until.ts';
import { LAYERS, RELEASE } from '../store/store.fixture.ts';
import { RecordedTraffic, routerTable } from './recorded-traffic.ts';

const TABLE = routerTable(1);
const house = new AccessHouse();
let home: string;
let task: FollowTask;
let traffic: RecordedTraffic;

beforeAll(async () => {
  await house.start();
  home = mkdtempSync(join(tmpdir(), 'signalbox-baselines-'));
  traffic = new RecordedTraffic(house.dataSource, 3, house.traceKey);
  await traffic.write(traffic.requests(1500, { table: TABLE }));
  const config = loadConfig({ SIGNALBOX_HOME: home, SIGNALBOX_TRACE_KEY: house.traceKey.toString('base64'), SIGNALBOX_BASELINE_REQUESTS: '0' });
  task = followTask(house.dataSource, { config, logger: createLogger({ level: 'warn', role: 'watch', readable: false, destination: process.stderr }), now: Date.now }, { idleMs: 20, upkeepMs: 50 });
  task.start();
});
afterAll(async () => {
  await task?.stop();
  await house.stop();
  rmSync(home, { recursive: true, force: true });
});

const post = (path: string, body: unknown, options: CallOptions = {}): Promise<Answer> => house.call(`/api/v1${path}`, { method: 'POST', body, ...options });
const get = (path: string): Promise<Answer> => house.call(`/api/v1${path}`);
const adopt = (id: string, generation: number, key = house.admin): Promise<Answer> => post(`/baselines/${id}/adopt`, { reason: 'steady traffic' }, { key, headers: { 'if-match': `"${generation}"` } });

async function freeze(body: object, key = house.admin): Promise<Answer['body']> {
  const made = await post('/baselines', { model: 'toy', requests: 1400, ...body }, { key });
  expect(made.status, JSON.stringify(made.body)).toBe(202);
  expect(made.body).toMatchObject({ state: 'freezing', release: RELEASE, layers: LAYERS, inForce: false });
  await until(async () => (await get(`/baselines/${made.body.id}`)).body.state !== 'freezing', 120_000);
  return (await get(`/baselines/${made.body.id}`)).body;
}

test('a baseline is frozen, adopted by its tag, and then watched against; what does not suffice says why', async () => {
  const small = await freeze({ segments: [{ task: 'chat' }] });
  expect(small).toMatchObject({ state: 'failed', note: expect.stringContaining('1000 are needed') });
  const one = await freeze({ mixBySegment: 'task' });
  expect(one).toMatchObject({ state: 'ready', requests: 1400, layersDone: LAYERS, threshold: 1520 * 30 * 2 * LAYERS, note: expect.stringContaining('5000 are better') });
  const wrong = await adopt(one.id, 7);
  expect([wrong.status, wrong.body.code, wrong.body.field]).toEqual([412, 'baseline_changed', 'if-match']);
  const adopted = await adopt(one.id, 1);
  expect([adopted.status, adopted.headers.get('etag'), adopted.body.inForce, adopted.body.adoptedReason]).toEqual([200, '"2"', true, 'steady traffic']);
  expect((await adopt(small.id, 1)).body.code).toBe('baseline_not_ready');
  expect((await post(`/baselines/${one.id}/cancel`, undefined)).body.code).toBe('baseline_ended');
  expect((await get('/baselines?limit=1')).body.items[0].id).toBe(one.id);

  await traffic.write(traffic.requests(60, { table: TABLE }));
  await until(async () => (await get('/readings')).body.items.length === 2 * LAYERS, 120_000);
  const seen: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { body }: Answer = await get(`/readings?limit=4${cursor === '' ? '' : `&cursor=${cursor}`}`);
    seen.push(...body.items.map((reading: { signal: string; labels: { layer: string } }) => `${reading.signal} ${reading.labels.layer}`));
    cursor = body.nextCursor;
  }
  expect(seen).toEqual(['mix-shift', 'router-shift'].flatMap((signal) => ['0', '1', '2'].map((layer) => `${signal} ${layer}`)));
  expect((await get('/readings?signal=mix-shift&layer=1')).body.items).toMatchObject([{ alarm: false, baselineId: one.id }]);
  expect((await get('/readings/history?signal=mix-shift&layer=1')).body.items.length).toBeGreaterThan(0);
  await until(async () => (await get('/detection')).body.behindRequests === 0, 120_000);
  const { body } = await get('/detection');
  expect(body).toMatchObject({ isRunning: true, models: [{ model: 'toy', status: 'Watched.', releases: [{ release: RELEASE, role: 'stable', baselineId: one.id, isOwnBaseline: true, streams: LAYERS, alarms: 0 }] }] });
});

test('where changes need another person, so does a baseline', async () => {
  const [first, second] = await Promise.all([house.account(['operator']), house.account(['operator'])]);
  const one = await freeze({}, first.key);
  await house.call('/api/v1/models/toy/governance', { method: 'PUT', headers: { 'if-match': '"0"' }, body: { mode: 'required', reason: 'from now on' } });
  await house.dataSource.query(`INSERT INTO signalbox.governance_mode (model, mode, generation, updated_at, updated_by) VALUES ('toy', 'required', 1, now(), 'system') ON CONFLICT (model) DO NOTHING`);
  const own = await adopt(one.id, 1, first.key);
  expect([own.status, own.body.code]).toEqual([403, 'own_baseline']);
  expect(own.body.detail).toContain('another account');
  expect((await adopt(one.id, 1, second.key)).status).toBe(200);
  const entries: { reason: string; before: unknown; after: unknown; actor: string }[] = await house.dataSource.query(`SELECT reason, before, after, actor FROM signalbox.audit_entry WHERE action = 'baseline.adopt' ORDER BY seq DESC LIMIT 1`);
  expect(entries).toMatchObject([{ reason: 'steady traffic', after: { baseline: one.id }, actor: second.id }]);
});

test('a freeze can be cancelled, and goes on after a restart', async () => {
  await task.stop();
  const stopped = await post('/baselines', { model: 'toy', requests: 1400 });
  expect((await post(`/baselines/${stopped.body.id}/cancel`, undefined)).body.state).toBe('cancelled');
  const waiting = await post('/baselines', { model: 'toy', requests: 1400 });
  expect((await get(`/baselines/${waiting.body.id}`)).body.state).toBe('freezing');
  // As a watch leaves it that ended between two layers.
  const bytes = await house.dataSource.query(`SELECT bytes FROM signalbox.baseline_layer WHERE layer = 0 LIMIT 1`);
  await house.dataSource.query(`INSERT INTO signalbox.baseline_layer (baseline, layer, segment_key, requests, bytes) VALUES ($1, 0, '', 1400, $2)`, [waiting.body.id, bytes[0].bytes]);
  const config = loadConfig({ SIGNALBOX_HOME: home, SIGNALBOX_TRACE_KEY: house.traceKey.toString('base64'), SIGNALBOX_BASELINE_REQUESTS: '0' });
  task = followTask(house.dataSource, { config, logger: createLogger({ level: 'warn', role: 'watch', readable: false, destination: process.stderr }), now: Date.now }, { idleMs: 20, upkeepMs: 50 });
  task.start();
  await until(async () => (await get(`/baselines/${waiting.body.id}`)).body.state === 'ready', 120_000);
  const layers: { layer: number; same: boolean }[] = await house.dataSource.query('SELECT layer, bytes = $2 AS same FROM signalbox.baseline_layer WHERE baseline = $1 ORDER BY layer', [waiting.body.id, bytes[0].bytes]);
  expect(layers).toEqual([{ layer: 0, same: true }, { layer: 1, same: false }, { layer: 2, same: false }]);
  expect((await post('/baselines', { model: 'nothing' })).body.code).toBe('model_not_found');
  expect((await post('/baselines', { model: 'toy', from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' })).body.field).toBe('from');
});

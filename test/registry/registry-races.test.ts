import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeTensorHeader } from '#libs/release/tensor-file-layout';
import { expertSetDigest, routerSetDigest } from '#libs/release/component-sets';
import { type ReleaseManifest } from '#libs/release/manifest';
import { createDataSource, migrate, revert } from '#libs/store/data-source';
import { LOCKS } from '#libs/store/locks';
import { COMPOSED, saveRelease } from '#libs/store/releases/releases';
import { ReleaseSets } from '#libs/store/releases/release-sets';
import { underSessionLock } from '#libs/store/session-lock';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { until } from '../harness/until.ts';
import { RegistryHouse } from './registry-house.ts';

let house: RegistryHouse;
let other: TestPostgres;

beforeAll(async () => {
  [house, other] = await Promise.all([RegistryHouse.open(), startPostgres()]);
});
afterAll(async () => {
  await house?.close();
  await other?.stop();
});

/** An expert of the demo model's shape with random weights below 1. */
function randomExpert(): Uint8Array {
  const { bytes, fileBytes } = encodeTensorHeader([{ name: 'gate_proj', shape: [320, 256] }, { name: 'up_proj', shape: [320, 256] }, { name: 'down_proj', shape: [256, 320] }].map((spec) => ({ ...spec, dtype: 'F16' as const })));
  // Random bytes, but for a bit of each exponent: what is left is finite.
  const file = Uint8Array.from(randomBytes(fileBytes), (byte, at) => (at % 2 === 1 ? byte & 0xbb : byte));
  file.set(bytes);
  return file;
}

it('a deletion and a release that wants the same version at once: one of them wins, and no row lacks its file', async () => {
  const base = (await house.importDemo()).releaseId!;
  const outcomes = new Set<string>();
  for (let round = 0; round < 12; round += 1) {
    const bytes = randomExpert();
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect((await house.upload(bytes, { kind: 'expert' })).body.state).toBe('finished');
    const compose = () => house.call('/releases', { method: 'POST', body: { base, replace: { 'expert/0/0': sha256 } } });
    const remove = () => house.call(`/components/${sha256}`, { method: 'DELETE' });
    // Who goes first differs from round to round.
    const [first, second] = await Promise.all(round % 2 === 0 ? [compose(), remove()] : [remove(), compose()]);
    const [composed, removed] = round % 2 === 0 ? [first, second] : [second, first];
    expect([[201, 409], [404, 204], [409, 204]]).toContainEqual([composed.status, removed.status]);
    outcomes.add(`${composed.status}`);
    const there = await house.call(`/components/${sha256}`);
    expect([there.status, existsSync(house.pathOf(sha256))]).toEqual(composed.status === 201 ? [200, true] : [404, false]);
  }
  expect(outcomes.size).toBeGreaterThan(0);
});

it('a composed release brings no versions: without one of them nothing is saved', async () => {
  const releaseId = 'a'.repeat(64);
  const manifest = { model: 'composed', routing: {}, components: { 'router/0': 'b'.repeat(64) } } as unknown as ReleaseManifest;
  const save = house.dataSource.transaction((manager) => saveRelease(manager, { releaseId, model: 'composed', manifest, importedFrom: COMPOSED, createdAtMs: Date.now(), sizesBytes: { ['b'.repeat(64)]: 1 } }));
  await expect(save).rejects.toThrow(/components\.router\/0.*no version b{64}/);
  expect((await house.call(`/releases/${releaseId}`)).status).toBe(404);
  expect((await house.call(`/components/${'b'.repeat(64)}`)).status).toBe(404);
});

it('imports of several processes go one after the other, and one that is cancelled while it waits lets go', async () => {
  const held: string[] = [];
  // Asking for the lock to see whether it is held could take it first.
  let letGo: (() => void) | null = null;
  const elsewhere = underSessionLock(house.dataSource, LOCKS.imports, {}, () => new Promise<void>((resolve) => (letGo = resolve)));
  await until(() => letGo !== null, 120_000);
  const waiting = house.importDemo('another').then((job) => held.push(job.state));
  const underWay = async () => (await house.get('listImports', '/imports')).items.filter(({ state }) => state === 'queued' || state === 'running');
  await until(async () => (await underWay()).length === 1, 120_000, () => 'the import does not wait');
  const { body: cancelled } = await house.call('/imports', { method: 'POST', body: { directory: house.home, model: 'x' } });
  expect((await house.call(`/imports/${cancelled.id}`, { method: 'DELETE' })).body.state).toBe('cancelled');
  expect(await underWay()).toHaveLength(1);
  expect(held).toEqual([]);
  letGo!();
  await elsewhere;
  await waiting;
  expect(held).toEqual(['succeeded']);
});

it('imports of one moment are listed once each, page by page', async () => {
  for (const digit of ['a', 'b', 'c']) {
    await house.dataSource.query(`INSERT INTO signalbox.import_job (id, directory, model, status, created_at, finished_at) VALUES ($1, '/x', 'x', 'failed', '2020-01-01T00:00:00Z', now())`, [`0197280f-6000-7000-8000-00000000000${digit}`]);
  }
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof house.get<'listImports'>>> = await house.get('listImports', `/imports?limit=1${cursor ? `&cursor=${cursor}` : ''}`);
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor);
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen.slice(-3).map((id) => id.at(-1))).toEqual(['c', 'b', 'a']);
});

it('a process that starts while another imports leaves that import alone', async () => {
  await house.dataSource.query(`INSERT INTO signalbox.import_job (id, directory, model, status, created_at) VALUES ('0197280f-6000-7000-8000-000000000009', '/x', 'x', 'running', now())`);
  const job = async (): Promise<string> => (await house.get('getImport', '/imports/0197280f-6000-7000-8000-000000000009')).state;
  await underSessionLock(house.dataSource, LOCKS.imports, {}, () => house.restart());
  expect(await job()).toBe('running');
  await house.restart();
  expect(await job()).toBe('failed');
});

it('takes releases of an earlier version over, and lets that version write beside it', async () => {
  const store = await createDataSource({ url: await other.createDatabase() }).initialize();
  try {
    const all = await migrate(store);
    await revert(store, all.length - all.indexOf('Registry1795219200012'));
    const release = (id: string): [string, ReleaseManifest] => [id.repeat(64), { model: 'toy', routing: { gating: 'softmax-topk', topK: 2, normalise: true }, components: { 'router/0': id.repeat(64), 'expert/0/0': 'e'.repeat(64) } } as unknown as ReleaseManifest];
    const insert = async ([id, manifest]: [string, ReleaseManifest]): Promise<void> => {
      await store.query('INSERT INTO signalbox.release (id, model, manifest, imported_from, created_at) VALUES ($1, $2, $3, $4, now())', [id, 'toy', JSON.stringify(manifest), '/m']);
      await store.query('INSERT INTO signalbox.component_version (sha256, kind, size_bytes, created_at) VALUES ($1, $2, 1, now()) ON CONFLICT DO NOTHING', [manifest.components['router/0'], 'router']);
    };
    await insert(release('a'));
    await store.query(`INSERT INTO signalbox.import_job (id, directory, model, status, created_at) VALUES ('0197280f-6000-7000-8000-000000000001', '/m', 'toy', 'succeeded', now())`);
    await migrate(store);
    await insert(release('b'));
    const sets = new ReleaseSets(store);
    expect(await sets.fill()).toBe(2);
    expect(await sets.fill()).toBe(0);
    const rows: { id: string; router_set: string; expert_set: string }[] = await store.query('SELECT id, router_set, expert_set FROM signalbox.release ORDER BY id');
    expect(rows).toEqual(['a', 'b'].map((id) => ({ id: id.repeat(64), router_set: routerSetDigest(release(id)[1]), expert_set: expertSetDigest(release(id)[1]) })));
    expect((await sets.list('expert', { model: 'toy', after: null, limit: 10 })).map(({ releases }) => releases)).toEqual([2]);
    await revert(store, all.length - all.indexOf('Registry1795219200012'));
    expect(await store.query('SELECT count(*)::int AS n FROM signalbox.release')).toEqual([{ n: 2 }]);
  } finally {
    await store.destroy();
  }
});

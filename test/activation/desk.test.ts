import { randomUUID } from 'node:crypto';
import { type DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { expertSetDigest, routerSetDigest } from '#libs/release/component-sets';
import { composeManifest } from '#libs/release/compose-manifest';
import { releaseIdOf } from '#libs/release/manifest-digest';
import { ActivationHistory } from '#libs/store/activation/activation-history';
import { Activations } from '#libs/store/activation/activations';
import { Protections } from '#libs/store/protection/protections';
import { ProtectionGuard } from '../../apps/control/protection/protection-guard.ts';
import { Recalls } from '#libs/store/activation/recalls';
import { AuditLog } from '#libs/store/audit/audit-log';
import { migrate, revert } from '#libs/store/data-source';
import { type ActivationDesk } from '../../apps/control/models/activation-desk.ts';
import { RecallDesk } from '../../apps/control/recall/recall-desk.ts';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { openStore } from '../store/store.fixture.ts';
import { ANN, BOB, deskOf, readBooks, saveToy, toyManifest } from './activation.fixture.ts';

let server: TestPostgres;
let store: DataSource;
let desk: ActivationDesk;
let recalls: RecallDesk;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());
beforeEach(async () => {
  store = await openStore(await server.createDatabase());
  desk = deskOf(store);
  recalls = new RecallDesk(new Recalls(store), { now: Date.now }, new ProtectionGuard(new Protections(store), { now: Date.now }));
  return () => store.destroy();
});

const by = (caller = ANN, expectedGeneration?: number) => ({ caller, reason: null, cause: 'direct' as const, ...(expectedGeneration === undefined ? {} : { expectedGeneration }) });
const stable = async (): Promise<string | undefined> => (await new Activations(store).find('toy'))?.stable;

it('lets one of two operators through who act at once, and tells the other who did what', async () => {
  await saveToy(store, toyManifest());
  const next = await saveToy(store, toyManifest({ experts: ['7', '4', '5', '6'] }));
  const other = await saveToy(store, toyManifest({ experts: ['8', '4', '5', '6'] }));
  for (let round = 0; round < 10; round += 1) {
    const generation = (await new Activations(store).find('toy'))?.generation ?? 0;
    const target = (await stable()) === next ? other : next;
    const results = await Promise.allSettled([
      desk.command('toy', { type: 'activate', releaseId: target }, by(ANN, generation)),
      desk.command('toy', { type: 'activate', releaseId: target }, by(BOB, generation)),
    ]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const winner = results[0]?.status === 'fulfilled' ? 'ann' : 'bob';
    const lost = results.find((result) => result.status === 'rejected');
    expect(lost?.status === 'rejected' ? lost.reason : null).toMatchObject({ status: 412, detail: expect.stringMatching(new RegExp(`"${generation + 1}".*${winner} .*did activate at`)) });
  }
  const books = await readBooks(store);
  expect([books.row?.generation, books.events.length, books.audited]).toEqual([11, 11, 10]);
});

it('writes pointer, history and audit entry together, or nothing', async () => {
  await saveToy(store, toyManifest());
  const next = await saveToy(store, toyManifest({ experts: ['7', '4', '5', '6'] }));
  const before = await readBooks(store);
  await store.query(`CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no audit'; END $$`);
  await store.query(`CREATE TRIGGER fail BEFORE INSERT ON signalbox.audit_entry FOR EACH ROW EXECUTE FUNCTION fail()`);
  await expect(desk.command('toy', { type: 'activate', releaseId: next }, by())).rejects.toThrow(/no audit/);
  expect(await readBooks(store)).toEqual(before);
});

it('tells what was in production when', async () => {
  const first = await saveToy(store, toyManifest(), 1_000);
  const second = await saveToy(store, toyManifest({ experts: ['7', '4', '5', '6'] }));
  await desk.command('toy', { type: 'activate', releaseId: second }, { ...by(), reason: 'better' });
  const history = new ActivationHistory(store);
  const all = await history.list({ model: 'toy', limit: 10, beforeGeneration: null, untilMs: null });
  expect(all.map(({ generation, command, actorName, reason, after }) => [generation, command, actorName, reason, after?.stable])).toEqual([
    [2, 'activate', 'ann', 'better', second],
    [1, 'activate', 'system', 'first release of the model', first],
  ]);
  const [then] = await history.list({ model: 'toy', limit: 1, beforeGeneration: null, untilMs: 2_000 });
  expect(then?.after?.stable).toBe(first);
  await expect(store.query(`UPDATE signalbox.activation_event SET actor = 'me'`)).rejects.toThrow(/append-only/);
  await expect(store.query(`DELETE FROM signalbox.activation_event`)).rejects.toThrow(/append-only/);
});

it('takes back the routers alone where they fit, and says what would be stranded where they do not', async () => {
  const old = toyManifest();
  const now = toyManifest({ routers: ['9', '2'], experts: ['7', '4', '5', '6'], topK: 2 });
  await saveToy(store, old);
  await desk.command('toy', { type: 'activate', releaseId: await saveToy(store, now) }, by());
  const refused = desk.command('toy', { type: 'rollback', part: 'routers' }, by());
  await expect(refused).rejects.toMatchObject({ status: 409, code: 'incompatible_parts', detail: expect.stringMatching(/strand expert\/0\/0: .*no compatibility record/) });
  const mixed = composeManifest({ base: now, routersFrom: old });
  await store.query(
    `INSERT INTO signalbox.compatibility_record (id, model, router_set, expert_set, verdict, evidence, created_at, created_by)
     VALUES ($1, 'toy', $2, $3, 'evaluated', 'swap test', now(), 'user:ann')`,
    [randomUUID(), routerSetDigest(mixed), expertSetDigest(mixed)],
  );
  const { state, reason } = await desk.command('toy', { type: 'rollback', part: 'routers' }, { ...by(), reason: 'router broke it' });
  expect([reason, state.stable, state.previous]).toEqual(['part-rolled-back', releaseIdOf(mixed), releaseIdOf(old)]);
  const [saved] = await store.query(`SELECT manifest, parent_release, kind, note FROM signalbox.release WHERE id = $1`, [state.stable]);
  expect(saved).toEqual({ manifest: mixed, parent_release: releaseIdOf(now), kind: 'router', note: 'router broke it' });
  expect((await desk.command('toy', { type: 'rollback' }, by())).state).toMatchObject({ stable: releaseIdOf(old), previous: null });
});

it('recalls a version: out of every role, blocked from selection, with an entry for each model', async () => {
  const good = await saveToy(store, toyManifest());
  const bad = await saveToy(store, toyManifest({ experts: ['7', '4', '5', '6'] }));
  const alsoBad = await saveToy(store, toyManifest({ experts: ['7', '8', '5', '6'] }));
  await desk.command('toy', { type: 'activate', releaseId: bad }, by());
  await desk.command('toy', { type: 'start-shadow', shadow: { releaseId: alsoBad, share: 1 } }, by());
  const outcome = await recalls.recall('7'.repeat(64), { caller: BOB, reason: 'leaks', force: false, cause: 'direct' });
  expect(outcome.models).toEqual([{ model: 'toy', outcome: 'stable-replaced', releaseId: good, generation: 4 }]);
  expect(await new Activations(store).find('toy')).toMatchObject({ stable: good, previous: null, canary: null, shadow: null });
  const entries = await new AuditLog(store).list(2);
  expect(entries.map(({ action, subject, actor }) => [action, subject, actor])).toEqual([
    ['activation.recall', 'model/toy', 'user:bob'],
    ['component.recall', `component/${'7'.repeat(64)}`, 'user:bob'],
  ]);
  for (const releaseId of [bad, alsoBad]) {
    await expect(desk.command('toy', { type: 'activate', releaseId }, by())).rejects.toMatchObject({ status: 409, code: 'recalled_component', detail: expect.stringContaining('expert/0/0') });
  }
  await expect(recalls.recall('7'.repeat(64), { caller: BOB, reason: 'again', force: true, cause: 'direct' })).rejects.toMatchObject({ code: 'already_recalled' });
  await expect(recalls.recall('0'.repeat(63) + '1', { caller: BOB, reason: 'x', force: true, cause: 'direct' })).rejects.toMatchObject({ status: 404 });
  const found = await new Recalls(store).find('7'.repeat(64));
  expect(found?.releases.map(({ releaseId, components }) => [releaseId, components])).toEqual(expect.arrayContaining([[bad, ['expert/0/0']], [alsoBad, ['expert/0/0']]]));
});

it('stops a model for which nothing is left only when forced, and its generations go on', async () => {
  const only = await saveToy(store, toyManifest());
  const context = { caller: BOB, reason: 'leaks', cause: 'direct' } as const;
  await expect(recalls.recall('3'.repeat(64), { ...context, force: false })).rejects.toMatchObject({ status: 409, code: 'nothing_left' });
  expect(await stable()).toBe(only);
  expect((await recalls.recall('3'.repeat(64), { ...context, force: true })).models).toEqual([{ model: 'toy', outcome: 'stopped', releaseId: null, generation: 0 }]);
  expect(await stable()).toBeUndefined();
  const clean = await saveToy(store, toyManifest({ experts: ['9', '4', '5', '6'] }));
  // Whoever imports a release does not start again what was stopped.
  expect(await stable()).toBeUndefined();
  expect((await desk.command('toy', { type: 'activate', releaseId: clean }, by(ANN, 0))).state).toMatchObject({ stable: clean, generation: 3 });
});

it('never lets a command select what is being recalled at that moment', async () => {
  await saveToy(store, toyManifest());
  for (const digit of ['7', '8', '9', 'a', 'b', 'c']) {
    const candidate = await saveToy(store, toyManifest({ experts: [digit, '4', '5', '6'] }));
    await Promise.allSettled([
      desk.command('toy', { type: 'activate', releaseId: candidate }, by()),
      recalls.recall(digit.repeat(64), { caller: BOB, reason: 'leaks', force: false, cause: 'direct' }),
      desk.command('toy', { type: 'start-shadow', shadow: { releaseId: candidate, share: 1 } }, by(BOB)),
    ]);
    const state = await new Activations(store).find('toy');
    expect([state?.stable, state?.previous, state?.shadow?.releaseId]).not.toContain(candidate);
  }
});

it('takes over the activations of an earlier version, which can go on beside it', async () => {
  const first = await saveToy(store, toyManifest(), 1_000);
  const second = await saveToy(store, toyManifest({ experts: ['7', '4', '5', '6'] }));
  const [{ steps }] = await store.query(`SELECT count(*)::int AS steps FROM signalbox.migration WHERE timestamp >= 1795219200013`);
  await revert(store, steps);
  await migrate(store);
  expect((await readBooks(store)).events).toMatchObject([{ generation: 1, after: { stable: first, generation: 1 } }]);
  // As the version before writes the pointer: it knows neither canary nor history.
  await store.query(`UPDATE signalbox.activation SET previous_release = stable_release, stable_release = $1, generation = generation + 1, updated_at = now() WHERE model = 'toy'`, [second]);
  expect((await desk.command('toy', { type: 'rollback' }, by(ANN, 2))).state).toMatchObject({ stable: first, generation: 3 });
});

it('activates the first release by itself only where an operator could', async () => {
  await store.query(`INSERT INTO signalbox.governance_mode (model, mode, generation, updated_at, updated_by) VALUES ('toy', 'required', 1, now(), 'user:ann')`);
  const first = await saveToy(store, toyManifest());
  expect(await stable()).toBeUndefined();
  await expect(desk.command('toy', { type: 'activate', releaseId: first }, by(ANN, 0))).rejects.toMatchObject({ status: 409, code: 'change_required' });
  expect((await desk.command('toy', { type: 'activate', releaseId: first }, { ...by(ANN, 0), cause: 'approved-change' })).state.stable).toBe(first);
});

import { type DataSource } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { ActivationDesk } from '../../apps/control/models/activation-desk.ts';
import { RolloutActs } from '../../apps/control/rollouts/rollout-acts.ts';
import { beginStep, startEvidence } from '#libs/governance/rollout/evidence';
import { takeIn } from '#libs/governance/rollout/take-in';
import { GovernanceModes } from '#libs/store/changes/governance-modes';
import { FeedbackStore } from '#libs/store/feedback/feedback';
import { LOCKS } from '#libs/store/locks';
import { ShadowComparisons } from '#libs/store/rollouts/shadow-comparisons';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { LAYERS, openStore } from '../store/store.fixture.ts';
import { CALLER, CANDIDATE, ERRORS, MODEL, planOf, RolloutHouse, STABLE } from './rollout-house.ts';

let server: TestPostgres;
let store: DataSource;
let house: RolloutHouse;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.stop());
beforeEach(async () => {
  store = await openStore(await server.createDatabase());
  house = new RolloutHouse(store);
  await house.saveReleases();
});
afterEach(() => store.destroy());

const step = (share: number) => ({ ...planOf().steps[0]!, share });
const activation = () => house.activations.find(MODEL);
const find = (id: string) => house.records.rollouts.find(id);

it('goes from step to step on good traffic, and promotes at the end', async () => {
  const { rollout } = await house.start({ steps: [step(0.1), step(0.5)] });
  expect(await activation()).toMatchObject({ stable: STABLE, canary: { releaseId: CANDIDATE, share: 0.1, salt: rollout.id } });
  const runner = house.runner();
  await runner.look();
  await house.record(100);
  await runner.look();
  house.nowMs += 1000;
  await runner.look();
  expect(await activation()).toMatchObject({ canary: { share: 0.5 } });
  await house.record(100);
  house.nowMs += 1000;
  await runner.look();
  expect(await activation()).toMatchObject({ stable: CANDIDATE, previous: STABLE, canary: null });
  expect(await find(rollout.id)).toMatchObject({ state: 'completed', reason: 'all-guards-passed', endedAtMs: house.nowMs });
  expect(await house.verdicts(rollout.id)).toEqual(['wait too-few-requests', 'wait baking', 'continue all-guards-passed', 'complete all-guards-passed']);
  expect((await house.records.history.steps(rollout.id)).map(({ state, share }) => [state, share])).toEqual([['passed', 0.1], ['passed', 0.5]]);
  expect(await house.audited()).toEqual([
    'user:ann activation.start-canary', 'user:ann rollout.start', 'system activation.set-canary-share', 'system rollout.continue', 'system activation.promote', 'system rollout.complete',
  ]);
  // Nothing is left that only a running rollout needs, and another one may begin.
  expect(await store.query('SELECT 1 FROM signalbox.rollout_seen')).toEqual([]);
  await expect(store.query('UPDATE signalbox.rollout_verdict SET reason = $1', ['other'])).rejects.toThrow(/append-only/);
});

it('rolls a bad candidate back by itself, and says by which guard and figures', async () => {
  const { rollout } = await house.start();
  await house.record(400, { status: 'failed' });
  await house.runner().look();
  expect(await activation()).toMatchObject({ stable: STABLE, canary: null });
  expect(await find(rollout.id)).toMatchObject({ state: 'failed', reason: 'guard-failed' });
  const [verdict] = await house.records.history.verdicts(rollout.id, 1);
  expect(verdict).toMatchObject({ verdict: 'fail', guard: 'error-rate', step: 0 });
  expect(verdict!.figures.guards[0]).toMatchObject({ candidate: 1, stable: 0, effect: 1, margin: 0.01, failsAt: 20 });
  const [entry] = await store.query(`SELECT before, after, detail FROM signalbox.audit_entry WHERE action = 'rollout.fail'`);
  expect(entry).toMatchObject({ before: { state: 'running' }, after: { state: 'failed' }, detail: { guard: 'error-rate', verdictReason: 'guard-failed' } });
});

it('watches the promoted candidate, and rolls the activation back when a guard fails then', async () => {
  const { rollout } = await house.start({ watch: { bakeMs: 10_000, minRequests: 20, maxMs: 60_000 } });
  await house.record(1200);
  house.nowMs += 1000;
  await house.runner().look();
  expect(await activation()).toMatchObject({ stable: CANDIDATE, previous: STABLE, canary: null });
  expect(await find(rollout.id)).toMatchObject({ state: 'running', step: 1 });
  house.nowMs += 5000;
  await house.record(200, { status: 'failed' });
  await house.runner().look();
  expect(await activation()).toMatchObject({ stable: STABLE, canary: null });
  expect(await find(rollout.id)).toMatchObject({ state: 'failed' });
  expect(await house.verdicts(rollout.id)).toEqual(['continue all-guards-passed', 'fail guard-failed error-rate']);
  expect((await house.audited()).slice(-2)).toEqual(['system activation.rollback', 'system rollout.fail']);
});

it('decides the same whichever process looks, how often, and after a restart; and counts nothing twice', async () => {
  const guards = [ERRORS, { kind: 'latency', measure: 'duration', quantile: 0.9, margin: 0.05 } as const, { kind: 'routing-divergence', source: 'usage', margin: 0.05 } as const];
  const { rollout } = await house.start({ guards });
  for (let n = 0; n < 6; n += 1) {
    await house.record(30, { durationMs: 30 + n }, { durationMs: 40 + n });
    house.nowMs += 100;
    await house.runner().look();
    await house.runner().look();
  }
  const seen = (await find(rollout.id))!;
  expect(seen.evidence.totals).toMatchObject({ candidate: { requests: 90 }, stable: { requests: 90 } });
  // Read anew, all at one look: the same evidence but for usage, of which each look makes a window.
  await store.query('DELETE FROM signalbox.rollout_seen');
  const { batch } = await house.records.evidence.read(seen, house.nowMs);
  const whole = takeIn(seen.plan, seen.changedExperts, beginStep(startEvidence(seen.plan, LAYERS)), batch);
  expect(JSON.parse(JSON.stringify(whole.guards.slice(0, 2)))).toEqual(seen.evidence.guards.slice(0, 2));
  expect(seen.evidence.guards[2]!.streams[0]!.interval.observations).toBeGreaterThan(0);
});

it('does all of it or nothing when a process dies between its acts', async () => {
  const { rollout } = await house.start();
  await house.record(400, { status: 'failed' });
  class Dying extends ActivationDesk {
    override async commandWithin(...order: Parameters<ActivationDesk['commandWithin']>): ReturnType<ActivationDesk['commandWithin']> {
      await super.commandWithin(...order);
      throw new Error('killed after the activation was written');
    }
  }
  const dying = house.runner((records) => new RolloutActs(records, new Dying(house.activations, new GovernanceModes(store), house.settings, house.guard)));
  await dying.look();
  expect(await activation()).toMatchObject({ canary: { releaseId: CANDIDATE } });
  expect(await find(rollout.id)).toMatchObject({ state: 'running', evidence: { totals: { candidate: { requests: 0 } } } });
  expect(await house.verdicts(rollout.id)).toEqual([]);
  await house.runner().look();
  expect(await activation()).toMatchObject({ canary: null });
  expect(await house.verdicts(rollout.id)).toEqual(['fail guard-failed error-rate']);
});

it('lets one process look at a time, and another take over', async () => {
  const { rollout } = await house.start();
  await house.record(400, { status: 'failed' });
  const other = store.createQueryRunner();
  await other.query('SELECT pg_advisory_lock($1)', [LOCKS.rollouts]);
  expect(await house.runner().look()).toBe(false);
  expect(await find(rollout.id)).toMatchObject({ state: 'running' });
  await other.query('SELECT pg_advisory_unlock($1)', [LOCKS.rollouts]);
  await other.release();
  const both = await Promise.all([house.runner().look(), house.runner().look()]);
  expect(both).toContain(true);
  expect(await house.verdicts(rollout.id)).toEqual(['fail guard-failed error-rate']);
});

it("gives way to somebody else's change, and leaves it as it is", async () => {
  const { rollout } = await house.start();
  await house.activationDesk.command(MODEL, { type: 'set-canary-share', share: 0.3 }, { caller: CALLER, reason: null, cause: 'direct' });
  await house.runner().look();
  expect(await find(rollout.id)).toMatchObject({ state: 'superseded', reason: 'share-changed' });
  expect(await house.verdicts(rollout.id)).toEqual(['end share-changed']);
  expect(await activation()).toMatchObject({ canary: { share: 0.3 } });
});

it('pauses for an expert that no token reaches, and by hand; resumes; aborts', async () => {
  const { rollout } = await house.start({ steps: [{ ...step(0.1), minTokensPerChangedExpert: 40 }] });
  const runner = house.runner();
  await runner.look();
  await house.record(200, { expert: 2 });
  house.nowMs += 60_000;
  await runner.look();
  expect(await find(rollout.id)).toMatchObject({ state: 'paused', reason: 'expert-not-reached' });
  const [verdict] = await house.records.history.verdicts(rollout.id, 1);
  expect(verdict).toMatchObject({ verdict: 'pause', figures: { missing: 'expert/0/1 took no token' } });
  expect(await activation()).toMatchObject({ canary: { share: 0.1 } });
  await expect(house.desk.pause(rollout.id, CALLER, null)).rejects.toMatchObject({ status: 409, code: 'rollout_state' });
  await house.desk.resume(rollout.id, CALLER, 'the router sends it traffic now');
  await house.record(40, { expert: 1 });
  await runner.look();
  house.nowMs += 1000;
  await house.desk.pause(rollout.id, CALLER, null);
  await runner.look();
  expect(await find(rollout.id)).toMatchObject({ state: 'paused', reason: 'paused-by-hand' });
  await house.desk.abort(rollout.id, CALLER, 'not today');
  expect(await find(rollout.id)).toMatchObject({ state: 'aborted' });
  expect(await activation()).toMatchObject({ stable: STABLE, canary: null });
  await expect(house.desk.abort(rollout.id, CALLER, null)).rejects.toMatchObject({ status: 409 });
});

it('rolls back a paused rollout too when a guard fails', async () => {
  const { rollout } = await house.start();
  await house.desk.pause(rollout.id, CALLER, null);
  await house.record(400, { status: 'failed' });
  await house.runner().look();
  expect(await find(rollout.id)).toMatchObject({ state: 'failed', reason: 'guard-failed' });
  expect(await activation()).toMatchObject({ canary: null });
});

it('pauses when the activation refuses what comes next', async () => {
  const { rollout } = await house.start();
  await house.record(100);
  house.nowMs += 1000;
  await store.query(`INSERT INTO signalbox.governance_mode (model, mode, generation, updated_at, updated_by) VALUES ($1, 'required', 1, now(), 'test')`, [MODEL]);
  await house.runner().look();
  expect(await find(rollout.id)).toMatchObject({ state: 'paused', reason: 'command-refused' });
  const [verdict] = await house.records.history.verdicts(rollout.id, 1);
  expect(verdict!.figures.missing).toContain('approved change requests');
  await expect(house.start()).rejects.toMatchObject({ status: 409, code: 'change_required' });
});

it('looks at shadows before anything is answered, and at feedback', async () => {
  const guards = [{ kind: 'output-divergence', measure: 'argmax-disagreement', margin: 0.1 } as const, { kind: 'feedback', margin: 0.05 } as const];
  const { rollout } = await house.start({ guards, shadowShare: 1, steps: [{ ...step(0), minRequests: 30 }, step(0.1)] });
  expect(await activation()).toMatchObject({ canary: null, shadow: { releaseId: CANDIDATE, share: 1 } });
  const comparison = (requestId: string, argmaxDisagreement: number) => ({
    model: MODEL, stable: STABLE, shadow: CANDIDATE, requestId, atMs: house.nowMs, tokens: 9, meanLogLikelihoodDifference: 0, meanKlBits: 0, argmaxDisagreement, decisionDisagreement: [0, 0, 0],
  });
  const ids = await house.record(120);
  await new ShadowComparisons(store).insert(ids.map((id) => comparison(id, 0.02)));
  house.nowMs += 1000;
  await house.runner().look();
  expect(await activation()).toMatchObject({ canary: { share: 0.1 }, shadow: { releaseId: CANDIDATE } });
  // People like the stable release's answers and not the candidate's. Only the first score of a request counts.
  const feedback = new FeedbackStore(store);
  await store.transaction(async (manager) => {
    for (const [n, requestId] of ids.entries()) {
      for (const [by, score] of [['a', n % 2 === 0 ? 0.1 : 0.9], ['b', 0.5]] as const) {
        const one = { id: crypto.randomUUID(), requestId, tenant: '', score, label: null, comment: null, kind: 'user' as const, source: '', givenBy: by, atMs: house.nowMs + (by === 'a' ? 0 : 5) };
        expect(await feedback.insert(manager, one)).toBe(true);
        expect(await feedback.insert(manager, { ...one, id: crypto.randomUUID() })).toBe(false);
      }
    }
  });
  await house.runner().look();
  const [verdict] = await house.records.history.verdicts(rollout.id, 1);
  expect(verdict).toMatchObject({ verdict: 'fail', guard: 'feedback', step: 1 });
  expect(verdict!.figures.guards[1]).toMatchObject({ candidate: expect.closeTo(0.1, 9), stable: expect.closeTo(0.9, 9) });
  expect(await activation()).toMatchObject({ stable: STABLE, canary: null, shadow: null });
});

it('starts one rollout of a model at a time, and none with a plan that is wrong', async () => {
  await house.start();
  await expect(house.start()).rejects.toMatchObject({ status: 409 });
  await expect(house.start({ steps: [] })).rejects.toMatchObject({ status: 400, field: 'plan.steps' });
  await expect(house.start({ candidate: '9'.repeat(64) })).rejects.toMatchObject({ status: 404, field: 'plan.candidate' });
  await expect(house.start({ model: 'other' })).rejects.toMatchObject({ status: 404 });
  expect(await house.audited()).toEqual(['user:ann activation.start-canary', 'user:ann rollout.start']);
});

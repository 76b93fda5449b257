import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LOCKS } from '#libs/store/locks';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { until } from '../harness/until.ts';
import { GovernedHouse, sha } from './governed-house.ts';

type Person = Awaited<ReturnType<GovernedHouse['person']>>;
const HOUR_MS = 3_600_000;

let postgres: TestPostgres;
let house: GovernedHouse;
let author: Person;
let first: Person;
let second: Person;
let operator: Person;
let admin: Person;
let models = 0;

beforeAll(async () => {
  postgres = await startPostgres();
  house = new GovernedHouse();
  await house.start(await postgres.createDatabase());
  author = await house.person('author', ['releaser']);
  first = await house.person('first', ['approver']);
  second = await house.person('second', ['approver', 'auditor']);
  operator = await house.person('operator', ['operator']);
  admin = await house.person('root', ['admin']);
});

afterAll(async () => {
  await house?.stop();
  await postgres?.stop();
});

/** A model of its own with two releases, the first of which answers. */
async function model(): Promise<{ name: string; stable: string; next: string }> {
  const name = `toy-${(models += 1)}`;
  return { name, stable: await house.release(name), next: await house.release(name, [sha('2'), sha('4'), sha('8')]) };
}

const evidence = (kind: string) => ({ kind, title: `the ${kind}`, content: `{"of":"${kind}"}`, mediaType: 'application/json' });

async function drafted(change: object, by = author): Promise<any> { // oxlint-disable-line typescript/no-explicit-any -- checked by ok()
  return house.ok('createChange', by.key, 'POST', '/changes', { title: 'A change', reason: 'It is better.', change });
}

/** A request that needs nothing but its approvals. */
async function opened(change: object, kinds: readonly string[] = ['evaluation']): Promise<any> { // oxlint-disable-line typescript/no-explicit-any -- checked by ok()
  const { id } = await drafted(change);
  for (const kind of kinds) await house.ok('addEvidence', author.key, 'POST', `/changes/${id}/evidence`, evidence(kind));
  return house.ok('submitChange', author.key, 'POST', `/changes/${id}/submit`, {});
}

const approve = async (id: string, by: Person) => {
  const { digest } = await house.ok('getChange', by.key, 'GET', `/changes/${id}`);
  return house.call(by.key, 'POST', `/changes/${id}/approve`, { digest, comment: 'looks right' });
};

async function approved(change: object, kinds?: readonly string[]): Promise<any> { // oxlint-disable-line typescript/no-explicit-any -- checked by ok()
  const { id } = await opened(change, kinds);
  expect((await approve(id, first)).body).toMatchObject({ state: 'approved', blockers: [] });
  return house.ok('getChange', author.key, 'GET', `/changes/${id}`);
}

const activation = async (name: string) => house.ok('getActivation', admin.key, 'GET', `/models/${name}/activation`);

describe('a request', () => {
  it('goes from a draft over evidence and approval to what serves, with its audit entries', async () => {
    const { name, stable, next } = await model();
    const draft = await drafted({ type: 'activate', model: name, releaseId: next });
    expect(draft).toMatchObject({ state: 'draft', class: 'normal', effect: { kind: 'release', releaseId: next, strategy: { kind: 'at-once' } }, base: { stable, 'expert/0/1': sha('3') }, revision: 1 });
    expect(draft.diff.lines.join('\n')).toContain(`${sha('3')} -> ${sha('4')}`);
    expect(draft.blockers.map(({ reason }: { reason: string }) => reason)).toEqual(['not-open', 'evidence-missing', 'approvals-missing']);

    const missing = await house.call(author.key, 'POST', `/changes/${draft.id}/submit`, {});
    expect(missing).toMatchObject({ status: 409, body: { code: 'evidence_missing', detail: expect.stringContaining('evaluation') } });
    await house.ok('addEvidence', author.key, 'POST', `/changes/${draft.id}/evidence`, evidence('evaluation'));
    const { evidence: items } = await house.ok('submitChange', author.key, 'POST', `/changes/${draft.id}/submit`, {});
    expect(await house.ok('getEvidence', first.key, 'GET', `/changes/${draft.id}/evidence/${items[0].id}`)).toMatchObject({ sha256: items[0].sha256, content: '{"of":"evaluation"}' });

    expect(await house.call(operator.key, 'POST', `/changes/${draft.id}/apply`, {})).toMatchObject({ status: 409, body: { code: 'approvals_missing' } });
    expect((await approve(draft.id, first)).body.state).toBe('approved');
    const done = await house.ok('applyChange', operator.key, 'POST', `/changes/${draft.id}/apply`, {});
    expect(done).toMatchObject({ state: 'applied', outcome: { releaseId: next, generation: 2 }, decision: { policyVersion: 0 }, appliedBy: operator.id });
    expect(done.decision.approvals).toHaveLength(1);
    expect(await activation(name)).toMatchObject({ releaseId: next, previousRelease: stable });

    const dossier = await house.ok('getDossier', second.key, 'GET', `/changes/${draft.id}/dossier`);
    expect(dossier.audit.map(({ action }: { action: string }) => action)).toEqual(['change.created', 'change.evidence-added', 'change.submitted', 'change.approved', 'activation.activate', 'change.applied']);
    expect(dossier.outcome.text).toContain('answers');
    const text = await house.call(second.key, 'GET', `/changes/${draft.id}/dossier?format=markdown`);
    expect(text.body).toContain(`# Change ${draft.number}: A change`);
    expect(text.body).toContain(dossier.audit[0].hash);
  });

  it('is approved by nobody who had a hand in it, administrators included', async () => {
    const { name, next } = await model();
    const { id, digest } = await opened({ type: 'activate', model: name, releaseId: next });
    const edited = await house.call(admin.key, 'PUT', `/changes/${id}`, { title: 'By me', reason: 'It is better.', change: { type: 'activate', model: name, releaseId: next } }, { 'if-match': '"3"' });
    expect(edited.status).toBe(200);
    expect(await approve(id, admin)).toMatchObject({ status: 403, body: { code: 'own_change' } });
    const helper = await house.person('helper', ['approver'], author.id);
    expect(await approve(id, helper)).toMatchObject({ status: 403, body: { code: 'own_change' } });
    expect(await house.call(first.key, 'POST', `/changes/${id}/approve`, { digest: sha('0') })).toMatchObject({ status: 409, body: { code: 'digest_changed' } });
    expect(edited.body.digest).toBe(digest);
    expect((await approve(id, first)).status).toBe(200);
    expect(await approve(id, first)).toMatchObject({ status: 409, body: { code: 'already_approved' } });
  });

  it('tells the second of two operators what the first did', async () => {
    const { name, next } = await model();
    const change = { type: 'activate', model: name, releaseId: next };
    const { id, revision } = await opened(change);
    const body = { title: 'Mine', reason: 'It is better.', change };
    const both = await Promise.all([1, 2].map(() => house.call(author.key, 'PUT', `/changes/${id}`, body, { 'if-match': `"${revision}"` })));
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 412]);
    expect(both.find(({ status }) => status === 412)?.body).toMatchObject({ code: 'revision_changed', detail: expect.stringContaining(`"${revision + 1}"`) });
    expect((await house.call(author.key, 'PUT', `/changes/${id}`, body)).status).toBe(428);

    expect((await approve(id, first)).status).toBe(200);
    const applied = await Promise.all([1, 2].map(() => house.call(operator.key, 'POST', `/changes/${id}/apply`, {})));
    expect(applied.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    expect(applied.find(({ status }) => status === 409)?.body).toMatchObject({ code: 'ended', detail: expect.stringContaining('applied') });
  });

  it('is not applied once what it was planned on has moved, nor when the effect is refused', async () => {
    const { name, next } = await model();
    const change = await approved({ type: 'change-routing-settings', model: name, settings: { topK: 2 } }, ['evaluation', 'routing-divergence']);
    await house.ok('putActivation', operator.key, 'PUT', `/models/${name}/activation`, { release: next }, { 'if-match': '"1"' });
    const refused = await house.call(operator.key, 'POST', `/changes/${change.id}/apply`, {});
    expect(refused).toMatchObject({ status: 409, body: { code: 'base_changed', detail: expect.stringContaining('stable was') } });
    const { revision } = await house.ok('getChange', author.key, 'GET', `/changes/${change.id}`);
    await house.ok('editChange', author.key, 'PUT', `/changes/${change.id}`, { title: 'Again', reason: 'As before.', change: change.change }, { 'if-match': `"${revision}"` });
    await approve(change.id, first);
    // Another canary was begun in between: the effect is refused, and nothing of it stays.
    await house.ok('startCanary', operator.key, 'POST', `/models/${name}/canary`, { release: await house.release(name, [sha('5'), sha('6'), sha('8')]), share: 0.5 }, { 'if-match': '"2"' });
    expect(await house.call(operator.key, 'POST', `/changes/${change.id}/apply`, {})).toMatchObject({ status: 409, body: { code: 'canary_running' } });
    await house.call(operator.key, 'POST', `/models/${name}/abort`, {});
    const done = await house.ok('applyChange', operator.key, 'POST', `/changes/${change.id}/apply`, {});
    expect(done.outcome).toMatchObject({ madeRelease: true });
    expect((await activation(name)).releaseId).toBe(done.effect.releaseId);
  });

  it('names what is wrong with it', async () => {
    const { name } = await model();
    const wrong = async (change: object) => (await house.call(author.key, 'POST', '/changes', { title: 't', reason: 'r', change })).body;
    expect(await wrong({ type: 'change-routing-settings', model: name, settings: { capacity: 2 } })).toMatchObject({ status: 400, field: 'change.settings.capacity' });
    expect(await wrong({ type: 'change-routing-settings', model: name, settings: { capacity: { factor: 0, policy: 'drop', scope: 'request' } } })).toMatchObject({ status: 400, field: 'change.settings.capacity.factor' });
    expect(await wrong({ type: 'change-routing-settings', model: name, settings: { colour: 2 } })).toMatchObject({ status: 400, field: 'change.settings.colour' });
    expect(await wrong({ type: 'activate', model: name, releaseId: sha('9') })).toMatchObject({ status: 409, code: 'unknown_release', field: 'change.releaseId' });
    expect(await wrong({ type: 'replace-expert', model: name, replace: [{ component: 'expert/0/0', sha256: sha('9') }] })).toMatchObject({ status: 409, code: 'unknown_component_version' });
    expect(await wrong({ type: 'paint-expert', model: name })).toMatchObject({ status: 400, field: 'change.type' });
    expect(await wrong({ type: 'activate', model: 'nobody', releaseId: sha('9') })).toMatchObject({ status: 409 });
    expect(await wrong({ type: 'change-policy', policies: 'permit (principal, action, resource)', limits: { approvalHours: 1, changeDays: 1, reviewHours: 24, breakGlassHours: 1 } })).toMatchObject({ status: 400, code: 'invalid_policy', detail: expect.stringContaining('line 1') });
  });

  it('is found in lists by page and filter, discussed, rejected, withdrawn and superseded', async () => {
    const { name, next } = await model();
    const change = { type: 'activate', model: name, releaseId: next };
    const [one, two] = [await opened(change), await opened(change)];
    await house.ok('commentOnChange', first.key, 'POST', `/changes/${one.id}/comments`, { text: 'Which prompts?' });
    const rejected = await house.ok('rejectChange', first.key, 'POST', `/changes/${one.id}/reject`, { digest: one.digest, comment: 'no' });
    expect(rejected).toMatchObject({ state: 'rejected', comments: [{ text: 'Which prompts?' }] });
    const three = await house.ok('createChange', author.key, 'POST', '/changes', { title: 'A change', reason: 'Better.', change, supersedes: two.id });
    await house.ok('addEvidence', author.key, 'POST', `/changes/${three.id}/evidence`, evidence('evaluation'));
    await house.ok('submitChange', author.key, 'POST', `/changes/${three.id}/submit`, {});
    expect((await house.ok('getChange', author.key, 'GET', `/changes/${two.id}`)).state).toBe('superseded');
    expect((await house.ok('withdrawChange', author.key, 'POST', `/changes/${three.id}/withdraw`, {})).state).toBe('withdrawn');
    const page = await house.ok('listChanges', author.key, 'GET', `/changes?model=${name}&limit=2`);
    expect(page.items.map(({ state }: { state: string }) => state)).toEqual(['withdrawn', 'superseded']);
    const rest = await house.ok('listChanges', author.key, 'GET', `/changes?model=${name}&limit=2&cursor=${page.nextCursor}`);
    expect(rest).toMatchObject({ items: [{ id: one.id }], nextCursor: null });
    expect((await house.ok('listChanges', author.key, 'GET', `/changes?model=${name}&state=rejected`)).items).toHaveLength(1);
  });
});

it('is applied whole or not at all when the connection dies in the middle', async () => {
  const { name, stable, next } = await model();
  const change = await approved({ type: 'activate', model: name, releaseId: next });
  const other = house.dataSource.createQueryRunner();
  // Whoever holds the lock of the audit log stops the transaction after its effect and before its last act.
  await other.query('SELECT pg_advisory_lock($1)', [LOCKS.audit]);
  try {
    const cut = house.call(operator.key, 'POST', `/changes/${change.id}/apply`, {});
    const waiting = async (): Promise<number[]> =>
      (await other.query(`SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = $1 AND NOT granted`, [LOCKS.audit])).map(({ pid }: { pid: number }) => pid);
    await until(async () => (await waiting()).length > 0, 120_000, () => 'it does not come to its audit entry');
    for (const pid of await waiting()) await other.query('SELECT pg_terminate_backend($1)', [pid]);
    expect((await cut).status).toBeGreaterThanOrEqual(500);
  } finally {
    await other.query('SELECT pg_advisory_unlock($1)', [LOCKS.audit]);
    await other.release();
  }
  expect(await house.ok('getChange', author.key, 'GET', `/changes/${change.id}`)).toMatchObject({ state: 'approved', appliedAt: null });
  expect((await activation(name)).releaseId).toBe(stable);
  expect((await house.ok('applyChange', operator.key, 'POST', `/changes/${change.id}/apply`, {})).state).toBe('applied');
});

describe('by its canary', () => {
  it('is promoted by the request that began it, and fails when the canary is aborted', async () => {
    const { name, stable, next } = await model();
    const change = { type: 'activate', model: name, releaseId: next, strategy: { kind: 'canary', share: 0.25 } };
    const one = await approved(change);
    expect((await house.ok('applyChange', operator.key, 'POST', `/changes/${one.id}/apply`, {})).state).toBe('applying');
    expect(await activation(name)).toMatchObject({ releaseId: stable, canary: { releaseId: next, share: 0.25 } });
    await house.look();
    const promoted = await house.ok('promoteChange', operator.key, 'POST', `/changes/${one.id}/promote`, {});
    expect(promoted).toMatchObject({ state: 'applied', outcome: { promotedBy: operator.id } });
    expect(await activation(name)).toMatchObject({ releaseId: next, canary: null });
    await house.ok('rollbackActivation', operator.key, 'POST', `/models/${name}/rollback`, { reason: 'worse after all' });
    expect((await house.ok('getDossier', second.key, 'GET', `/changes/${one.id}/dossier`)).outcome.text).toContain('rolled back');

    const two = await approved(change);
    await house.ok('applyChange', operator.key, 'POST', `/changes/${two.id}/apply`, {});
    await house.ok('abortCanary', operator.key, 'POST', `/models/${name}/abort`, {});
    await house.look();
    expect(await house.ok('getChange', author.key, 'GET', `/changes/${two.id}`)).toMatchObject({ state: 'failed', outcome: { code: 'withdrawn' } });
  });
});

describe('by a guarded rollout', () => {
  it('starts it with its own cause, and ends as the rollout does', async () => {
    const { name, stable, next } = await model();
    const plan = { steps: [{ share: 0.1, bakeMs: 3_600_000, minRequests: 10, maxMs: 7_200_000 }], guards: [{ kind: 'error-rate' }] };
    const change = await approved({ type: 'activate', model: name, releaseId: next, strategy: { kind: 'rollout', plan } });
    // The digest covers the plan with its defaults.
    expect(change.effect.strategy.plan).toMatchObject({ falseRollbackRate: 0.05, guards: [{ kind: 'error-rate', margin: 0.005 }] });
    const applying = await house.ok('applyChange', operator.key, 'POST', `/changes/${change.id}/apply`, {});
    expect(applying.state).toBe('applying');
    const rollout = applying.outcome.rollout;
    expect(await house.ok('getRollout', operator.key, 'GET', `/rollouts/${rollout}`)).toMatchObject({ state: 'running', candidate: next });
    expect(await house.call(operator.key, 'POST', `/changes/${change.id}/promote`, {})).toMatchObject({ status: 409, body: { code: 'not_applying' } });
    await house.ok('abortRollout', operator.key, 'POST', `/rollouts/${rollout}/abort`, { reason: 'not today' });
    await house.look();
    expect(await house.ok('getChange', author.key, 'GET', `/changes/${change.id}`)).toMatchObject({ state: 'failed' });
    expect((await activation(name)).releaseId).toBe(stable);
    const dossier = await house.ok('getDossier', second.key, 'GET', `/changes/${change.id}/dossier`);
    expect(dossier.rollout).toMatchObject({ id: rollout, state: 'aborted' });
    expect(dossier.audit.map(({ action }: { action: string }) => action)).toEqual(expect.arrayContaining(['rollout.start', 'activation.start-canary', 'rollout.abort', 'activation.abort-canary', 'change.failed']));
  });
});

describe('by another kind of change', () => {
  it('retires an expert by a data rule, and asks two people for it where rules change', async () => {
    const { name } = await model();
    const retire = await approved({ type: 'retire-expert', model: name, experts: ['expert/0/1'] }, ['safety-suite', 'recalibration-check']);
    expect(retire.warnings[0]).toContain('keeps its expert from every request');
    await house.ok('applyChange', operator.key, 'POST', `/changes/${retire.id}/apply`, {});
    const rules = await house.ok('getDataRules', admin.key, 'GET', `/models/${name}/data-rules`);
    expect(rules).toMatchObject({ generation: 1, rules: [{ expert: `sha256:${sha('3')}`, effect: 'deny' }] });
    const { id } = await opened({ type: 'change-data-rules', model: name, rules: [] }, ['data-protection']);
    expect((await approve(id, first)).body.blockers).toMatchObject([{ reason: 'approvals-missing' }]);
    expect((await approve(id, second)).body.state).toBe('approved');
    await house.ok('applyChange', operator.key, 'POST', `/changes/${id}/apply`, {});
    expect(await house.ok('getDataRules', admin.key, 'GET', `/models/${name}/data-rules`)).toMatchObject({ generation: 2, rules: [] });
  });

  it('recalls a version without approvals, for that is standard', async () => {
    const name = `recalled-${(models += 1)}`;
    const stable = await house.release(name, [sha('a'), sha('b'), sha('8')]);
    const next = await house.release(name, [sha('a'), sha('7'), sha('8')]);
    await house.ok('putActivation', operator.key, 'PUT', `/models/${name}/activation`, { release: next }, { 'if-match': '"1"' });
    const recall = await opened({ type: 'recall', model: name, sha256: sha('7'), reason: 'It leaks addresses.' }, []);
    expect(recall).toMatchObject({ class: 'standard', state: 'approved' });
    await house.ok('applyChange', operator.key, 'POST', `/changes/${recall.id}/apply`, {});
    expect((await activation(name)).releaseId).toBe(stable);
  });

  it('writes a card', async () => {
    const { name } = await model();
    const card = await approved({ type: 'rescope-expert', model: name, sha256: sha('2'), card: { title: 'contracts', forUse: 'contracts', notForUse: 'verse' } }, ['scope-card']);
    await house.ok('applyChange', operator.key, 'POST', `/changes/${card.id}/apply`, {});
    expect((await house.ok('getComponent', admin.key, 'GET', `/components/${sha('2')}`)).card).toMatchObject({ title: 'contracts', notForUse: 'verse' });
  });
});

describe('time and emergencies', () => {
  it('applies what is due, waits for a freeze, and lets a missed window expire', async () => {
    const { name, next } = await model();
    const schedule = async (from: number, to: number) => {
      const { id } = await approved({ type: 'activate', model: name, releaseId: next });
      const at = (hours: number) => new Date(Date.now() + house.aheadMs + hours * HOUR_MS).toISOString();
      return house.ok('scheduleChange', operator.key, 'POST', `/changes/${id}/schedule`, { at: at(from), until: at(to) });
    };
    const missed = await schedule(1, 2);
    expect(await house.call(operator.key, 'POST', `/changes/${missed.id}/apply`, {})).toMatchObject({ status: 409, body: { code: 'not_before' } });
    house.aheadMs += 2 * HOUR_MS;
    await house.look();
    expect(await house.ok('getChange', author.key, 'GET', `/changes/${missed.id}`)).toMatchObject({ state: 'expired', history: expect.arrayContaining([expect.objectContaining({ event: 'expired', detail: expect.objectContaining({ reasons: [expect.objectContaining({ reason: 'window-missed' })] }) })]) });

    const frozen = await schedule(1, 4);
    const now = () => Date.now() + house.aheadMs;
    const freeze = await house.ok('createFreeze', admin.key, 'POST', '/freeze-windows', { name: 'night', reason: 'nobody is here', model: name, from: new Date(now()).toISOString(), to: new Date(now() + 3 * HOUR_MS).toISOString() });
    house.aheadMs += 1.5 * HOUR_MS;
    await house.look();
    expect(await house.ok('getChange', author.key, 'GET', `/changes/${frozen.id}`)).toMatchObject({ state: 'scheduled', blockers: [{ reason: 'frozen', detail: expect.stringContaining('night') }] });
    expect(await house.call(admin.key, 'DELETE', `/freeze-windows/${freeze.id}`, undefined, { 'if-match': '"7"' })).toMatchObject({ status: 412 });
    await house.ok('deleteFreeze', admin.key, 'DELETE', `/freeze-windows/${freeze.id}`, undefined, { 'if-match': '"1"' });
    await house.look();
    expect(await house.ok('getChange', author.key, 'GET', `/changes/${frozen.id}`)).toMatchObject({ state: 'applied', appliedBy: operator.id });
    expect((await activation(name)).releaseId).toBe(next);
  });

  it('breaks the glass, and lists what that owes until someone else has confirmed it', async () => {
    const { name, next } = await model();
    await house.ok('putGovernance', admin.key, 'PUT', `/models/${name}/governance`, { mode: 'required', reason: 'It serves customers.' }, { 'if-match': '"0"' });
    expect(await house.call(operator.key, 'PUT', `/models/${name}/activation`, { release: next }, { 'if-match': '"1"' })).toMatchObject({ status: 409, body: { code: 'change_required' } });
    const { id } = await drafted({ type: 'activate', model: name, releaseId: next });
    expect(await house.call(operator.key, 'POST', `/changes/${id}/break-glass`, { reason: 'The old one leaks addresses.', hours: 25 })).toMatchObject({ status: 400, body: { code: 'time_limit' } });
    const broken = await house.ok('breakGlass', operator.key, 'POST', `/changes/${id}/break-glass`, { reason: 'The old one leaks addresses.', hours: 2 });
    expect(broken).toMatchObject({ state: 'applied', class: 'emergency' });
    const history = await house.ok('getActivationHistory', admin.key, 'GET', `/models/${name}/activation/history?limit=1`);
    expect(history.items[0]).toMatchObject({ cause: 'broken-glass' });

    house.aheadMs += 3 * HOUR_MS;
    const owed = async () => (await house.ok('listReviewsOwed', first.key, 'GET', '/changes/reviews-owed')).items.filter((one: { change: { id: string } }) => one.change.id === id);
    expect(await owed()).toMatchObject([{ kind: 'review', overdue: false }, { kind: 'confirm-or-revert', overdue: true }]);
    expect(await house.call(admin.key, 'POST', `/changes/${id}/review`, { verdict: 'confirmed', note: 'right' })).toMatchObject({ status: 200 });
    expect(await owed()).toEqual([]);
    await house.ok('rollbackActivation', operator.key, 'POST', `/models/${name}/rollback`, { reason: 'a way back is never locked' });
  });
});

describe('the policy and the mode', () => {
  const limits = { approvalHours: 100, changeDays: 10, reviewHours: 24, breakGlassHours: 4 };

  it('needs an approved request once any model changes only by those', async () => {
    const name = `bound-${(models += 1)}`;
    await house.release(name);
    await house.ok('putGovernance', admin.key, 'PUT', `/models/${name}/governance`, { mode: 'required', reason: 'Customers.' }, { 'if-match': '"0"' });
    expect(await house.call(admin.key, 'PUT', `/models/${name}/governance`, { mode: 'open', reason: 'Easier.' }, { 'if-match': '"1"' })).toMatchObject({ status: 409, body: { code: 'change_required' } });
    const { policies, version } = await house.ok('getChangePolicy', admin.key, 'GET', '/change-policy');
    expect(await house.call(admin.key, 'PUT', '/change-policy', { policies, limits, reason: 'Mine.' }, { 'if-match': `"${version}"` })).toMatchObject({ status: 409, body: { code: 'change_required' } });

    const loosen = await opened({ type: 'set-governance', model: name, mode: 'open' }, ['risk-assessment']);
    await approve(loosen.id, first);
    await approve(loosen.id, second);
    await house.ok('applyChange', operator.key, 'POST', `/changes/${loosen.id}/apply`, {});
    expect(await house.ok('getGovernance', admin.key, 'GET', `/models/${name}/governance`)).toMatchObject({ mode: 'open', generation: 2 });

    const change = await opened({ type: 'change-policy', policies: `${policies}\n@id("no-activation") @blocker("not-permitted") forbid (principal, action == Signalbox::Action::"apply", resource) when { resource.model == "${name}" };`, limits }, ['risk-assessment']);
    await approve(change.id, first);
    await approve(change.id, second);
    await house.ok('applyChange', operator.key, 'POST', `/changes/${change.id}/apply`, {});
    expect(await house.ok('getChangePolicy', admin.key, 'GET', '/change-policy')).toMatchObject({ version: 1, limits, changeId: change.id });
    const next = await house.release(name, [sha('2'), sha('4'), sha('8')]);
    const stuck = await opened({ type: 'activate', model: name, releaseId: next });
    expect((await approve(stuck.id, first)).body.blockers).toMatchObject([{ reason: 'not-permitted', detail: expect.stringContaining('no-activation, version 1') }]);
    expect((await house.ok('listChangePolicies', admin.key, 'GET', '/change-policy/versions')).items).toHaveLength(1);
  });
});

it('writes one audit entry for every event, in one chain with the effects', async () => {
  const rows: { events: number; entries: number }[] = await house.dataSource.query(
    `SELECT (SELECT count(*)::int FROM signalbox.change_event) AS events, (SELECT count(*)::int FROM signalbox.audit_entry WHERE subject LIKE 'change/%') AS entries`,
  );
  expect(rows[0]!.entries).toBe(rows[0]!.events);
  await expect(house.dataSource.query('DELETE FROM signalbox.change_event')).rejects.toThrow(/append-only/);
});

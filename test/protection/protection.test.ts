import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Role } from '#libs/governance/access/permissions';
import { type ReleaseManifest, type RoutingSettings } from '#libs/release/manifest';
import { releaseIdOf } from '#libs/release/manifest-digest';
import { RunClaims } from '#libs/store/evaluation/run-claims';
import { Releases } from '#libs/store/releases/releases';
import { AccessHouse, type Answer } from '../access/access-house.ts';

const sha = (digit: string): string => digit.repeat(64);
const SHAPE = {
  vocabSize: 16, hiddenSize: 4, layers: 3, experts: 8, expertWidth: 4, attentionHeads: 1, keyValueHeads: 1, headSize: 4, contextTokens: 32, rmsNormEpsilon: 1e-5, ropeTheta: 1e4,
  slidingWindowTokens: null, tiedHead: false, bosTokenId: null, eosTokenIds: [],
};
const manifestOf = (expert: string, routing: Partial<RoutingSettings> = {}): ReleaseManifest => ({
  format: 'signalbox.release/1', model: 'toy', architecture: 'mixtral', shape: SHAPE, routing: { gating: 'softmax-topk', topK: 2, normalise: true, ...routing },
  components: { backbone: sha('6'), tokenizer: sha('7'), 'router/0': sha('8'), 'expert/0/1': expert, 'expert/0/2': sha('9') },
});
/** The first answers; the others differ from it in one expert, or in its bounds. */
const MANIFESTS = [manifestOf(sha('4')), manifestOf(sha('5')), manifestOf(sha('4'), { quotas: [{ layer: 0, expert: 1, tokensPerSecond: 5 }] })] as const;
const [STABLE, OTHER_EXPERT, BOUNDED] = MANIFESTS.map(releaseIdOf) as [string, string, string];
const WHY = 'carries refusals, by the run of May';

let house: AccessHouse;
const keys = {} as Record<'operator' | 'second' | 'approver' | 'both' | 'author', string>;
let suite: string;

beforeAll(async () => {
  house = new AccessHouse();
  await house.start();
  for (const manifest of MANIFESTS) await saveRelease(manifest);
  const roles: Record<keyof typeof keys, Role[]> = { operator: ['operator'], second: ['approver'], approver: ['approver'], both: ['operator', 'approver'], author: ['releaser'] };
  for (const [name, given] of Object.entries(roles)) keys[name as keyof typeof keys] = (await house.account(given)).key;
  // So that a recall has somewhere to go back to.
  for (const release of [OTHER_EXPERT, STABLE]) {
    const { status, body } = await activate(release, house.admin);
    if (status !== 200) throw new Error(JSON.stringify(body));
  }
  const items = ['harmful', 'harmless'].map((kind) => JSON.stringify({ prompt: 'p', class: kind, refusal: 'No.', compliance: 'Yes.' })).join('\n');
  const dataset = await fetch(`${house.url}/api/v1/datasets`, { method: 'POST', headers: { authorization: `Bearer ${house.admin}`, 'content-type': 'application/octet-stream' }, body: items });
  const { sha256 } = (await dataset.json()) as { sha256: string };
  suite = (await call('POST', '/suites', house.admin, { name: 'safety', tasks: [{ id: 'refusals', kind: 'safety', dataset: sha256 }] })).body.digest;
});
afterAll(() => house?.stop());

async function saveRelease(manifest: ReleaseManifest): Promise<void> {
  const audit = { atMs: Date.now(), actor: 'system', action: 'release.import', subject: `model/${manifest.model}`, detail: {}, requestId: null };
  const sizesBytes = Object.fromEntries(Object.values(manifest.components).map((one) => [one, 1]));
  await new Releases(house.dataSource).save({ releaseId: releaseIdOf(manifest), model: manifest.model, manifest, importedFrom: 'models/toy', createdAtMs: Date.now(), sizesBytes }, audit);
}

async function call(method: string, path: string, key: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  return house.call(`/api/v1${path}`, { method, key, body, headers: { ...(method === 'POST' ? { 'idempotency-key': randomUUID() } : {}), ...headers } });
}

async function activate(release: string, key: string): Promise<Answer> {
  const tag = (await house.call('/api/v1/models/toy/activation')).headers.get('etag') ?? '';
  return call('PUT', '/models/toy/activation', key, { release }, { 'if-match': tag });
}

const protect = (layer: number, expert: number, key = keys.operator, headers = {}) => call('PUT', `/models/toy/protected-experts/${layer}/${expert}`, key, { reason: WHY }, headers);
const quarantine = (key: string, override?: object) => call('POST', '/models/toy/quarantines', key, { layer: 0, expert: 1, reason: 'a drill', ...(override ? { override } : {}) });
const lift = async (made: Answer) => call('POST', `/models/toy/quarantines/${made.body.id}/lift`, keys.operator, {});
const actions = async (action: string): Promise<number> => Number((await house.dataSource.query<{ n: string }[]>('SELECT count(*) AS n FROM signalbox.audit_entry WHERE action = $1', [action]))[0]!.n);

/** A finished run, as the process leaves it that measures. */
async function finished(kind: 'suite' | 'concentration', candidate: string, found: object = {}, outcome = 'pass'): Promise<string> {
  // Settings differ, so that no run is taken for another.
  const settings = kind === 'concentration' ? { targetShare: 0.5 + Math.random() / 10 } : {};
  const { id, state } = (await call('POST', '/evaluations', house.admin, { kind, candidate, suite, settings })).body;
  if (state === 'succeeded') return id;
  const claims = new RunClaims(house.dataSource);
  const result = { format: 'signalbox.result/1', kind, candidate, reference: null, suite, verdict: { outcome, reasons: [] }, summary: 'Done.', ...(kind === 'suite' ? { tasks: [] } : {}), ...found };
  await claims.succeed((await claims.claim(id, 1, Date.now()))!, { result: JSON.stringify(result), measured: null }, Date.now());
  return id;
}
const leftOut = { knockOuts: [{ layer: 0, expert: 1 }], proposals: [] };

it('keeps a list with reasons, versions and an entry in the audit log for each write', async () => {
  const made = await protect(0, 1);
  expect(made).toMatchObject({ status: 200, body: { layer: 0, expert: 1, reason: WHY, evidence: null } });
  const tag = made.headers.get('etag')!;
  expect((await call('GET', '/models/toy/protected-experts/0/1', keys.author)).headers.get('etag')).toBe(tag);
  expect(await protect(0, 1, keys.operator, { 'if-match': '"0"' })).toMatchObject({ status: 412, body: { code: 'version_changed' } });
  const again = await protect(0, 1, keys.operator, { 'if-match': tag });
  expect(again.status).toBe(200);
  expect(again.headers.get('etag')).not.toBe(tag);
  expect(await protect(0, 2, keys.author)).toMatchObject({ status: 403 });
  expect(await protect(9, 1)).toMatchObject({ status: 404, body: { code: 'expert_not_found' } });
  await protect(2, 7);
  const first = await call('GET', '/models/toy/protected-experts?limit=1', keys.author);
  const second = await call('GET', `/models/toy/protected-experts?limit=1&cursor=${first.body.nextCursor}`, keys.author);
  expect([...first.body.items, ...second.body.items].map((one: { layer: number; expert: number }) => `${one.layer}/${one.expert}`)).toEqual(['0/1', '2/7']);
  expect(await actions('protection.protect')).toBe(3);
});

it('refuses to quarantine a protected expert, and names it, the reason and the remedy', async () => {
  const refused = await quarantine(keys.operator);
  expect(refused).toMatchObject({ status: 409, body: { code: 'protected_expert', field: 'override' } });
  expect(refused.body.detail).toContain(`expert/0/1 is protected (${WHY})`);
  expect(refused.body.detail).toContain('concentration evaluation');
  expect((await call('POST', '/models/toy/quarantines', keys.operator, { layer: 0, expert: 3, reason: 'not protected' })).status).toBe(201);
});

it('quarantines it in an emergency, and a review is owed by somebody else', async () => {
  const made = await quarantine(keys.both, { emergency: true, reason: 'it gives NaN for every token' });
  expect(made.status).toBe(201);
  const owed = (await call('GET', '/models/toy/protection-overrides?owed=true', keys.author)).body.items;
  expect(owed).toMatchObject([{ act: 'quarantine', takings: [{ layer: 0, expert: 1 }], isOverdue: false, review: null }]);
  const review = (key: string) => call('POST', `/models/toy/protection-overrides/${owed[0].id}/review`, key, { verdict: 'confirmed', note: 'It did give NaN for every token.' });
  expect(await review(keys.both)).toMatchObject({ status: 403, body: { code: 'own_change' } });
  expect(await review(keys.operator)).toMatchObject({ status: 403, body: { code: 'permission_missing' } });
  expect(await review(keys.approver)).toMatchObject({ status: 200, body: { review: { verdict: 'confirmed' } } });
  expect(await review(keys.second)).toMatchObject({ status: 409, body: { code: 'no_review_owed' } });
  expect((await call('GET', '/models/toy/protection-overrides?owed=true', keys.author)).body.items).toEqual([]);
  expect([await actions('protection.override'), await actions('protection.review')]).toEqual([1, 1]);
  expect((await lift(made)).status).toBe(200);
});

it('quarantines it on evidence of what serves, by who may override', async () => {
  const wish = async (evaluationId: string) => ({ evaluationId, reason: 'refusals hold without it' });
  const run = await finished('concentration', STABLE, leftOut);
  expect(await quarantine(keys.operator, await wish(run))).toMatchObject({ status: 403, body: { code: 'override_not_permitted' } });
  expect(await quarantine(keys.both, await wish(await finished('concentration', OTHER_EXPERT, leftOut)))).toMatchObject({ status: 409, body: { code: 'evidence_unfit' } });
  expect(await quarantine(keys.both, await wish(await finished('concentration', STABLE, { knockOuts: [], proposals: [] })))).toMatchObject({ status: 409, body: { code: 'evidence_unfit' } });
  expect(await quarantine(keys.both, await wish(await finished('concentration', STABLE, leftOut, 'inconclusive')))).toMatchObject({ status: 409, body: { code: 'evidence_unfit' } });
  expect(await quarantine(keys.both, await wish(randomUUID()))).toMatchObject({ status: 409, body: { code: 'evidence_unknown' } });
  const made = await quarantine(keys.both, await wish(run));
  expect(made.status).toBe(201);
  expect((await call('GET', '/models/toy/protection-overrides?limit=1', keys.author)).body.items).toMatchObject([{ evidence: { evaluationId: run }, reviewDueAt: null }]);
  await lift(made);
});

it('refuses data rules that keep it from requests', async () => {
  const put = (key: string, expert: string, more = {}) => call('PUT', '/models/toy/data-rules', key, { rules: [{ id: 'mask', expert, effect: 'deny', tenants: ['acme'] }], ...more }, { 'if-match': '"0"' });
  expect(await put(keys.operator, 'expert/0/1')).toMatchObject({ status: 409, body: { code: 'protected_expert' } });
  expect(await put(keys.operator, `sha256:${sha('4')}`)).toMatchObject({ status: 409, body: { code: 'protected_expert' } });
  const run = await finished('concentration', STABLE, leftOut);
  expect(await put(keys.both, 'expert/0/1', { override: { evaluationId: run, reason: 'acme may not use its data' } })).toMatchObject({ status: 200 });
  // What stands is no new taking.
  const kept = await call('PUT', '/models/toy/data-rules', keys.operator, { rules: [{ id: 'mask', expert: 'expert/0/1', effect: 'deny', tenants: ['acme'], note: 'why' }] }, { 'if-match': '"1"' });
  expect(kept.status).toBe(200);
  expect((await call('PUT', '/models/toy/data-rules', keys.operator, { rules: [] }, { 'if-match': '"2"' })).status).toBe(200);
});

it.each([
  ['another version of it', OTHER_EXPERT],
  ['a quota on it', BOUNDED],
])('refuses to activate, canary or roll out a release with %s directly', async (_, release) => {
  expect(await activate(release, keys.operator)).toMatchObject({ status: 409, body: { code: 'protected_expert' } });
  const tag = (await house.call('/api/v1/models/toy/activation')).headers.get('etag') ?? '';
  expect(await call('POST', '/models/toy/canary', keys.operator, { release, share: 0.1 }, { 'if-match': tag })).toMatchObject({ status: 409, body: { code: 'protected_expert' } });
  const plan = { model: 'toy', candidate: release, steps: [{ share: 0.1, bakeMs: 60_000, minRequests: 10, maxMs: 600_000 }], guards: [{ kind: 'error-rate' }] };
  expect(await call('POST', '/rollouts', keys.operator, { plan })).toMatchObject({ status: 409, body: { code: 'protected_expert' } });
});

it('lets a change replace it on evidence that an approver saw, and keeps that', async () => {
  const change = { type: 'activate', model: 'toy', releaseId: OTHER_EXPERT };
  const { id } = (await call('POST', '/changes', keys.author, { title: 'Another expert', reason: 'It is better.', change })).body;
  await call('POST', `/changes/${id}/evidence`, keys.author, { kind: 'evaluation', title: 'e', content: '{}', mediaType: 'application/json' });
  const submitted = await call('POST', `/changes/${id}/submit`, keys.author);
  expect(await call('POST', `/changes/${id}/approve`, keys.approver, { digest: submitted.body.digest })).toMatchObject({ status: 409, body: { code: 'protected_expert' } });
  expect(await call('POST', `/changes/${id}/apply`, keys.operator)).toMatchObject({ status: 409 });
  const run = await finished('suite', OTHER_EXPERT);
  const attached = await call('POST', `/changes/${id}/evaluations`, keys.author, { evaluationId: run, kind: 'safety-suite' });
  expect(attached.status).toBe(200);
  const approved = await call('POST', `/changes/${id}/approve`, keys.approver, { digest: attached.body.digest });
  expect(approved.status, JSON.stringify(approved.body)).toBe(200);
  const applied = await call('POST', `/changes/${id}/apply`, keys.operator);
  expect(applied.status, JSON.stringify(applied.body)).toBe(200);
  expect((await call('GET', '/models/toy/protection-overrides?limit=1', keys.author)).body.items).toMatchObject([{ act: 'change', changeId: id, takings: [{ act: 'replace' }] }]);
  // A way back is never locked.
  expect((await call('POST', '/models/toy/rollback', keys.operator, {})).status).toBe(200);
});

it('refuses to retire it by a change without evidence of what serves', async () => {
  const change = { type: 'retire-expert', model: 'toy', experts: ['expert/0/1'] };
  const created = await call('POST', '/changes', keys.author, { title: 'Retire it', reason: 'It is not needed.', change });
  const { id } = created.body;
  const evidence = (kind: string) => call('POST', `/changes/${id}/evidence`, keys.author, { kind, title: 'e', content: '{}', mediaType: 'application/json' });
  for (const kind of ['evaluation', 'safety-suite', 'scope-card', 'recalibration-check']) await evidence(kind);
  const submitted = await call('POST', `/changes/${id}/submit`, keys.author);
  expect(submitted.status, JSON.stringify(submitted.body)).toBe(200);
  const refused = await call('POST', `/changes/${id}/approve`, keys.approver, { digest: submitted.body.digest });
  expect(refused).toMatchObject({ status: 409, body: { code: 'protected_expert' } });
  const attached = await call('POST', `/changes/${id}/evaluations`, keys.author, { evaluationId: await finished('concentration', STABLE, leftOut), kind: 'safety-suite' });
  expect((await call('POST', `/changes/${id}/approve`, keys.approver, { digest: attached.body.digest })).status).toBe(200);
});

it('adopts what a concentration run proposes, and gives it up on one that does not', async () => {
  const proposals = [{ layer: 0, expert: 2, reasons: [{ reason: 'knock-out-lowers-refusals', detail: 'Without it the margin falls.' }] }, { layer: 0, expert: 1, reasons: [] }];
  const run = await finished('concentration', STABLE, { knockOuts: [{ layer: 0, expert: 2 }], proposals });
  const adopt = (evaluationId: string) => call('POST', '/models/toy/protected-experts/adopt', keys.operator, { evaluationId });
  expect(await adopt(await finished('concentration', STABLE, leftOut))).toMatchObject({ status: 409, body: { code: 'not_adoptable' } });
  expect(await adopt(run)).toMatchObject({ status: 200, body: { adopted: [{ layer: 0, expert: 2, reason: 'Without it the margin falls.', evidence: { evaluationId: run } }], already: [{ layer: 0, expert: 1 }] } });
  const unprotect = (key: string, evaluationId?: string) => call('POST', '/models/toy/protected-experts/0/2/unprotect', key, { reason: 'a new version', ...(evaluationId ? { evaluationId } : {}) });
  expect(await unprotect(keys.operator, run)).toMatchObject({ status: 403 });
  expect(await unprotect(keys.approver)).toMatchObject({ status: 409, body: { code: 'evidence_missing' } });
  expect(await unprotect(keys.approver, run)).toMatchObject({ status: 409, body: { code: 'evidence_unfit' } });
  expect(await unprotect(keys.approver, await finished('concentration', STABLE, { knockOuts: [{ layer: 0, expert: 2 }], proposals: [] }))).toMatchObject({ status: 200 });
  expect(await call('GET', '/models/toy/protected-experts/0/2', keys.operator)).toMatchObject({ status: 404, body: { code: 'not_protected' } });
  expect([await actions('protection.adopt'), await actions('protection.unprotect')]).toEqual([1, 1]);
});

it('lets the change of one model recall no expert that another protects', async () => {
  const others = MANIFESTS.slice(0, 2).map((manifest) => ({ ...manifest, model: 'other' }));
  for (const manifest of others) await saveRelease(manifest);
  for (const manifest of others.toReversed()) {
    const tag = (await house.call('/api/v1/models/other/activation')).headers.get('etag') ?? '';
    await call('PUT', '/models/other/activation', house.admin, { release: releaseIdOf(manifest) }, { 'if-match': tag });
  }
  await call('PUT', '/models/other/protected-experts/0/1', keys.operator, { reason: 'of the other model' });
  const change = { type: 'recall', model: 'toy', sha256: sha('4'), reason: 'trained on data that was to be left out' };
  const { id } = (await call('POST', '/changes', keys.author, { title: 'Recall it', reason: 'It was trained on the wrong data.', change })).body;
  for (const kind of ['incident', 'evaluation']) await call('POST', `/changes/${id}/evidence`, keys.author, { kind, title: 'e', content: '{}', mediaType: 'application/json' });
  await call('POST', `/changes/${id}/submit`, keys.author);
  const attached = await call('POST', `/changes/${id}/evaluations`, keys.author, { evaluationId: await finished('suite', OTHER_EXPERT), kind: 'safety-suite' });
  const approved = await call('POST', `/changes/${id}/approve`, keys.approver, { digest: attached.body.digest });
  expect(approved.status, JSON.stringify(approved.body)).toBe(200);
  const refused = await call('POST', `/changes/${id}/apply`, keys.operator);
  expect(refused).toMatchObject({ status: 409, body: { code: 'protected_expert' } });
  expect(refused.body.detail).toContain('of the other model');
  await call('POST', '/models/other/protected-experts/0/1/unprotect', house.admin, { reason: 'the test goes on' });
});

it('refuses the recall of its version where another release would answer, unless there is evidence of that one', async () => {
  const recall = (key: string, override?: object) => call('POST', `/components/${sha('4')}/recall`, key, { reason: 'trained on data that was to be left out', ...(override ? { override } : {}) });
  expect(await recall(keys.operator)).toMatchObject({ status: 409, body: { code: 'protected_expert' } });
  expect((await call('GET', `/components/${sha('4')}/recall`, keys.operator)).body.recalled).toBeNull();
  const run = await finished('suite', OTHER_EXPERT, {}, 'pass');
  const done = await recall(keys.both, { evaluationId: run, reason: 'the other version refuses as well' });
  expect(done.status, JSON.stringify(done.body)).toBe(200);
  expect(done.body.models).toContainEqual(expect.objectContaining({ model: 'toy', outcome: 'stable-replaced', releaseId: OTHER_EXPERT }));
});

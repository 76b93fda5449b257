import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expertSetDigest, routerSetDigest } from '#libs/release/component-sets';
import { type ReleaseManifest } from '#libs/release/manifest';
import { ApiKeys } from '#libs/store/keys/api-keys';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { type Answer, GovernedHouse, sha } from './governed-house.ts';

type Person = Awaited<ReturnType<GovernedHouse['person']>>;

let postgres: TestPostgres;
let house: GovernedHouse;
let author: Person;
let first: Person;
let second: Person;
let operator: Person;
let admin: Person;

beforeAll(async () => {
  postgres = await startPostgres();
  house = new GovernedHouse();
  await house.start(await postgres.createDatabase());
  author = await house.person('author', ['releaser']);
  first = await house.person('first', ['approver']);
  second = await house.person('second', ['approver']);
  operator = await house.person('operator', ['operator']);
  admin = await house.person('root', ['admin']);
});

afterAll(async () => {
  await house?.stop();
  await postgres?.stop();
});

/** From here on the model changes only by approved requests. */
async function bind(model: string): Promise<void> {
  expect((await house.call(admin.key, 'PUT', `/models/${model}/governance`, { mode: 'required', reason: 'it serves people' }, { 'if-match': '"0"' })).status).toBe(200);
}

async function approved(change: object, kind: string): Promise<string> {
  const { id } = (await house.call(author.key, 'POST', '/changes', { title: 'A change', reason: 'It is better.', change })).body;
  await house.call(author.key, 'POST', `/changes/${id}/evidence`, { kind, title: kind, content: '{}', mediaType: 'application/json' });
  const { digest } = (await house.call(author.key, 'POST', `/changes/${id}/submit`, {})).body;
  expect((await house.call(first.key, 'POST', `/changes/${id}/approve`, { digest })).body.state).toBe('approved');
  return id;
}

const generation = async (model: string): Promise<string> => (await house.call(operator.key, 'GET', `/models/${model}/activation`)).etag ?? '';

async function rollBackExperts(model: string): Promise<Answer> {
  return house.call(operator.key, 'POST', `/models/${model}/rollback`, { part: 'experts', reason: 'the experts are bad' });
}

describe('where a model changes only by approved requests', () => {
  it('the card of a version that it holds is written by a request alone', async () => {
    const [version, other] = [sha('e'), sha('f')];
    await house.release('carded', [sha('2'), sha('3'), version]);
    await house.release('carded-freely', [sha('2'), sha('3'), other]);
    const card = { title: 'Law', forUse: 'contracts' };
    const put = (sha256: string, revision: string, body: object): Promise<Answer> => house.call(author.key, 'PUT', `/components/${sha256}/card`, body, { 'if-match': revision });
    expect((await put(version, '"0"', card)).status).toBe(200);
    await bind('carded');

    const refused = await put(version, '"1"', { ...card, forUse: 'everything' });
    expect(refused).toMatchObject({ status: 409, body: { code: 'change_required', detail: expect.stringMatching(/carded.*rescope-expert/) } });
    expect((await put(other, '"0"', card)).status).toBe(200);

    const id = await approved({ type: 'rescope-expert', model: 'carded', sha256: version, card: { ...card, notForUse: 'verse' } }, 'scope-card');
    expect((await house.call(operator.key, 'POST', `/changes/${id}/apply`, {})).body.state).toBe('applied');
    expect((await house.call(author.key, 'GET', `/components/${version}`)).body.card).toMatchObject({ notForUse: 'verse', revision: 2 });

    // The same for its routers: their cards must have a way too.
    const router = sha('1');
    expect((await put(router, '"0"', card)).body.code).toBe('change_required');
    const ofRouter = await approved({ type: 'rescope-expert', model: 'carded', sha256: router, card }, 'scope-card');
    expect((await house.call(operator.key, 'POST', `/changes/${ofRouter}/apply`, {})).body.state).toBe('applied');
  });

  it('a part is taken back alone only where that has answered before, whatever somebody records', async () => {
    const experts = [sha('2'), sha('4'), sha('8')];
    const stable = await house.release('parted');
    const both = await house.release('parted', experts, 2);
    const activate = async (releaseId: string): Promise<void> => {
      expect((await house.call(operator.key, 'PUT', '/models/parted/activation', { release: releaseId, reason: 'new' }, { 'if-match': await generation('parted') })).status).toBe(200);
    };
    await activate(both);
    const manifests: ReleaseManifest[] = await Promise.all([stable, both].map(async (id) => (await house.call(author.key, 'GET', `/releases/${id}`)).body.manifest));
    const record = { model: 'parted', routerSet: routerSetDigest(manifests[1]!), expertSet: expertSetDigest(manifests[0]!), verdict: 'evaluated', evidence: 'I say so' };
    await bind('parted');
    expect(await rollBackExperts('parted')).toMatchObject({ status: 409, body: { code: 'incompatible_parts' } });
    expect(await house.call(author.key, 'POST', '/compatibility', record)).toMatchObject({ status: 201 });
    expect(await rollBackExperts('parted')).toMatchObject({ status: 409, body: { code: 'change_required', detail: expect.stringContaining('has not answered') } });
    expect((await house.call(operator.key, 'POST', '/models/parted/rollback', {})).body).toMatchObject({ releaseId: stable });
  });

  it('a part is taken back alone where routers and experts answered together before', async () => {
    await house.release('served');
    const between = await house.release('served', undefined, 2);
    const last = await house.release('served', [sha('2'), sha('4'), sha('8')], 2);
    const back = await house.release('served', undefined, 3);
    for (const releaseId of [between, back, last]) {
      expect((await house.call(operator.key, 'PUT', '/models/served/activation', { release: releaseId, reason: 'new' }, { 'if-match': await generation('served') })).status).toBe(200);
    }
    await bind('served');
    // The routing settings of the last release with the experts of the one before: what `between` was.
    expect((await rollBackExperts('served')).body).toMatchObject({ releaseId: between });
  });

  it('the canary of a request is promoted by that request, and a direct promotion says which', async () => {
    await house.release('led');
    const next = await house.release('led', [sha('2'), sha('4'), sha('8')]);
    await bind('led');
    const id = await approved({ type: 'activate', model: 'led', releaseId: next, strategy: { kind: 'canary', share: 0.1 } }, 'evaluation');
    expect((await house.call(operator.key, 'POST', `/changes/${id}/apply`, {})).body.state).toBe('applying');
    const direct = await house.call(operator.key, 'POST', '/models/led/promote', {}, { 'if-match': await generation('led') });
    expect(direct).toMatchObject({ status: 409, body: { code: 'change_required', detail: expect.stringContaining(`POST /api/v1/changes/${id}/promote`) } });
  });
});

describe('who handed out a key', () => {
  const account = async (by: string, name: string, roles: readonly string[]): Promise<string> => (await house.call(by, 'POST', '/accounts', { kind: 'user', name: `${name} ${randomUUID()}`, roles })).body.id;
  const keyFor = async (by: string, accountId: string): Promise<{ secret: string; issuedBy: string }> => (await house.call(by, 'POST', `/accounts/${accountId}/keys`, { name: 'k', scopes: ['admin'] })).body;

  it('has a hand in what is done with it, also where another handed out theirs, and so has that other', async () => {
    await house.release('handed');
    const next = await house.release('handed', [sha('2'), sha('4'), sha('8')]);
    const deputyId = await account(admin.key, 'deputy', ['admin']);
    const deputy = (await keyFor(admin.key, deputyId)).secret;
    const puppetId = await account(deputy, 'puppet', ['approver']);
    const puppet = await keyFor(deputy, puppetId);
    expect(puppet.issuedBy.split(',')).toEqual([deputyId, admin.id]);

    for (const writer of [deputy, admin.key]) {
      const { id } = (await house.call(writer, 'POST', '/changes', { title: 'Mine', reason: 'It is better.', change: { type: 'activate', model: 'handed', releaseId: next } })).body;
      await house.call(writer, 'POST', `/changes/${id}/evidence`, { kind: 'evaluation', title: 'e', content: '{}', mediaType: 'application/json' });
      const { digest } = (await house.call(writer, 'POST', `/changes/${id}/submit`, {})).body;
      expect(await house.call(puppet.secret, 'POST', `/changes/${id}/approve`, { digest })).toMatchObject({ status: 403, body: { code: 'own_change' } });
      const own = (await house.call(puppet.secret, 'POST', '/me/keys', { name: 'mine', scopes: ['read', 'approve'] })).body;
      expect(await house.call(own.secret, 'POST', `/changes/${id}/approve`, { digest })).toMatchObject({ status: 403, body: { code: 'own_change' } });
      expect((await house.call(second.key, 'POST', `/changes/${id}/approve`, { digest })).status).toBe(200);
    }
    expect((await new ApiKeys(house.dataSource).listOf(puppetId)).map(({ issuedBy }) => issuedBy)).toEqual(Array.from({ length: 3 }, () => `${deputyId},${admin.id}`));
  });

  it('counts through a session that the key opened', async () => {
    await house.release('in-session');
    const next = await house.release('in-session', [sha('2'), sha('4'), sha('8')]);
    const puppet = await keyFor(admin.key, await account(admin.key, 'browsing', ['approver']));
    const opened = await fetch(`${house.url}/api/v1/session`, { method: 'POST', headers: { authorization: `Bearer ${puppet.secret}` } });
    const cookie = opened.headers.get('set-cookie')!.split(';')[0]!;
    const { csrfToken } = (await opened.json()) as { csrfToken: string };
    const { id } = (await house.call(admin.key, 'POST', '/changes', { title: 'Mine', reason: 'It is better.', change: { type: 'activate', model: 'in-session', releaseId: next } })).body;
    await house.call(admin.key, 'POST', `/changes/${id}/evidence`, { kind: 'evaluation', title: 'e', content: '{}', mediaType: 'application/json' });
    const { digest } = (await house.call(admin.key, 'POST', `/changes/${id}/submit`, {})).body;
    const answer = await fetch(`${house.url}/api/v1/changes/${id}/approve`, { method: 'POST', headers: { cookie, 'x-csrf-token': csrfToken, 'content-type': 'application/json' }, body: JSON.stringify({ digest }) });
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([403, 'own_change']);
  });
});

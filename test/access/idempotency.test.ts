import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type OpenApiDocument } from '#libs/contract/api/openapi';
import { AccessHouse, type Answer } from './access-house.ts';

const house = new AccessHouse();
beforeAll(() => house.start());
afterAll(() => house.stop());

let name: string;
beforeEach(() => {
  name = `app ${randomUUID()}`;
});

const post = (path: string, body: unknown, idempotencyKey: string, key = house.admin): Promise<Answer> =>
  house.call(`/api/v1${path}`, { method: 'POST', body, key, headers: { 'idempotency-key': idempotencyKey } });
const account = (roles: string[] = []): unknown => ({ kind: 'service', name, roles });
const countOf = async (): Promise<number> => Number((await house.dataSource.query('SELECT count(*) FROM signalbox.account WHERE name = $1', [name]))[0].count);

describe('a POST with an Idempotency-Key', () => {
  it('is done once, and answered again as the first time', async () => {
    const key = randomUUID();
    const first = await post('/accounts', account(), key);
    const again = await post('/accounts', account(), key);
    expect([first.status, first.headers.get('idempotency-replayed')]).toEqual([201, null]);
    expect([again.status, again.headers.get('idempotency-replayed'), again.headers.get('etag')]).toEqual([201, 'true', '"1"']);
    expect(again.body).toEqual(first.body);
    expect(await countOf()).toBe(1);
  });

  it('is done once however many come at the same time', async () => {
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 8 }, () => post('/accounts', account(), key)));
    for (const { status, body } of answers) expect([status, status === 409 ? body.code : 'made']).toEqual(status === 409 ? [409, 'request_running'] : [201, 'made']);
    expect(answers.filter(({ headers, status }) => status === 201 && headers.get('idempotency-replayed') === null)).toHaveLength(1);
    expect(await countOf()).toBe(1);
  });

  it('tells its refusal again, though it would be done now', async () => {
    await post('/accounts', account(), randomUUID());
    const key = randomUUID();
    const refused = await post('/accounts', account(), key);
    expect(refused.body).toMatchObject({ status: 409, code: 'account_exists' });
    await house.dataSource.query('DELETE FROM signalbox.account WHERE name = $1', [name]);
    const again = await post('/accounts', account(), key);
    expect([again.status, again.body, again.headers.get('content-type')]).toEqual([409, refused.body, 'application/problem+json; charset=utf-8']);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
  });

  it('refuses the key with another body, path or operation', async () => {
    const key = randomUUID();
    await post('/accounts', account(), key);
    for (const [path, body] of [['/accounts', account(['viewer'])], ['/keys', { name, scopes: ['read'] }]] as const) {
      expect((await post(path, body, key)).body).toMatchObject({ status: 422, code: 'idempotency_key_reused', field: 'idempotency-key' });
    }
  });

  it('belongs to its account', async () => {
    const key = randomUUID();
    const other = await house.account(['admin']);
    expect((await post('/accounts', account(), key)).status).toBe(201);
    expect((await post('/accounts', account(), key, other.key)).body).toMatchObject({ code: 'account_exists' });
  });

  it('never shows or keeps a secret twice', async () => {
    const key = randomUUID();
    const made = await post('/keys', { name, scopes: ['read'] }, key);
    expect(made.status).toBe(201);
    expect((await post('/keys', { name, scopes: ['read'] }, key)).body).toMatchObject({ status: 409, code: 'secret_shown_once' });
    const rows = JSON.stringify(await house.dataSource.query('SELECT * FROM signalbox.idempotency_key'));
    expect(rows).not.toContain(made.body.secret.slice(13));
    // A refusal holds no secret, so it is told again.
    const refused = randomUUID();
    for (let i = 0; i < 2; i += 1) expect((await post('/keys', { name, scopes: ['root'] }, refused)).body).toMatchObject({ status: 400, field: 'scopes.0' });
  });

  it('is not run again when its process ended in the middle', async () => {
    const key = randomUUID();
    await post('/accounts', account(), key);
    await house.dataSource.query('UPDATE signalbox.idempotency_key SET status = NULL, body = NULL WHERE key = $1', [key]);
    expect((await post('/accounts', account(), key)).body).toMatchObject({ status: 409, code: 'request_running' });
    await house.dataSource.query(`UPDATE signalbox.idempotency_key SET created_at = created_at - interval '6 minutes' WHERE key = $1`, [key]);
    expect((await post('/accounts', account(), key)).body).toMatchObject({ status: 409, code: 'outcome_unknown' });
  });

  it('is forgotten after a day', async () => {
    const key = randomUUID();
    await post('/accounts', account(), key);
    await house.dataSource.query(`UPDATE signalbox.idempotency_key SET created_at = created_at - interval '25 hours' WHERE key = $1`, [key]);
    expect((await post('/accounts', account(['viewer']), key)).body).toMatchObject({ code: 'account_exists' });
  });

  it('keeps no answer of a server that failed', async () => {
    const key = randomUUID();
    await house.dataSource.query(`ALTER TABLE signalbox.account ADD CONSTRAINT fails CHECK (name <> '${name}') NOT VALID`);
    expect((await post('/accounts', account(), key)).status).toBe(500);
    await house.dataSource.query('ALTER TABLE signalbox.account DROP CONSTRAINT fails');
    expect((await post('/accounts', account(), key)).status).toBe(201);
  });

  it('wants a key of visible characters', async () => {
    for (const key of ['a b', 'x'.repeat(201)]) expect((await post('/accounts', account(), key)).body).toMatchObject({ status: 400, field: 'idempotency-key' });
  });
});

it('the document names the header for every POST', async () => {
  const { paths } = (await house.call('/api/openapi.json')).body as OpenApiDocument;
  const lacking = Object.entries(paths).filter(([path, { post: operation }]) => path.startsWith('/api/v1') && operation?.parameters.every(({ name: header }) => header !== 'idempotency-key') === true);
  expect(lacking.map(([path]) => path)).toEqual([]);
});

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type RouteName, ROUTES } from '#libs/contract/management/routes';
import { OPENAI_ROUTES } from '#libs/contract/openai/routes';
import { ControlModule } from './control.module.ts';
import { FakeHouse, NOW_MS, RELEASE } from './testing/fake-ports.ts';
import { packageRoot } from '#libs/platform/config/version';

const OTHER = 'd'.repeat(64);
const TRACED = '0197280f-6000-7000-8000-000000000001';

let house: FakeHouse;
let app: NestFastifyApplication;
let url: string;
let admin: string;
let reader: string;

beforeEach(async () => {
  house = new FakeHouse();
  admin = house.addKey('admin', ['admin', 'traces']);
  reader = house.addKey('reader', ['read']);
  house.addRelease(RELEASE, 'toy', 2, 4);
  for (let i = 0; i < 6; i += 1) {
    house.record(`0197280f-6000-7000-8000-00000000001${i}`, 'code', [[0, 1], [0, 1]], 10 + i);
    house.record(`0197280f-6000-7000-8000-00000000002${i}`, 'prose', [[0, 1], [2, 3]], 10 + i);
  }
  house.record(TRACED, 'rare', [[0, 1], [2, 3]], 4);
  app = await NestFactory.create<NestFastifyApplication>(ControlModule.over(house.providers(5)), new FastifyAdapter(), { logger: false, abortOnError: false });
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
});

afterEach(() => app.close());

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: any; // oxlint-disable-line typescript/no-explicit-any -- answers are checked against the contract below
}

async function call(path: string, { key = admin, method = 'GET', body, headers = {} }: { key?: string | null; method?: string; body?: unknown; headers?: Record<string, string> } = {}): Promise<Answer> {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { ...(key === null ? {} : { authorization: `Bearer ${key}` }), ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, body: answer.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text };
}

/** Answers must be what the contract says, field by field. */
async function get(route: RouteName, path: string): Promise<Answer['body']> {
  const { status, body } = await call(path);
  expect(status, JSON.stringify(body)).toBe(ROUTES[route].status);
  return ROUTES[route].response!.strict().parse(body);
}

describe('routing', () => {
  it('gives the matrix by layer and expert, with shares and gate mass', async () => {
    const usage = await get('getUsage', '/api/v1/usage');
    expect(usage).toMatchObject({ model: 'toy', releases: [RELEASE], experts: 4, topK: 2, groupBy: 'none' });
    const [group] = usage.groups;
    expect(group.requests).toBe(13);
    const rows = 2 * (10 + 11 + 12 + 13 + 14 + 15) + 4;
    expect(group.layers[0]).toMatchObject({ layer: 0, tokens: rows, load: [rows, rows, 0, 0], share: [0.5, 0.5, 0, 0] });
    expect(group.layers[0].gateMass[0]).toBeCloseTo(0.8 * rows, 0);
  });

  it('withholds a segment with too few requests, by name and without its number', async () => {
    const usage = await get('getUsage', '/api/v1/usage?groupBy=task');
    expect(usage.groups.map(({ group }: { group: string }) => group)).toEqual(['code', 'prose', 'rare']);
    expect(usage.groups[2]).toEqual({ group: 'rare', withheld: { reason: 'fewer_than_min_requests', minRequests: 5 } });
    expect((await get('getBalance', '/api/v1/balance?task=rare')).withheld).toBeDefined();
    expect((await get('getCoActivation', '/api/v1/co-activation?task=rare&layer=0')).withheld).toBeDefined();
    expect((await get('getUsage', '/api/v1/usage?task=nobody')).groups).toEqual([{ group: '', withheld: { reason: 'fewer_than_min_requests', minRequests: 5 } }]);
  });

  it('gives entropy with its interval, and names dead experts', async () => {
    const { layers } = await get('getBalance', '/api/v1/balance?layer=0');
    expect(layers).toHaveLength(1);
    expect(layers[0].entropyBits).toBeCloseTo(1, 1);
    expect(layers[0].entropyInterval.low).toBeLessThanOrEqual(layers[0].entropyBits);
    expect(layers[0]).toMatchObject({ maxViolation: 1, balancedness: 0.5, deadExperts: [2, 3], utilisation: [2, 2, 0, 0] });
    expect(layers[0].gateConfidence.p50).toBeCloseTo(0.8, 1);
  });

  it('tells how much the task says about the expert: nothing in layer 0, one bit in layer 1', async () => {
    const information = await get('getInformation', '/api/v1/information?by=task');
    expect(information).toMatchObject({ segments: ['code', 'prose'], withheldSegments: 1 });
    expect(information.layers[0].equalWeights.bits).toBe(0);
    expect(information.layers[1].equalWeights.uncorrectedBits).toBeCloseTo(1, 12);
    expect(information.layers[1].segments[0].distanceBits).toBeGreaterThan(0.3);
  });

  it('gives co-activation, time line and expert figures', async () => {
    const { matrix } = await get('getCoActivation', '/api/v1/co-activation?layer=0');
    expect(matrix).toEqual([[1, 1, 0, 0], [1, 1, 0, 0], null, null]);
    const { buckets } = await get('getTimeline', '/api/v1/timeline?step=minute');
    expect(buckets[0]).toMatchObject({ at: new Date(NOW_MS).toISOString(), requests: 13 });
    const { experts } = await get('getExperts', '/api/v1/experts');
    expect(experts).toHaveLength(2 * 4);
    expect(experts[1]).toMatchObject({ layer: 0, expert: 1, tokens: 5, latencyMs: { p50: null }, weightBytes: 77 });
    expect(experts[4]).toEqual({ layer: 1, expert: 0, tokens: 0, runs: 0, latencyMs: { p50: null, p95: null, p99: null }, weightBytes: null });
  });

  it.each([
    ['/api/v1/usage?from=yesterday', 'from', /2026-01-31T12:00:00Z/],
    ['/api/v1/usage?from=2027-01-01T00:00:00Z', 'from', /before/],
    ['/api/v1/usage?layer=2', 'layer', /0 to 1/],
    ['/api/v1/usage?layer=x', 'layer', /layer number/],
    ['/api/v1/usage?tenat=x', 'tenat', /spelling/],
    ['/api/v1/usage?groupBy=colour', 'groupBy', /none, release, tenant, task or language/],
    ['/api/v1/co-activation', 'layer', /layer number/],
    ['/api/v1/timeline?step=minute&from=2020-01-01T00:00:00Z', 'from', /1500 buckets/],
    ['/api/v1/usage?release=abc', 'release', /64/],
    ['/api/v1/traces?limit=201', 'limit', /1 to 200/],
    ['/api/v1/traces?cursor=nonsense', 'cursor', /nextCursor/],
    ['/api/v1/traces?flag=odd', 'flag', /any or none/],
    ['/api/v1/traces?minDurationMs=-1', 'minDurationMs', /milliseconds/],
    ['/api/v1/traces?order=slowest&startAt=2026-01-31T12:00:00Z', 'startAt', /newest or oldest/],
    ['/api/v1/traces?startAt=2026-01-31T12:00:00Z&cursor=x', 'startAt', /once there is a cursor/],
  ])('says what is wrong with %s', async (path, field, remedy) => {
    const { status, headers, body } = await call(path);
    expect(status).toBe(400);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(body.field).toBe(field);
    expect(body.detail).toMatch(remedy);
  });

  it('asks for a model once there are two, and refuses to add different shapes', async () => {
    house.addRelease(OTHER, 'other', 2, 4);
    expect((await call('/api/v1/usage')).body).toMatchObject({ status: 400, field: 'model', detail: expect.stringContaining('toy, other') });
    house.addRelease('e'.repeat(64), 'toy', 3, 4);
    expect((await call('/api/v1/usage?model=toy')).body).toMatchObject({ status: 409, code: 'shapes_differ' });
    expect((await call('/api/v1/usage?model=none')).body).toMatchObject({ status: 404, field: 'model' });
    expect((await call(`/api/v1/usage?release=${RELEASE}`)).status).toBe(200);
  });
});

describe('keys and scopes', () => {
  it('wants a key that is known and has the scope', async () => {
    expect((await call('/api/v1/usage', { key: null })).body).toMatchObject({ status: 401, code: 'key_missing' });
    expect((await call('/api/v1/usage', { key: 'wrong'.repeat(8) })).body).toMatchObject({ status: 401, code: 'key_unknown' });
    expect((await call('/api/v1/keys', { key: reader })).body).toMatchObject({ status: 403, detail: expect.stringContaining('permission administer') });
    expect((await call(`/api/v1/traces/${TRACED}`, { key: house.addKey('boss', ['admin']) })).status).toBe(403);
    expect((await call('/api/v1/usage', { key: reader })).status).toBe(200);
  });

  it('creates a key, shows its secret once, and revokes it', async () => {
    const { status, body } = await call('/api/v1/keys', { method: 'POST', body: { name: 'ci', scopes: ['read'] } });
    expect(status).toBe(201);
    expect((await call('/api/v1/usage', { key: body.secret })).status).toBe(200);
    expect(JSON.stringify(await get('listKeys', '/api/v1/keys'))).not.toContain(body.secret);
    expect(JSON.stringify(house.audit)).not.toContain(body.secret);
    expect((await call(`/api/v1/keys/${body.id}`, { method: 'DELETE' })).body.revokedAt).not.toBeNull();
    expect((await call('/api/v1/usage', { key: body.secret })).body).toMatchObject({ status: 401, code: 'key_revoked' });
    expect(house.audit.map(({ action }) => action)).toEqual(['key.create', 'key.revoke']);
  });

  it('keeps the key in use and names wrong scopes', async () => {
    const { body: keys } = await call('/api/v1/keys');
    const own = keys.items.find(({ name }: { name: string }) => name === 'admin');
    expect((await call(`/api/v1/keys/${own.id}`, { method: 'DELETE' })).body).toMatchObject({ status: 409, code: 'key_in_use' });
    const { body } = await call('/api/v1/keys', { method: 'POST', body: { name: 'x', scopes: ['root'] } });
    expect(body).toMatchObject({ status: 400, field: 'scopes.0', detail: expect.stringContaining('audit, administer or admin') });
    expect((await call('/api/v1/keys', { method: 'POST', body: '{"name"' })).body).toMatchObject({ status: 400, code: 'invalid_request', detail: expect.stringContaining('JSON') });
  });
});

describe('traces', () => {
  it('shows a trace token by token and writes down who looked', async () => {
    const trace = await get('getTrace', `/api/v1/traces/${TRACED}`);
    expect(trace).toMatchObject({ totalRows: 4, nextOffset: null, topK: 2 });
    expect(trace.tokens[3]).toMatchObject({ row: 3, choice: 0, tokenId: 3, text: '<3>', experts: [[0, 1], [2, 3]], flags: [] });
    expect(trace.tokens[0].choice).toBeNull();
    expect(trace.tokens[0].gates[0][0]).toBeCloseTo(0.8, 2);
    expect(house.audit).toMatchObject([{ action: 'trace.read', subject: `request/${TRACED}`, detail: { actorName: 'admin' } }]);
    expect((await get('listAudit', '/api/v1/audit')).items[0]).toMatchObject({ action: 'trace.read' });
    expect(await get('getTrace', `/api/v1/traces/${TRACED}?offset=1&rows=2`)).toMatchObject({ nextOffset: 3, tokens: [{ row: 1 }, { row: 2 }] });
  });

  it('gives nothing when the look cannot be written down', async () => {
    house.failAudit = true;
    const { status, body } = await call(`/api/v1/traces/${TRACED}`);
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toContain('tokens');
  });

  it('tells an unknown id from one whose trace is past retention', async () => {
    expect((await call('/api/v1/traces/0197280f-6000-7000-8000-0000000000ff')).body).toMatchObject({ status: 410, code: 'trace_expired' });
    const recent = NOW_MS.toString(16).padStart(12, '0');
    expect((await call(`/api/v1/traces/${recent.slice(0, 8)}-${recent.slice(8)}-7000-8000-000000000000`)).body).toMatchObject({ status: 404 });
    expect((await call('/api/v1/traces/abc')).body).toMatchObject({ status: 400, field: 'requestId' });
  });

  it('tells what is known of a request without a look, and to nobody without the permission', async () => {
    expect(await get('getRequest', `/api/v1/requests/${TRACED}`)).toMatchObject({ requestId: TRACED, flags: [], status: 'answered' });
    expect(await get('countTraces', '/api/v1/traces/count')).toEqual({ requests: 13, isExact: true });
    expect(house.audit).toEqual([]);
    for (const path of [`/api/v1/requests/${TRACED}`, '/api/v1/traces/count', '/api/v1/traces']) expect((await call(path, { key: house.addKey('boss', ['admin']) })).status).toBe(403);
    expect((await call('/api/v1/requests/0197280f-6000-7000-8000-0000000000ff')).body).toMatchObject({ status: 410 });
  });

  it('lists by cursor, each request once', async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Answer['body'] = await get('listTraces', `/api/v1/traces?limit=5${cursor ? `&cursor=${cursor}` : ''}`);
      seen.push(...page.items.map(({ requestId }: { requestId: string }) => requestId));
      cursor = page.nextCursor;
    } while (cursor);
    expect(new Set(seen).size).toBe(13);
    expect(seen).toHaveLength(13);
  });
});

describe('models and releases', () => {
  it('activates with the generation that was seen, and not with an older one', async () => {
    house.addRelease(OTHER, 'toy', 2, 4);
    const path = '/api/v1/models/toy/activation';
    const seen = await call(path);
    expect(seen.headers.get('etag')).toBe('"1"');
    expect((await call(path, { method: 'PUT', body: { release: OTHER } })).body).toMatchObject({ status: 428, field: 'if-match' });
    const put = (generation: string, release = OTHER) => call(path, { method: 'PUT', body: { release }, headers: { 'if-match': generation } });
    expect((await put('"1"')).body).toMatchObject({ releaseId: OTHER, generation: 2 });
    expect((await put('"1"', RELEASE)).body).toMatchObject({ status: 412, detail: expect.stringMatching(/"2".*admin.*did activate at 2026/) });
    expect((await put('"2"', 'f'.repeat(64))).body).toMatchObject({ status: 404, field: 'release' });
    expect(house.audit).toMatchObject([{ action: 'activation.activate', detail: { cause: 'direct' }, before: { stable: RELEASE }, after: { stable: OTHER, generation: 2 } }]);
  });

  it('lists releases and models, and gives a manifest', async () => {
    house.addRelease(OTHER, 'toy', 2, 4);
    const page = await get('listReleases', '/api/v1/releases?limit=1');
    expect(page.items[0].releaseId).toBe(RELEASE);
    expect((await get('listReleases', `/api/v1/releases?limit=1&cursor=${page.nextCursor}`)).items[0].releaseId).toBe(OTHER);
    expect((await get('listModels', '/api/v1/models')).items).toMatchObject([{ model: 'toy', generation: 1 }]);
    expect((await get('getRelease', `/api/v1/releases/${RELEASE}`)).manifest.model).toBe('toy');
    expect((await call('/api/v1/models/nope/activation')).status).toBe(404);
  });
});

describe('imports', () => {
  const order = { directory: import.meta.dirname, model: 'toy' };

  it('runs an import and reports its progress and release', async () => {
    house.importer = {
      run: async (_, __, onProgress) => {
        onProgress({ stage: 'writing', doneBytes: 5, totalBytes: 10 });
        return { releaseId: RELEASE, summary: 'expert release', warnings: ['left out: x'] };
      },
    };
    const { status, body } = await call('/api/v1/imports', { method: 'POST', body: order });
    expect(status).toBe(202);
    await vi.waitFor(async () => expect(await get('getImport', `/api/v1/imports/${body.id}`)).toMatchObject({ state: 'succeeded', releaseId: RELEASE, summary: 'expert release', warnings: ['left out: x'], progress: { phase: 'writing', doneBytes: 5 } }));
    expect(house.audit).toMatchObject([{ action: 'import.create' }]);
  });

  it('runs one at a time, cancels the one that waits and the one that runs', async () => {
    let running = 0;
    let most = 0;
    house.importer = {
      run: (_, signal) =>
        new Promise((_resolve, reject) => {
          running += 1;
          most = Math.max(most, running);
          signal.addEventListener('abort', () => {
            running -= 1;
            reject(signal.reason);
          });
        }),
    };
    const first = (await call('/api/v1/imports', { method: 'POST', body: order })).body;
    const second = (await call('/api/v1/imports', { method: 'POST', body: order })).body;
    await vi.waitFor(() => expect(running).toBe(1));
    expect((await call(`/api/v1/imports/${second.id}`, { method: 'DELETE' })).body.state).toBe('cancelled');
    expect((await call(`/api/v1/imports/${first.id}`, { method: 'DELETE' })).body.state).toBe('cancelled');
    await vi.waitFor(() => expect(running).toBe(0));
    expect(most).toBe(1);
    expect((await call(`/api/v1/imports/${first.id}`, { method: 'DELETE' })).body).toMatchObject({ status: 409, code: 'import_ended' });
    expect((await get('listImports', '/api/v1/imports')).items).toHaveLength(2);
  });

  it('tells what is wrong with a checkpoint in its own words, and hides what is not for callers', async () => {
    house.importer = {
      run: async () => {
        throw Object.assign(new Error('model.safetensors ends early'), { name: 'CheckpointError', reason: 'truncated-file', field: null });
      },
    };
    const { body } = await call('/api/v1/imports', { method: 'POST', body: order });
    await vi.waitFor(async () => expect(await get('getImport', `/api/v1/imports/${body.id}`)).toMatchObject({ state: 'failed', error: { code: 'truncated-file', message: 'model.safetensors ends early' } }));
  });

  it.each([
    [{ directory: 'models', model: 'toy' }, 'directory', /absolute/],
    [{ directory: '/no/such/folder', model: 'toy' }, 'directory', /no such folder/],
    [{ directory: import.meta.filename, model: 'toy' }, 'directory', /is a file/],
    [{ directory: '/tmp' }, 'model', /./],
    [{ directory: '/tmp', model: 'a b' }, 'model', /letters/],
    [{ directory: '/tmp', model: 'a', force: true }, 'force', /spelling/],
  ])('refuses %o', async (body, field, remedy) => {
    const answer = await call('/api/v1/imports', { method: 'POST', body });
    expect(answer.body).toMatchObject({ status: 400, field });
    expect(answer.body.detail).toMatch(remedy);
  });

  it('marks what a former process left unfinished', async () => {
    house.jobs.set('x', { id: crypto.randomUUID(), ...order, status: 'running', progress: null, error: null, releaseId: null, parentRelease: null, derivation: null, summary: null, warnings: [], createdAtMs: 1, finishedAtMs: null });
    house.jobs.set(house.jobs.get('x')!.id, house.jobs.get('x')!);
    house.jobs.delete('x');
    const again = await NestFactory.create<NestFastifyApplication>(ControlModule.over(house.providers(5)), new FastifyAdapter(), { logger: false, abortOnError: false });
    await again.init();
    await again.close();
    expect([...house.jobs.values()]).toMatchObject([{ status: 'failed', error: { code: 'interrupted' } }]);
  });
});

describe('description', () => {
  it('serves OpenAPI 3.1 and a page without a script or anything from elsewhere', async () => {
    const { body } = await call('/api/openapi.json', { key: null });
    expect(body).toMatchObject({ openapi: '3.1.0', info: { version: '9.9.9' } });
    const page = await call('/api/docs', { key: null });
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.body).not.toMatch(/<script|<link|<img|@import|url\(/);
    // Only its own address, in examples.
    expect(page.body.replaceAll(url, '')).not.toMatch(/https?:\/\//);
    for (const { operationId } of Object.values({ ...ROUTES, ...OPENAI_ROUTES })) expect(page.body).toContain(`id="${operationId}"`);
  });

  it('gives a browser the console at the bare address and at that of any view, or the description where the console is not built', async () => {
    const answers = await Promise.all(['/', '/alerts/rules'].map((path) => fetch(`${url}${path}`, { redirect: 'manual' })));
    if (existsSync(join(packageRoot(), 'dist', 'console', 'index.html'))) {
      for (const answer of answers) {
        expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
        expect(await answer.text()).toContain('<div id="root">');
      }
    } else expect(answers.map(({ status, headers }) => [status, headers.get('location')])[0]).toEqual([302, '/api/docs']);
    for (const path of ['/api/v9/alerts', '/assets/none.js']) expect((await fetch(`${url}${path}`)).status, path).toBe(404);
  });

  it('answers what is not there as a problem', async () => {
    expect((await call('/api/v1/nothing')).body).toMatchObject({ status: 404, code: 'not_found' });
  });
});

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type OpenApiDocument } from '#libs/contract/api/openapi';
import { FeedbackRouting } from '#libs/store/feedback/feedback-routing';
import { AccessHouse, type Answer } from './access-house.ts';
import { EXPERTS, LAYERS, OTHER_RELEASE, saveRelease } from '../store/store.fixture.ts';
import { type CallerCase, makeCallers } from './callers.ts';
import { exampleRequest, missingIn, operationsOf, type PlacedOperation } from './operations.ts';

/**
 * Every operation of the management API against every kind of caller. What to expect follows from the
 * document that the running app serves, so an operation that is added is tested as it describes itself.
 */
const house = new AccessHouse();
let operations: PlacedOperation[];

let callers: CallerCase[];

beforeAll(async () => {
  await house.start();
  operations = operationsOf((await house.call('/api/openapi.json')).body as OpenApiDocument, '/api/v1');
  callers = await makeCallers(house);
  const routing = new FeedbackRouting(house.dataSource);
  for (const [requestId] of Object.values(house.requestIds)) {
    await giveFeedback(requestId!, house.admin);
    const kept = { requestId: requestId!, atMs: Date.now() - 60_000, releaseNumber: 1, experts: EXPERTS, shares: new Float64Array(LAYERS * EXPERTS).fill(0.25) };
    await routing.transaction((manager) => routing.keep(manager, kept, false));
  }
});
afterAll(() => house.stop());

const giveFeedback = (requestId: string, key: string): Promise<Answer> => house.call('/api/v1/feedback', { method: 'POST', key, body: { requestId, score: 1 } });

type Expected = 'anything' | 'no-caller' | 'permission_missing' | 'tenant_bound';

function expectedOf({ operation }: PlacedOperation, { may, tenant }: CallerCase): Expected {
  const needs = operation['x-signalbox-needs'];
  if (needs === 'public') return 'anything';
  if (may === null) return 'no-caller';
  if (needs !== 'caller' && !may.includes(needs)) return 'permission_missing';
  return tenant !== null && operation['x-signalbox-tenancy'] === 'none' ? 'tenant_bound' : 'anything';
}

/** Refusals that come after the gate, for reasons of the operation's own: its answer is 403 with this code. */
const OWN_REFUSALS: Readonly<Record<string, readonly string[]>> = {
  // The example asks for a scope that this caller does not have.
  createOwnKey: ['scope_beyond_caller'],
};

/** One of Expected, or what it was instead. */
function outcomeOf(name: string, { status, body }: Answer): string {
  const code: unknown = body?.code;
  if (status === 401) return 'no-caller';
  if (status !== 403) return status >= 500 ? `a failure: ${JSON.stringify(body)}` : 'anything';
  return typeof code === 'string' && OWN_REFUSALS[name]?.includes(code) ? 'anything' : String(code);
}

describe('the document', () => {
  it('says of every operation what it needs, its tenancy and an example', () => {
    expect(operations.length).toBeGreaterThan(30);
    expect(operations.flatMap(missingIn)).toEqual([]);
  });

  it('names every route that the server answers, and only those', () => {
    const served = house.routes.filter((route) => route.includes(' /api/v1') && !route.startsWith('head ')).map((route) => route.replaceAll(/:(\w+)/g, '{$1}'));
    expect(served.toSorted()).toEqual(operations.map(({ method, path }) => `${method} ${path}`).toSorted());
  });
});

it('every operation lets in exactly those whom its document names', async () => {
  const wrong: string[] = [];
  let calls = 0;
  for (const placed of operations) {
    for (const caller of callers) {
      const { path, options } = exampleRequest(placed);
      const answer = await house.call(path, { ...options, key: caller.key });
      calls += 1;
      const expected = expectedOf(placed, caller);
      const outcome = outcomeOf(placed.operation.operationId, answer);
      if (outcome !== expected) wrong.push(`${placed.operation.operationId} by ${caller.name}: expected ${expected}, got ${outcome} (${answer.status})`);
    }
  }
  expect(wrong).toEqual([]);
  expect(calls).toBe(operations.length * callers.length);
  process.stdout.write(`authorisation: ${operations.length} operations x ${callers.length} callers = ${calls} calls\n`);
});

it('opens traces for a list of touched requests only for whoever may open traces', async () => {
  const { path } = exampleRequest(operations.find(({ operation }) => operation.operationId === 'listRecallRequests')!, { selected: 'true' });
  const outcomes: unknown[] = [];
  for (const roles of [['operator'], ['trace-reader'], ['operator', 'trace-reader']] as const) {
    const { key } = await house.account(roles);
    const { status, body } = await house.call(path, { key });
    outcomes.push([status, body.code, /permission \w+/.exec(body.detail)?.[0]]);
  }
  expect(outcomes).toEqual([[403, 'permission_missing', 'permission traces'], [403, 'permission_missing', 'permission operate'], [404, 'component_not_found', undefined]]);
});

it('no operation that changes something takes a session without its token', async () => {
  const { key } = await house.account(['admin', 'trace-reader']);
  const opened = await house.call('/api/v1/session', { method: 'POST', key });
  const cookie = opened.headers.get('set-cookie')!.split(';')[0]!;
  const wrong: string[] = [];
  for (const placed of operations.filter(({ operation }) => operation['x-signalbox-needs'] !== 'public')) {
    const { path, options } = exampleRequest(placed);
    const { status, body } = await house.call(path, { ...options, key: null, headers: { ...options.headers, cookie } });
    const isRefused = status === 403 && body.code === 'csrf_token_wrong';
    if (isRefused !== (placed.method !== 'get') || status === 401) wrong.push(`${placed.operation.operationId}: ${status} ${body?.code}`);
  }
  expect(wrong).toEqual([]);
});

describe('a caller bound to a tenant', () => {
  const FILTERS = { layer: '0', from: '2020-01-01T00:00:00Z' };
  const takes = ({ operation }: PlacedOperation, name: string): boolean => operation.parameters.some((parameter) => parameter.in === 'query' && parameter.name === name);
  const ownTenant = (): PlacedOperation[] => operations.filter(({ operation }) => operation['x-signalbox-tenancy'] === 'own');

  /** Operations that give a caller its own by other means than a `tenant` to ask for; each has a test of its own. */
  const OWN_BY_OTHER_MEANS: Readonly<Record<string, string>> = {
    getTrace: 'below', getRequest: 'below', createFeedback: 'below', createFeedbackBatch: 'below',
    getMe: 'accounts.test.ts', listOwnKeys: 'accounts.test.ts', createOwnKey: 'below', revokeOwnKey: 'accounts.test.ts',
    streamEvents: 'test/control/events.test.ts',
    listOwnSessions: 'sessions.test.ts', endOwnSession: 'sessions.test.ts', openSession: 'sessions.test.ts', closeSession: 'sessions.test.ts',
  };

  it('is known to get its own part of every operation that gives one', () => {
    const unknown = ownTenant().filter((placed) => !takes(placed, 'tenant') && !(placed.operation.operationId in OWN_BY_OTHER_MEANS));
    expect(unknown.map(({ operation }) => operation.operationId)).toEqual([]);
  });

  it('gets what everybody gets of its tenant, and may ask for no other', async () => {
    const everyone = await house.account(['admin', 'trace-reader']);
    const bound = await house.account(['admin', 'trace-reader'], { tenant: 'acme' });
    const compared: string[] = [];
    // A minute that passes between two calls is part of many an answer.
    house.stoppedAtMs = Date.now();
    onTestFinished(() => void (house.stoppedAtMs = null));
    for (const placed of ownTenant().filter((one) => takes(one, 'tenant'))) {
      const name = placed.operation.operationId;
      const filters = Object.fromEntries(Object.entries({ ...FILTERS, ...(takes(placed, 'step') ? { from: new Date(Date.now() - 3_600_000).toISOString() } : {}) }).filter(([filter]) => takes(placed, filter)));
      const ask = async (key: string, query: Record<string, string>): Promise<Answer> => {
        // The examples ask for a task that the recorded requests are not of.
        const task: Record<string, string> = placed.operation.parameters.some((parameter) => parameter.name === 'task' && parameter.example !== undefined) ? { task: 'code' } : {};
        const { path, options } = exampleRequest(placed, { ...filters, ...task, ...query });
        return house.call(path, { ...options, key });
      };
      const [own, ofTenant, all, other] = [await ask(bound.key, {}), await ask(everyone.key, { tenant: 'acme', ...(takes(placed, 'otherTenant') ? { otherTenant: 'acme' } : {}) }), await ask(everyone.key, {}), await ask(bound.key, { tenant: 'umbrella' })];
      expect([own.status, other.status, other.body.code, other.body.field], `${name}: ${JSON.stringify(own.body)}`).toEqual([200, 403, 'tenant_bound', 'tenant']);
      expect(own.body, name).toEqual(ofTenant.body);
      expect(own.body, `${name} would give the same without a tenant`).not.toEqual(all.body);
      expect(JSON.stringify(own.body), name).not.toContain('umbrella');
      for (const id of house.requestIds.umbrella) expect(JSON.stringify(own.body), name).not.toContain(id);
      compared.push(name);
    }
    expect(compared).toEqual(expect.arrayContaining(['getUsage', 'getBalance', 'getCoActivation', 'getInformation', 'getTimeline', 'listTraces']));
  });

  it('opens its own traces, and finds none of others', async () => {
    const { key } = await house.account(['trace-reader'], { tenant: 'acme' });
    const open = (id: string): Promise<Answer> => house.call(`/api/v1/traces/${id}`, { key });
    expect((await open(house.requestIds.acme[0]!)).body.request.segment.tenant).toBe('acme');
    const foreign = await open(house.requestIds.umbrella[0]!);
    const absent = await open('0197280f-6000-4000-8000-000000000001');
    expect([foreign.status, foreign.body]).toEqual([404, absent.body]);
    const know = async (id: string): Promise<number> => (await house.call(`/api/v1/requests/${id}`, { key })).status;
    expect([await know(house.requestIds.acme[0]!), await know(house.requestIds.umbrella[0]!)]).toEqual([200, 404]);
    const listed = (await house.call('/api/v1/traces?limit=200', { key })).body.items.map(({ requestId }: { requestId: string }) => requestId);
    expect(listed.toSorted()).toEqual(house.requestIds.acme.toSorted());
  });

  it('scores its own requests only', async () => {
    const { key } = await house.account(['operator'], { tenant: 'acme' });
    expect((await giveFeedback(house.requestIds.acme[1]!, key)).status).toBe(201);
    expect((await giveFeedback(house.requestIds.umbrella[1]!, key)).status).toBe(404);
    const items = [house.requestIds.umbrella[1]!, house.requestIds.acme[2]!].map((requestId) => ({ requestId, score: 0 }));
    const batch = await house.call('/api/v1/feedback/batch', { method: 'POST', key, body: { items } });
    expect(batch.body.results.map(({ outcome }: { outcome: string }) => outcome)).toEqual(['request_not_found', 'kept']);
  });

  it('learns of no other tenant from what is shared', async () => {
    await saveRelease(house.dataSource, OTHER_RELEASE, Date.now());
    const plan = {
      model: 'toy', candidate: OTHER_RELEASE, scope: { segment: { tenant: 'umbrella' }, routeSlice: null },
      steps: [{ share: 0.1, bakeMs: 60_000, minRequests: 10, maxMs: 600_000 }], guards: [{ kind: 'error-rate' }],
    };
    const started = await house.call('/api/v1/rollouts', { method: 'POST', body: { plan, reason: 'umbrella asked for it' } });
    expect(started.status).toBe(201);
    const { key } = await house.account(['admin'], { tenant: 'acme' });
    const told: string[] = [];
    let answered = 0;
    for (const placed of operations.filter(({ method, operation }) => method === 'get' && operation['x-signalbox-tenancy'] === 'shared')) {
      const { path, options } = exampleRequest(placed);
      const { status, body } = await house.call(path.replace('tiny-mixtral', 'toy').replace('0197280f-6000-7000-8000-000000000001', started.body.id), { ...options, key });
      answered += status === 200 ? 1 : 0;
      if (JSON.stringify(body).includes('umbrella')) told.push(placed.operation.operationId);
    }
    expect(told).toEqual([]);
    expect(answered).toBeGreaterThan(5);
    const own = await house.account(['viewer'], { tenant: 'umbrella' });
    expect((await house.call('/api/v1/models/toy/activation', { key: own.key })).body.canary.scope.segment).toEqual({ tenant: 'umbrella' });
    expect((await house.call(`/api/v1/rollouts/${started.body.id}/abort`, { method: 'POST', body: {} })).status).toBe(200);
  });

  it('makes itself keys of its tenant only', async () => {
    const { id } = await house.account(['viewer']);
    const { key } = await house.key({ accountId: id, tenant: 'acme' });
    const made = (await house.call('/api/v1/me/keys', { method: 'POST', key, body: { name: 'k', scopes: ['read'] } })).body;
    expect(made.tenant).toBe('acme');
    expect((await house.call('/api/v1/me', { key: made.secret })).body.tenant).toBe('acme');
  });
});

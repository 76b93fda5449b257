import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ROUTES } from '#libs/contract/management/routes';
import { ControlModule } from '../control.module.ts';
import { FakeHouse, NOW_MS, RELEASE } from '../testing/fake-ports.ts';

const OTHER = 'd'.repeat(64);
let house: FakeHouse;
let app: NestFastifyApplication;
let url: string;
let key: string;

beforeEach(async () => {
  house = new FakeHouse();
  key = house.addKey('ann', ['admin']);
  house.addRelease(RELEASE, 'toy', 2, 4);
  house.addRelease(OTHER, 'toy', 2, 4);
  app = await NestFactory.create<NestFastifyApplication>(ControlModule.over(house.providers(5)), new FastifyAdapter(), { logger: false, abortOnError: false });
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
});
afterEach(() => app.close());

interface Answer {
  readonly status: number;
  readonly body: any; // oxlint-disable-line typescript/no-explicit-any -- parsed by the contract where it matters
}

async function call(method: string, path: string, body?: unknown, generation?: number): Promise<Answer> {
  const headers = { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...(generation === undefined ? {} : { 'if-match': `"${generation}"` }) };
  const answer = await fetch(`${url}/api/v1${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  return { status: answer.status, body: await answer.json() };
}

it('starts, widens and promotes a canary, and goes back without having read', async () => {
  const started = await call('POST', '/models/toy/canary', { release: OTHER, share: 0.05, segment: { task: 'code', tenant: '' }, routeSlice: { experts: ['expert/0/1'], minShare: 0.2 } }, 1);
  expect(ROUTES.startCanary.response.parse(started.body)).toMatchObject({
    releaseId: RELEASE, generation: 2, canary: { releaseId: OTHER, share: 0.05, stickyBy: 'key', scope: { segment: { task: 'code' }, routeSlice: { minShare: 0.2 } } },
  });
  expect((await call('PUT', '/models/toy/canary/share', { share: 0.5 }, 2)).body.canary.share).toBe(0.5);
  expect((await call('POST', '/models/toy/promote', {}, 3)).body).toMatchObject({ releaseId: OTHER, previousRelease: RELEASE, canary: null });
  expect((await call('POST', '/models/toy/rollback', { reason: 'worse' })).body).toMatchObject({ releaseId: RELEASE, generation: 5 });
  expect((await call('POST', '/models/toy/rollback', {})).body).toMatchObject({ status: 409, code: 'no_previous_release' });
  expect(house.audit.map(({ action }) => action)).toEqual(['activation.start-canary', 'activation.set-canary-share', 'activation.promote', 'activation.rollback']);
  expect(house.audit.at(-1)).toMatchObject({ before: { stable: OTHER, generation: 4 }, after: { stable: RELEASE, generation: 5 }, reason: 'worse', detail: { cause: 'direct', gate: 'way-back' } });
  const { items, nextCursor } = ROUTES.getActivationHistory.response.parse((await call('GET', '/models/toy/activation/history?limit=3')).body);
  expect(items.map(({ generation, command }) => [generation, command])).toEqual([[5, 'rollback'], [4, 'promote'], [3, 'set-canary-share']]);
  expect((await call('GET', `/models/toy/activation/history?limit=3&cursor=${nextCursor}`)).body.items).toHaveLength(1);
});

it.each([
  ['POST', '/models/toy/canary', { release: OTHER, share: 2 }, 400, 'share'],
  ['POST', '/models/toy/canary', { release: RELEASE, share: 1 }, 409, 'release'],
  ['POST', '/models/toy/canary', { release: OTHER, share: 1, routeSlice: { experts: ['router/1'], minShare: 1 } }, 400, 'routeSlice.experts.0'],
  ['POST', '/models/toy/promote', {}, 409, undefined],
  ['PUT', '/models/toy/canary/share', { share: 0.5 }, 409, undefined],
  ['POST', '/models/toy/abort', {}, 409, undefined],
  ['POST', '/models/toy/shadow/stop', {}, 409, undefined],
  ['POST', '/models/toy/rollback', { part: 'backbone' }, 400, 'part'],
  ['POST', '/models/toy/promote', { why: 'x' }, 400, 'why'],
])('refuses %s %s %o', async (method, path, body, status, field) => {
  const answer = await call(method, path, body, 1);
  expect(answer.body).toMatchObject({ status });
  expect(answer.body.field).toBe(field);
  expect(house.activations.states.get('toy')?.generation).toBe(1);
  expect(house.audit).toEqual([]);
});

it('locks the way forward, and no way back, where only approved changes may lead forward', async () => {
  expect((await call('PUT', '/models/toy/activation', { release: OTHER }, 1)).status).toBe(200);
  house.requiredModels.add('toy');
  expect((await call('POST', '/models/toy/shadow', { release: RELEASE, share: 1 }, 2)).body).toMatchObject({ status: 409, code: 'change_required', detail: expect.stringContaining('/api/v1/changes') });
  expect((await call('POST', '/models/toy/rollback', {})).status).toBe(200);
});

it('shows what each process serves, and when all have come along', async () => {
  const model = { model: 'toy', generation: 1, state: 'ready', detail: null, stable: RELEASE, canary: null, shadow: null, resident: [RELEASE] } as const;
  const process = (id: string, lastSeenAtMs: number) => ({ id, host: 'h', pid: 7, version: '1', startedAtMs: 0, lastSeenAtMs, models: [model] });
  house.activations.processes.push(process(crypto.randomUUID(), NOW_MS - 1000), process(crypto.randomUUID(), NOW_MS - 60_000));
  const seen = ROUTES.getActivation.response.parse((await call('GET', '/models/toy/activation')).body);
  expect(seen).toMatchObject({ converged: true, observed: [{ status: 'live', observedGeneration: 1 }, { status: 'unreachable' }] });
  await call('PUT', '/models/toy/activation', { release: OTHER }, 1);
  expect((await call('GET', '/models/toy/activation')).body).toMatchObject({ generation: 2, converged: false });
  expect(ROUTES.listProcesses.response.parse((await call('GET', '/processes')).body).items).toMatchObject([{ models: [{ model: 'toy', stable: RELEASE }] }, { status: 'unreachable' }]);
});

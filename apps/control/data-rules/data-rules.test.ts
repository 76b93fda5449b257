import { APP_FILTER, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DataRule, ruleSetDigest } from '#libs/governance/data-rules/rule-set';
import { type RouteName, ROUTES } from '#libs/contract/management/routes';
import { accessProviders } from '../accounts/access.ts';
import { ProblemFilter } from '../http/problem-filter.ts';
import { FakeHouse, RELEASE } from '../testing/fake-ports.ts';
import { dataRulesControllers, dataRulesProviders } from './data-rules-parts.ts';

class DataRulesModule {}

const PATH = '/api/v1/models/toy/data-rules';
const euOnly: DataRule = { id: 'eu-only', expert: 'expert/0/1', effect: 'allow-only', regions: ['eu'], note: 'licence 7' };
const VERSION = 'c'.repeat(64);

let house: FakeHouse;
let app: NestFastifyApplication;
let url: string;
let operator: string;
let reader: string;

beforeEach(async () => {
  house = new FakeHouse();
  operator = house.addKey('operator', ['read', 'operate']);
  reader = house.addKey('reader', ['read']);
  house.addRelease(RELEASE, 'toy', 2, 4);
  for (let at = 0; at < 4; at++) Object.assign(house.releases[0]!.manifest.components, { [`expert/1/${at}`]: String(at).repeat(64) });
  app = await NestFactory.create<NestFastifyApplication>(
    { module: DataRulesModule, controllers: dataRulesControllers, providers: [...house.providers(5), ...accessProviders, ...dataRulesProviders, { provide: APP_FILTER, useClass: ProblemFilter }] },
    new FastifyAdapter(),
    { logger: ['error'], abortOnError: false },
  );
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
});
afterEach(() => app.close());

interface Answer {
  readonly status: number;
  readonly etag: string | null;
  readonly body: any; // oxlint-disable-line typescript/no-explicit-any -- answers are checked against the contract below
}

async function call(route: RouteName, path: string, { key = operator, body, seen }: { key?: string; body?: unknown; seen?: number } = {}): Promise<Answer> {
  const answer = await fetch(`${url}${path}`, {
    method: ROUTES[route].method.toUpperCase(),
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...(seen === undefined ? {} : { 'if-match': `"${seen}"` }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const json: unknown = await answer.json();
  return { status: answer.status, etag: answer.headers.get('etag'), body: answer.ok ? ROUTES[route].response!.strict().parse(json) : json };
}
const put = (rules: readonly unknown[], seen: number, extra: object = {}) => call('putDataRules', PATH, { body: { rules, ...extra }, seen });
const check = (labels: object, extra: object = {}) => call('checkDataRules', `${PATH}/check`, { key: reader, body: { labels, ...extra } });

describe('data rules over the API', () => {
  it('begin with none, and each write is the next generation with its audit entry', async () => {
    expect(await call('getDataRules', PATH)).toMatchObject({ status: 200, etag: '"0"', body: { generation: 0, digest: null, rules: [], warnings: [] } });
    const first = await put([euOnly], 0, { reason: 'contract' });
    const digest = ruleSetDigest('toy', 1, [euOnly]);
    expect(first).toMatchObject({ status: 200, etag: '"1"', body: { generation: 1, digest, rules: [euOnly] } });
    await put([], 1);
    expect(house.audit.map(({ action, before, after, reason, detail }) => ({ action, before, after, reason, detail }))).toMatchObject([
      { action: 'data-rules.set', before: undefined, after: { generation: 1, digest, rules: [euOnly] }, reason: 'contract', detail: { cause: 'direct', digest } },
      { action: 'data-rules.set', before: { generation: 1, digest }, after: { generation: 2, rules: [] } },
    ]);
    const page = await call('listDataRulesHistory', `${PATH}/history?limit=1`);
    expect(page.body.items.map((one: { generation: number }) => one.generation)).toEqual([2]);
    expect((await call('listDataRulesHistory', `${PATH}/history?limit=1&cursor=${page.body.nextCursor}`)).body).toMatchObject({ items: [{ generation: 1, digest }], nextCursor: null });
  });

  it('refuse who saw another generation, saying what it is now, and write nothing', async () => {
    await put([euOnly], 0);
    expect(await put([], 0)).toMatchObject({ status: 412, body: { code: 'generation_changed', field: 'if-match', detail: expect.stringContaining('"1"') } });
    expect((await call('putDataRules', PATH, { body: { rules: [] } })).status).toBe(428);
    expect(house.audit).toHaveLength(1);
  });

  it.each<[string, unknown, string]>([
    ['an expert that no release has', { ...euOnly, expert: 'expert/0/9' }, 'rules[0].expert'],
    ['a version that is no expert', { ...euOnly, expert: `sha256:${'b'.repeat(64)}` }, 'rules[0].expert'],
    ['a router', { ...euOnly, expert: 'router/0' }, 'rules'],
    ['an empty list', { ...euOnly, regions: [] }, 'rules'],
    ['an unknown field', { ...euOnly, countries: ['de'] }, 'rules'],
  ])('refuse %s', async (_, rule, field) => {
    const answer = await put([rule], 0);
    expect(answer.status).toBe(400);
    expect(answer.body.field).toContain(field);
    expect(house.dataRules.sets).toEqual([]);
  });

  it('refuse two rules of one id, a model that is none, and who may not', async () => {
    expect(await put([euOnly, euOnly], 0)).toMatchObject({ status: 400, body: { field: 'rules[1].id' } });
    expect((await call('getDataRules', '/api/v1/models/none/data-rules')).status).toBe(404);
    expect((await call('putDataRules', PATH, { key: reader, body: { rules: [] }, seen: 0 })).status).toBe(403);
  });

  it('are written only by approved changes where the model requires them', async () => {
    house.requiredModels.add('toy');
    expect(await put([euOnly], 0)).toMatchObject({ status: 409, body: { code: 'change_required' } });
    expect(house.dataRules.sets).toEqual([]);
  });

  it('leave nothing when the audit entry cannot be written', async () => {
    house.failAudit = true;
    expect((await put([euOnly], 0)).status).toBe(500);
    expect(house.dataRules.sets).toEqual([]);
  });

  it('tell which experts a request would be kept from, in force and as a draft', async () => {
    await put([{ id: 'v', expert: `sha256:${VERSION}`, effect: 'deny', tenants: ['acme'] }, euOnly], 0);
    expect((await check({ tenant: 'acme', region: 'eu' })).body).toMatchObject({
      generation: 1,
      releases: [{ releaseId: RELEASE, outcome: 'masked', masked: [{ expert: 'expert/0/1', sha256: VERSION, rules: ['v'] }], tooFew: [], refused: null }],
    });
    expect((await check({ tenant: 'other', region: 'eu' })).body.releases).toMatchObject([{ outcome: 'unrestricted', masked: [] }]);
    const draft = Array.from({ length: 4 }, (_, at) => ({ id: `d${at}`, expert: `expert/1/${at}`, effect: 'allow-only', tenants: ['acme'] }));
    expect((await check({}, { rules: draft, release: RELEASE })).body).toMatchObject({
      digest: null,
      releases: [{ outcome: 'no-expert-left', refused: { layer: 1, rules: ['d0', 'd1', 'd2', 'd3'] } }],
      warnings: [{ reason: 'no-expert-left', tenant: null, layer: 1 }],
    });
    expect(await check({}, { release: 'e'.repeat(64) })).toMatchObject({ status: 404, body: { field: 'release' } });
    expect(house.audit).toHaveLength(1);
  });
});

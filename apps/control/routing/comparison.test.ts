import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROUTES } from '#libs/contract/management/routes';
import { clusteredCounts } from '#libs/stats/design-effect';
import { jensenShannonBits } from '#libs/stats/divergence';
import { type LayerFigures } from '#libs/store/usage/usage-query';
import { ControlModule } from '../control.module.ts';
import { BASELINES } from '../detection/detection-ports.ts';
import { FakeHouse, NOW_MS, RELEASE } from '../testing/fake-ports.ts';
import { compareLayers } from './comparison.ts';

const BASELINE = '0197280f-6000-7000-8000-0000000000b1';

let house: FakeHouse;
let app: NestFastifyApplication;
let reader: string;

beforeEach(async () => {
  house = new FakeHouse();
  reader = house.addKey('reader', ['read']);
  house.addRelease(RELEASE, 'toy', 2, 4);
  for (let i = 0; i < 6; i += 1) {
    house.record(`0197280f-6000-7000-8000-00000000001${i}`, 'code', [[0, 1], [0, 1]], 10 + i);
    house.record(`0197280f-6000-7000-8000-00000000002${i}`, 'prose', [[0, 1], [2, 3]], 10 + i);
  }
  house.record('0197280f-6000-7000-8000-000000000031', 'rare', [[0, 1], [2, 3]], 4);
  const baseline = { id: BASELINE, model: 'toy', releaseId: RELEASE, layers: 2, experts: 4, fromMs: NOW_MS - 3_600_000, toMs: NOW_MS, threshold: 9, adoptedAtMs: NOW_MS };
  const adopted = [baseline];
  app = await NestFactory.create<NestFastifyApplication>(ControlModule.over([...house.providers(5), { provide: BASELINES, useValue: { adopted: async () => adopted } }]), new FastifyAdapter(), { logger: false, abortOnError: false });
  await app.listen(0, '127.0.0.1');
});

afterEach(() => app.close());

async function compare(query: string, key = reader): Promise<{ status: number; body: any }> { // oxlint-disable-line typescript/no-explicit-any -- answers are checked against the contract
  const answer = await fetch(`${await app.getUrl()}/api/v1/usage/compare?${query}`, { headers: { authorization: `Bearer ${key}` } });
  const body: unknown = await answer.json();
  return { status: answer.status, body: answer.ok ? ROUTES.compareUsage.response.strict().parse(body) : body };
}

describe('GET /usage/compare', () => {
  it('sets two tasks side by side, with nothing between them in layer 0 and all in layer 1', async () => {
    const { body } = await compare('task=code&otherTask=prose');
    expect(body).toMatchObject({ model: 'toy', experts: 4, topK: 2, one: { requests: 6, task: 'code', baselineId: null }, other: { requests: 6, task: 'prose' } });
    expect(body.layers[0]).toMatchObject({ layer: 0, divergenceBits: 0, share: [0.5, 0.5, 0, 0], otherShare: [0.5, 0.5, 0, 0], ratio: [1, 1, null, null] });
    expect(body.layers[1]).toMatchObject({ uncorrectedBits: 1, share: [0.5, 0.5, 0, 0], otherShare: [0, 0, 0.5, 0.5], ratio: [null, null, 0, 0] });
    expect(body.layers[1].interval.high).toBeGreaterThan(0.9);
  });

  it('withholds both when one side has too few requests, without telling how many', async () => {
    const { body } = await compare('task=code&otherTask=rare');
    expect(body.layers).toBeUndefined();
    expect(body.other.withheld).toEqual({ reason: 'fewer_than_min_requests', minRequests: 5 });
    expect(body.other.requests).toBeUndefined();
  });

  it('takes the traffic of the baseline in force', async () => {
    const { body } = await compare('task=code&other=baseline&otherTask=code');
    expect(body.other).toMatchObject({ baselineId: BASELINE, releases: [RELEASE], window: { from: '2026-06-01T11:00:00.000Z', to: '2026-06-01T12:01:00.000Z' } });
    expect((await compare('other=baseline&otherFrom=2026-06-01T00:00:00Z')).body).toMatchObject({ status: 400, field: 'otherFrom' });
  });

  it('says what is missing where there is no baseline', async () => {
    const OTHER = 'd'.repeat(64);
    house.addRelease(OTHER, 'other', 3, 4);
    expect((await compare('other=baseline&model=other')).body).toMatchObject({ status: 404, code: 'no_baseline', field: 'other' });
    expect((await compare(`model=toy&otherRelease=${OTHER}`)).body).toMatchObject({ status: 404, code: 'release_not_found' });
  });
});

describe('who is bound to a tenant', () => {
  it('gets that tenant on both sides, and no other', async () => {
    const key = house.addKey('bound', ['read']);
    house.access.keys[house.access.keys.length - 1] = { ...house.access.keys.at(-1)!, tenant: 't' };
    const { body } = await compare('task=code&otherTask=prose', key);
    expect(body).toMatchObject({ one: { tenant: 't' }, other: { tenant: 't' } });
    expect((await compare('otherTenant=another', key)).body).toMatchObject({ status: 403, code: 'tenant_bound', field: 'otherTenant' });
  });
});

it('agrees with the plug-in divergence, and corrects no more than its bias', () => {
  const layer = (perRequest: readonly (readonly number[])[]): LayerFigures => {
    const { crossLoad, ...counts } = clusteredCounts(perRequest, 3);
    return { layer: 0, ...counts, load: Float64Array.from(counts.load), cross: Float64Array.from(crossLoad) } as unknown as LayerFigures;
  };
  const one = layer([[10, 5, 1], [8, 7, 2], [12, 4, 3]]);
  const other = layer([[4, 9, 5], [5, 8, 6], [3, 11, 4]]);
  const [found] = compareLayers([one], [other], 2);
  expect(found?.uncorrectedBits).toBeCloseTo(jensenShannonBits([...one.load], [...other.load])!, 12);
  expect(found?.divergenceBits).toBeCloseTo(found!.uncorrectedBits - found!.biasBits, 12);
  expect(found?.interval?.low).toBeLessThanOrEqual(found!.divergenceBits);
});

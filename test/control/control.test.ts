import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type RouteName, ROUTES } from '#libs/contract/management/routes';
import { digestApiKey, generateApiKey } from '#libs/platform/auth/api-key';
import { TraceSealer } from '#libs/record/seal';
import { encodeTrace } from '#libs/trace/codec';
import { mutualInformation } from '#libs/stats/mutual-information';
import { estimateEntropy } from '#libs/stats/entropy-estimate';
import { type ClusteredCounts } from '#libs/stats/design-effect';
import { ApiKeys } from '#libs/store/keys/api-keys';
import { StoreModule } from '#libs/store/store.module';
import { accumulateUsage, emptyUsage, type LayerUsage } from '#libs/trace/usage';
import { runCli } from '../../apps/cli/program.ts';
import { ControlModule } from '../../apps/control/control.module.ts';
import { storedControlPorts } from '../../apps/control/stored-ports.ts';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { batchOf, captured, type Captured, EXPERTS, LAYERS, openStore, OTHER_RELEASE, random, randomTrace, RELEASE, saveRelease, segment, TOP_K, writerOf } from '../store/store.fixture.ts';

const NOW_MS = Date.now();
const TASKS = ['code', 'prose', 'verse'];
const MIN_REQUESTS = 5;

let postgres: TestPostgres;
let app: NestFastifyApplication;
let dataSource: DataSource;
let home: string;
let url: string;
let key: string;
let requests: Captured[];

beforeAll(async () => {
  postgres = await startPostgres();
  const database = await postgres.createDatabase();
  dataSource = await openStore(database);
  await saveRelease(dataSource, RELEASE, NOW_MS);
  const traceKey = randomBytes(32);
  const sealer = new TraceSealer({ current: traceKey });
  const next = random(5);
  requests = Array.from({ length: 60 }, (_, i) => {
    const task = i < 2 ? 'rare' : TASKS[i % 3]!;
    const rows = 3 + Math.floor(next() * 40);
    const trace = { ...randomTrace(next, rows), tokenIds: Uint32Array.from({ length: rows }, (__, row) => row % 16) };
    const requestId = randomUUID();
    const one = captured(trace, NOW_MS - i * 7_000, { requestId, segment: segment('acme', task, 'en') });
    return { trace, write: { ...one.write, sealedTrace: sealer.seal(requestId, encodeTrace(trace)) } };
  });
  await writerOf(dataSource).write(batchOf(requests, NOW_MS));
  key = generateApiKey();
  await new ApiKeys(dataSource).insert(
    { id: randomUUID(), name: 'test', scopes: ['admin', 'traces'], createdAtMs: NOW_MS, expiresAtMs: null, ...digestApiKey(key) },
    { atMs: NOW_MS, actor: 'system', action: 'key.create', subject: 'key/test', detail: {}, requestId: null },
  );
  home = mkdtempSync(join(tmpdir(), 'signalbox-control-'));
  const settings = { minRequests: MIN_REQUESTS, retentionDays: 7, version: '0.0.0', now: Date.now };
  app = await NestFactory.create<NestFastifyApplication>(
    { module: class Root {}, imports: [StoreModule.forRoot({ url: database }), ControlModule.over(storedControlPorts({ settings, home, traceKey, audit: { seed: Buffer.alloc(32, 9), everyEntries: 1000, everyMs: 60_000 } }))] },
    new FastifyAdapter(),
    { logger: false, abortOnError: false },
  );
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
});

afterAll(async () => {
  await app?.close();
  await dataSource?.destroy();
  await postgres?.stop();
  if (home) rmSync(home, { recursive: true, force: true });
});

async function call(path: string, method = 'GET', body?: unknown, headers: Record<string, string> = {}): Promise<{ status: number; body: any }> { // oxlint-disable-line typescript/no-explicit-any -- checked against the contract
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: await answer.json() };
}

async function get(route: RouteName, path: string): Promise<any> { // oxlint-disable-line typescript/no-explicit-any -- checked against the contract
  const { status, body } = await call(path);
  expect(status, JSON.stringify(body)).toBe(ROUTES[route].status);
  return ROUTES[route].response!.parse(body);
}

function usageOfAll(own: readonly Captured[]): LayerUsage[] {
  const usage = emptyUsage(LAYERS, EXPERTS);
  for (const { trace } of own) accumulateUsage(usage, trace);
  return usage;
}

const clustered = (usage: LayerUsage): ClusteredCounts => ({ ...usage, load: [...usage.load], crossLoad: [...usage.cross] });
const ofTask = (task: string): Captured[] => requests.filter(({ write }) => write.record.segment.task === task);

describe('routing over the store', () => {
  it('adds up to exactly what the traces hold', async () => {
    const expected = usageOfAll(requests);
    const { groups } = await get('getUsage', '/api/v1/usage');
    expect(groups[0].requests).toBe(60);
    for (const [layer, usage] of expected.entries()) {
      expect(groups[0].layers[layer].load).toEqual([...usage.load]);
      expect(groups[0].layers[layer].tokens * TOP_K).toBe(usage.load.reduce((a, b) => a + b, 0));
      for (const [j, units] of usage.gateMass.entries()) expect(groups[0].layers[layer].gateMass[j]).toBeCloseTo(units / 255, 9);
    }
    const byTask = await get('getUsage', '/api/v1/usage?groupBy=task');
    expect(byTask.groups.map(({ group, requests: n }: { group: string; requests?: number }) => [group, n])).toEqual([
      ['code', ofTask('code').length], ['prose', ofTask('prose').length], ['rare', undefined], ['verse', ofTask('verse').length],
    ]);
  });

  it('gives the entropy and mutual information that the traces give directly', async () => {
    const { layers } = await get('getBalance', '/api/v1/balance');
    const direct = estimateEntropy(clustered(usageOfAll(requests)[1]!), TOP_K)!;
    expect(layers[1].entropyBits).toBeCloseTo(direct.entropyBits, 12);
    expect(layers[1].entropyInterval.low).toBeCloseTo(direct.interval!.low, 12);
    const information = await get('getInformation', '/api/v1/information?by=task');
    expect(information).toMatchObject({ segments: TASKS, withheldSegments: 1 });
    const segments = TASKS.map((task) => clustered(usageOfAll(ofTask(task))[2]!));
    expect(information.layers[2].pooled.bits).toBeCloseTo(mutualInformation(segments, TOP_K, 'pooled')!.bits, 12);
    expect(information.layers[2].equalWeights.uncorrectedBits).toBeCloseTo(mutualInformation(segments, TOP_K, 'equal')!.uncorrectedBits, 12);
  });

  it('counts which experts are selected together', async () => {
    const { matrix } = await get('getCoActivation', '/api/v1/co-activation?layer=0');
    let both = 0;
    let first = 0;
    for (const { trace } of requests) {
      for (let row = 0; row < trace.promptRows; row += 1) {
        const chosen = [...trace.expertIds.subarray(row * LAYERS * TOP_K, row * LAYERS * TOP_K + TOP_K)];
        if (chosen.includes(0)) first += 1;
        if (chosen.includes(0) && chosen.includes(1)) both += 1;
      }
    }
    expect(matrix[0][1]).toBeCloseTo(both / first, 12);
  });

  it('shows time by minute and hour with the same totals', async () => {
    for (const step of ['minute', 'hour']) {
      const { buckets } = await get('getTimeline', `/api/v1/timeline?step=${step}`);
      const shown = buckets.filter(({ withheld }: { withheld?: unknown }) => !withheld);
      expect(shown.length).toBeGreaterThan(0);
      expect(shown.reduce((sum: number, bucket: { requests: number }) => sum + bucket.requests, 0)).toBeLessThanOrEqual(60);
    }
    expect((await get('getExperts', '/api/v1/experts')).release).toBe(RELEASE);
  });
});

describe('traces over the store', () => {
  it('opens a sealed trace and leaves an audit entry', async () => {
    const one = requests[7]!;
    const { requestId } = one.write.record;
    const trace = await get('getTrace', `/api/v1/traces/${requestId}`);
    expect(trace.tokens.map((token: { experts: number[][] }) => token.experts.flat())).toEqual(
      Array.from({ length: one.trace.promptRows }, (_, row) => [...one.trace.expertIds.subarray(row * LAYERS * TOP_K, (row + 1) * LAYERS * TOP_K)]),
    );
    expect(trace.tokens[2].text).toBeNull();
    const { items } = await get('listAudit', '/api/v1/audit?limit=1');
    expect(items[0]).toMatchObject({ action: 'trace.read', subject: `request/${requestId}` });
    expect((await call(`/api/v1/traces/${randomUUID()}`)).status).toBe(404);
  });

  it('pages through all requests once, newest first', async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: { items: { requestId: string }[]; nextCursor: string | null } = await get('listTraces', `/api/v1/traces?limit=25${cursor ? `&cursor=${cursor}` : ''}`);
      seen.push(...page.items.map(({ requestId }) => requestId));
      cursor = page.nextCursor;
    } while (cursor);
    expect(seen).toEqual(requests.map(({ write }) => write.record.requestId));
    expect((await get('listTraces', '/api/v1/traces?task=rare')).items).toHaveLength(2);
  });
});

describe('plans over the store', () => {
  /** The prompt of one request has ceil(factor * rows * topK / experts) places for each expert. */
  function dropped(factor: number): number {
    let count = 0;
    for (const { trace } of requests) {
      const rows = trace.expertIds.length / LAYERS / TOP_K;
      for (let layer = 0; layer < LAYERS; layer++) {
        const load = new Map<number, number>();
        for (let row = 0; row < rows; row++) {
          for (const expert of trace.expertIds.subarray((row * LAYERS + layer) * TOP_K, (row * LAYERS + layer + 1) * TOP_K)) load.set(expert, (load.get(expert) ?? 0) + 1);
        }
        for (const tokens of load.values()) count += Math.max(0, tokens - Math.ceil((factor * rows * TOP_K) / EXPERTS));
      }
    }
    return count;
  }

  it('says what a capacity would have dropped, and leaves an audit entry first', async () => {
    const { requests: looked, factors } = await get('forecastOverflow', '/api/v1/plans/overflow?factors=1,2,100');
    const selections = requests.reduce((sum, { trace }) => sum + trace.expertIds.length, 0);
    expect(looked).toBe(requests.length);
    expect(dropped(1)).toBeGreaterThan(0);
    expect(factors.map(({ factor, droppedShare }: { factor: number; droppedShare: number }) => [factor, Math.round(droppedShare * selections)])).toEqual([[1, dropped(1)], [2, dropped(2)], [100, 0]]);
    expect((await get('listAudit', '/api/v1/audit?limit=1')).items[0]).toMatchObject({ action: 'trace.forecast', subject: 'model/toy' });
    expect((await get('forecastOverflow', '/api/v1/plans/overflow?task=rare')).withheld).toMatchObject({ reason: 'fewer_than_min_requests' });
    expect(await call('/api/v1/plans/overflow?factors=0,1')).toMatchObject({ status: 400, body: { field: 'factors' } });
  });

  it('places the experts of every layer, no worse than blocks', async () => {
    const plan = await get('planPlacement', '/api/v1/plans/placement?devices=3&extraCopies=1');
    expect(plan.layers).toHaveLength(LAYERS);
    for (const { devices, imbalance, inBlocks, copied } of plan.layers) {
      expect(devices).toHaveLength(EXPERTS);
      expect(copied.length).toBeLessThanOrEqual(1);
      expect(copied).toEqual(devices.flatMap((held: readonly number[], expert: number) => (held.length > 1 ? [{ expert, copies: held.length }] : [])));
      expect(imbalance.overall).toBeLessThanOrEqual(inBlocks.overall);
      expect(imbalance.worstHour).toBeGreaterThanOrEqual(imbalance.overall);
    }
    expect((await get('planPlacement', '/api/v1/plans/placement?devices=3&task=rare')).withheld).toBeDefined();
    expect(await call('/api/v1/plans/placement?devices=0')).toMatchObject({ status: 400, body: { field: 'devices' } });
  });

  it('are what the command line prints', async () => {
    const out: string[] = [];
    const plain = (text: string): string => text;
    const terminal = {
      env: { SIGNALBOX_URL: url, SIGNALBOX_API_KEY: key }, columns: 120, rows: 24, isTty: false, colors: { dim: plain, red: plain, yellow: plain, bold: plain },
      signal: new AbortController().signal, workingDir: '/', print: (text: string) => out.push(text), note: (text: string) => out.push(text),
    };
    expect(await runCli(['plan', '--model', 'toy', '--devices', '2', '--factors', '1,4'], terminal)).toBe(0);
    expect(out.join('\n')).toMatch(/Placement on 2 devices, from 60 requests[^]*worst hour[^]*Capacity per request, policy drop, on 60 recorded requests[^]*\n1 /);
    expect(await runCli(['plan', '--device-memory', 'much'], terminal)).toBe(2);
  });
});

describe('what serves, over the store', () => {
  it('moves the pointer once of two racing changes, with one audit entry', async () => {
    await saveRelease(dataSource, OTHER_RELEASE, NOW_MS + 1);
    const put = () => call('/api/v1/models/toy/activation', 'PUT', { release: OTHER_RELEASE }, { 'if-match': '"1"' });
    const statuses = (await Promise.all([put(), put()])).map(({ status }) => status).toSorted();
    expect(statuses).toEqual([200, 412]);
    expect(await get('getActivation', '/api/v1/models/toy/activation')).toMatchObject({ releaseId: OTHER_RELEASE, generation: 2 });
    const { items } = await get('listAudit', '/api/v1/audit');
    expect(items.filter(({ action }: { action: string }) => action === 'activation.activate')).toHaveLength(1);
  });

  it('imports the demo model, dedupes a second import and refuses a broken folder by name', async () => {
    const directory = join(import.meta.dirname, '..', '..', 'models', 'tiny-mixtral');
    const ended = async (order: object): Promise<any> => { // oxlint-disable-line typescript/no-explicit-any -- checked against the contract
      const { status, body } = await call('/api/v1/imports', 'POST', order);
      expect(status).toBe(202);
      return vi.waitFor(
        async () => {
          const job = await get('getImport', `/api/v1/imports/${body.id}`);
          expect(job.finishedAt).not.toBeNull();
          return job;
        },
        { timeout: 120_000, interval: 50 },
      );
    };
    const first = await ended({ directory, model: 'tiny' });
    expect(first).toMatchObject({ state: 'succeeded', error: null });
    expect((await ended({ directory, model: 'tiny' })).releaseId).toBe(first.releaseId);
    expect((await get('listModels', '/api/v1/models')).items).toMatchObject([{ model: 'tiny', releaseId: first.releaseId, generation: 1 }, { model: 'toy' }]);
    expect((await get('getRelease', `/api/v1/releases/${first.releaseId}`)).manifest.components).toHaveProperty('expert/3/7');
    expect(await ended({ directory: home, model: 'tiny' })).toMatchObject({ state: 'failed', error: { code: 'missing-config' } });
    expect((await get('listImports', '/api/v1/imports?limit=2')).items).toHaveLength(2);
  });

  it('creates and revokes keys', async () => {
    const { body } = await call('/api/v1/keys', 'POST', { name: 'ci', scopes: ['read'] });
    expect((await call(`/api/v1/keys/${body.id}`, 'DELETE')).body.revokedAt).not.toBeNull();
    expect((await get('listKeys', '/api/v1/keys')).items).toHaveLength(2);
  });
});

import { randomUUID } from 'node:crypto';
import { type DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Reading, type ReadingLabels, type Signal } from '#libs/detection/reading/reading';
import { TraceSealer } from '#libs/record/seal';
import { ObservedActivations } from '#libs/store/activation/observed-activations';
import { Readings } from '#libs/store/detection/readings';
import { RuleRefusals } from '#libs/store/data-rules/rule-refusals';
import { FeedbackStore } from '#libs/store/feedback/feedback';
import { ExpertFigures } from '#libs/store/figures/expert-figures';
import { ReleaseOutlines } from '#libs/store/releases/release-outlines';
import { UsageReader } from '#libs/store/usage/usage-reader';
import { encodeTrace } from '#libs/trace/codec';
import { type RoutingTrace } from '#libs/trace/trace';
import { storedMeasurePorts } from '../../apps/watch/measure/measure-ports.ts';
import { MeasureRound } from '../../apps/watch/measure/measure-round.ts';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { batchOf, captured, EXPERTS, LAYERS, openStore, random, randomTrace, RELEASE, saveRelease, TOP_K, writerOf } from '../store/store.fixture.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const sealer = new TraceSealer({ current: Buffer.alloc(32, 7) });
const next = random(5);

let server: TestPostgres;
let store: DataSource;
let round: MeasureRound;
/** At midnight: a reference period is whole hours of roll-ups, and the first requests, a minute before, are of the day before. */
const startMs = Math.floor(Date.now() / DAY_MS) * DAY_MS;
let nowMs = startMs;

beforeAll(async () => {
  server = await startPostgres();
  store = await openStore(await server.createDatabase());
  await saveRelease(store, RELEASE, startMs);
  const ports = storedMeasurePorts(store, new UsageReader(store), new ExpertFigures(store, new ReleaseOutlines(store)), sealer, () => nowMs);
  round = new MeasureRound(ports, { windowMs: 15 * MINUTE_MS, minRequests: 5 });
});
afterAll(async () => {
  await store?.destroy();
  await server?.stop();
});

/** Records requests of the last minute; gives their ids. */
async function record(count: number, traceOf: (n: number) => RoutingTrace, atMs = nowMs - MINUTE_MS): Promise<string[]> {
  const requests = Array.from({ length: count }, (_, n) => {
    const trace = traceOf(n);
    const requestId = randomUUID();
    const one = captured(trace, atMs, { requestId });
    return { trace, write: { ...one.write, sealedTrace: sealer.seal(requestId, encodeTrace(trace)) } };
  });
  await writerOf(store).write(batchOf(requests, atMs));
  return requests.map(({ write }) => write.record.requestId);
}

/** All tokens of every layer on these two experts. */
function onTwo(first: number, second: number, rows = 20): RoutingTrace {
  const trace = randomTrace(next, rows);
  for (let at = 0; at < trace.expertIds.length; at += 1) trace.expertIds[at] = at % TOP_K === 0 ? first : second;
  return trace;
}

const current = (signal: Signal, labels: ReadingLabels = {}): Promise<readonly Reading[]> => new Readings(store).current({ signals: [signal], labels }, 1000);
const first = { model: 'toy', release: RELEASE, layer: '0' };

it('measures each layer of what answers now, and says why where there is nothing to say', async () => {
  await round.run(nowMs);
  expect(await current('collapse')).toEqual([]);
  expect(await current('no-data')).toMatchObject([{ labels: { model: 'toy' }, value: null, detail: { note: 'never-recorded' } }]);
  await record(10, () => randomTrace(next, 20));
  await round.run(nowMs);
  expect((await current('collapse')).map(({ value, detail }) => [value, detail.note])).toEqual(Array.from({ length: LAYERS }, () => [null, 'fewer than 20 requests in the window']));
  await record(90, () => randomTrace(next, 20));
  const { layers } = await round.run(nowMs);
  expect(layers.map(({ labels }) => labels['layer'])).toEqual(['0', '1', '2']);
  const [collapse] = await current('collapse', first);
  expect(collapse!.value).toBeGreaterThan(0.95);
  expect(collapse!.interval!.low).toBeLessThan(collapse!.value!);
  expect(collapse!.detail.requests).toBe(100);
  expect(await current('low-entropy', first)).toMatchObject([{ value: null, detail: { note: expect.stringContaining('no baseline') } }]);
  expect(await current('dropped-tokens', first)).toMatchObject([{ value: 0 }]);
  expect([...(await current('dead-expert')), ...(await current('hot-expert'))]).toEqual([]);
  expect(await current('data-rule-refusals')).toMatchObject([{ value: 0, labels: { model: 'toy', release: RELEASE } }]);
  const flush = { flushId: randomUUID(), atMs: nowMs, releaseId: RELEASE, refused: 25 };
  for (const attempt of [1, 2]) await new RuleRefusals(store).write({ ...flush, atMs: nowMs + attempt });
  await round.run(nowMs);
  expect(await current('data-rule-refusals')).toMatchObject([{ value: 0.2, detail: { requests: 125, note: '25 requests were refused; 0 ran without some experts' } }]);
});

it('finds a collapse against the adopted baseline, the experts that died of it and those that took over, and sees it end', async () => {
  await store.query(
    `INSERT INTO signalbox.baseline (id, model, release, layers, experts, state, from_at, to_at, options, created_by, created_at, adopted_at)
     VALUES ($1, 'toy', $2, $3, $4, 'ready', $5, $6, '{"segments": []}', 'system', $6, $6)`,
    [randomUUID(), RELEASE, LAYERS, EXPERTS, new Date(startMs - HOUR_MS), new Date(startMs)],
  );
  nowMs += HOUR_MS;
  await record(60, () => onTwo(0, 1));
  await round.run(nowMs);
  const [collapse] = await current('collapse', first);
  expect(collapse!.value).toBeCloseTo(2 / EXPERTS, 2);
  const [entropy] = await current('low-entropy', first);
  expect(entropy!.value).toBeCloseTo(2, 1);
  expect(entropy!.interval!.low).toBeGreaterThan(1);
  expect((await current('dead-expert', first)).map(({ labels }) => labels['expert'])).toEqual(['2', '3', '4', '5', '6', '7']);
  expect(await current('hot-expert', first)).toMatchObject([{ labels: { expert: '0' }, value: 4 }, { labels: { expert: '1' }, value: 4 }]);

  // What is over is said once more as 0, and then no more.
  nowMs += 30 * MINUTE_MS;
  await record(60, () => randomTrace(next, 20));
  await round.run(nowMs);
  expect((await current('dead-expert')).map(({ value, atMs }) => [value, atMs])).toEqual(Array.from({ length: 6 * LAYERS }, () => [0, nowMs]));
  expect((await current('collapse', first))[0]!.value).toBeGreaterThan(0.95);
  await round.run(nowMs);
  expect(await current('dead-expert')).toEqual([]);
});

it('tells how long a model has been silent that should not be', async () => {
  const [quiet] = await current('no-data');
  expect(quiet!.value).toBeLessThanOrEqual(60);
  // Requests of less than a day may have been a trial.
  nowMs += 10 * MINUTE_MS;
  await round.run(nowMs);
  expect(await current('no-data')).toMatchObject([{ value: null, detail: { note: 'no-day-to-compare', requests: 120 } }]);
  nowMs += DAY_MS - 10 * MINUTE_MS;
  await record(60, () => randomTrace(next, 20));
  await new ObservedActivations(store).report({ id: randomUUID(), host: 'h', pid: 1, version: '0', startedAtMs: nowMs }, [{ model: 'toy', generation: 1, state: 'ready', detail: null, stable: RELEASE, canary: null, shadow: null, resident: [RELEASE] }], nowMs + 10 * MINUTE_MS);
  nowMs += 10 * MINUTE_MS;
  await round.run(nowMs);
  expect(await current('no-data')).toMatchObject([{ value: 600, detail: { note: expect.stringContaining('silent-while-served'), requests: 60 } }]);
  // It still is when the process that served the model is away.
  nowMs += 10 * MINUTE_MS;
  await round.run(nowMs);
  expect(await current('no-data')).toMatchObject([{ value: 1200, detail: { note: 'silent-and-not-served' } }]);
});

it('finds the expert whose requests are liked less', async () => {
  const ids = await record(300, (n) => onTwo(n % 2 === 0 ? 3 : 4, 5, 4));
  const feedback = new FeedbackStore(store);
  await store.transaction(async (manager) => {
    for (const [n, requestId] of ids.entries()) {
      await feedback.insert(manager, { id: randomUUID(), requestId, tenant: '', score: n % 2 === 0 ? 0.1 + 0.2 * next() : 0.8 + 0.2 * next(), label: null, comment: null, kind: 'program', source: '', givenBy: 'service:judge', atMs: nowMs });
    }
  });
  await round.run(nowMs);
  const found = await current('quality');
  expect(found.map(({ labels: { layer, expert } }) => [layer, expert])).toEqual([['0', '3'], ['1', '3'], ['2', '3']]);
  expect(found[0]).toMatchObject({ alarm: true, detail: { requests: 150 } });
  expect(found[0]!.value).toBeCloseTo(-0.7, 1);
  expect(found[0]!.interval!.high).toBeLessThan(-0.6);
  expect(found[0]!.evidence).toBeGreaterThan((LAYERS * EXPERTS) / 0.05);
});

it('takes back what it said of a release that serves no more', async () => {
  expect((await current('collapse')).length).toBe(LAYERS);
  await store.query('DELETE FROM signalbox.activation');
  await round.run(nowMs);
  const left = await new Readings(store).current({}, 1000);
  expect(left).toEqual([]);
});

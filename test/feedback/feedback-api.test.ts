import { afterAll, beforeAll, expect, it } from 'vitest';
import { FeedbackRouting } from '#libs/store/feedback/feedback-routing';
import { TraceSealer } from '#libs/record/seal';
import { FeedbackJoiner } from '../../apps/watch/measure/join-feedback.ts';
import { runCli } from '../../apps/cli/program.ts';
import { AccessHouse, type Answer } from '../access/access-house.ts';
import { EXPERTS, LAYERS, RELEASE } from '../store/store.fixture.ts';

const house = new AccessHouse();
const ids = (): readonly string[] => house.requestIds.acme;
let joiner: FeedbackJoiner;

beforeAll(async () => {
  await house.start();
  joiner = new FeedbackJoiner(new FeedbackRouting(house.dataSource), new TraceSealer({ current: house.traceKey }), Date.now);
});
afterAll(() => house.stop());

const post = (path: string, body: unknown, key = house.admin): Promise<Answer> => house.call(`/api/v1${path}`, { method: 'POST', key, body });
const list = async (query = ''): Promise<{ requestId: string; source: string }[]> => (await house.call(`/api/v1/feedback${query}`)).body.items;

it('takes a score, a label or a comment, of people and programs, once for each source', async () => {
  const requestId = ids()[0]!;
  expect(await post('/feedback', { requestId })).toMatchObject({ status: 400, body: { field: 'score', detail: expect.stringContaining('give a score, a label or a comment') } });
  expect(await post('/feedback', { requestId, label: 'wrong-language' })).toMatchObject({
    status: 201, body: { requestId, score: null, label: 'wrong-language', comment: null, kind: 'user', source: '', tenant: 'acme' },
  });
  expect(await post('/feedback', { requestId, score: 1 })).toMatchObject({ status: 409, body: { code: 'feedback_given' } });
  for (const source of ['judge-v1', 'judge-v2']) {
    expect((await post('/feedback', { requestId, score: 0.5, kind: 'program', source })).body).toMatchObject({ kind: 'program', source });
  }
  expect((await post('/feedback', { requestId, score: 0.5, kind: 'program', source: 'judge-v2' })).status).toBe(409);
  const given = await house.call(`/api/v1/feedback?requestId=${requestId}`);
  expect(given.body.items.map(({ source, score }: { source: string; score: number }) => [source, score])).toEqual(expect.arrayContaining([['', null], ['judge-v1', 0.5], ['judge-v2', 0.5]]));
  // Whoever spoke for a source is still known as the account.
  expect(new Set(given.body.items.map(({ givenBy }: { givenBy: string }) => givenBy)).size).toBe(1);
  expect((await list('?kind=program&limit=1')).length).toBe(1);
  expect((await list('?label=wrong-language')).map((one) => one.requestId)).toEqual([requestId]);
  expect(await list('?to=2020-01-01T00:00:00Z')).toEqual([]);
});

it('keeps of a batch what can be kept, and says what it did with each', async () => {
  const unknown = '0197280f-6000-4000-8000-000000000001';
  const items = [{ requestId: ids()[1], score: 1 }, { requestId: unknown, score: 1 }, { requestId: ids()[1], score: 0 }, { requestId: ids()[2], comment: 'too short' }];
  const { status, body } = await post('/feedback/batch', { items });
  expect([status, body.kept, body.results.map(({ outcome }: { outcome: string }) => outcome)]).toEqual([200, 2, ['kept', 'request_not_found', 'feedback_given', 'kept']]);
  expect((await post('/feedback/batch', { items: [] })).body).toMatchObject({ status: 400, field: 'items' });
  expect((await post('/feedback/batch', { items: Array.from({ length: 101 }, () => items[0]) })).status).toBe(400);
  const audit = await house.call('/api/v1/audit?action=feedback.*&limit=200');
  expect(JSON.stringify(audit.body)).not.toContain('too short');
  expect(audit.body.items.filter(({ subject }: { subject: string }) => subject === `request/${ids()[1]}`)).toHaveLength(1);
});

it('joins scores with the experts that served the requests, once, and keeps that beyond their traces', async () => {
  // A label first and a score later: the score counts when it comes.
  expect(await joiner.join()).toEqual({ joined: 3, lost: 0 });
  expect(await joiner.join()).toEqual({ joined: 0, lost: 0 });
  const rest = ids().slice(2).map((requestId, n) => ({ requestId, score: n % 2, source: 'judge' }));
  expect((await post('/feedback/batch', { items: rest })).body.kept).toBe(rest.length);
  expect(await joiner.join()).toEqual({ joined: rest.length, lost: 0 });
  const [test] = await house.dataSource.query(`SELECT count(*)::int AS tested FROM signalbox.feedback_routing WHERE tested`);
  expect(test.tested).toBe(ids().length);
  await house.dataSource.query(`UPDATE signalbox.trace SET trace = '\\x00'`);
  expect((await post('/feedback', { requestId: ids()[3], label: 'later' })).status).toBe(201);
  expect((await post('/feedback', { requestId: house.requestIds.umbrella[0], score: 1 })).status).toBe(201);
  // What does not open any more counts without routing, but what is kept stays.
  expect(await joiner.join()).toEqual({ joined: 1, lost: 1 });

  const { body: quality } = await house.call('/api/v1/quality');
  expect(quality).toMatchObject({ model: 'toy', releaseId: RELEASE, requests: ids().length });
  expect(quality.experts.length).toBe(LAYERS * EXPERTS);
  expect(quality.experts[0].eValue).toBeGreaterThan(0);
  const shares = quality.experts.filter(({ layer }: { layer: number }) => layer === 1).reduce((sum: number, { tokenShare }: { tokenShare: number }) => sum + tokenShare, 0);
  // Two experts for each token.
  expect(shares).toBeCloseTo(2, 2);
  const { body: layer } = await house.call('/api/v1/quality?layer=1');
  const byLayer = (experts: { layer: number; expert: number; lost: number }[]) => experts.filter((one) => one.layer === 1).map(({ expert, lost }) => [expert, expect.closeTo(lost, 9)]);
  expect(layer.experts.map(({ expert, lost }: { expert: number; lost: number }) => [expert, lost])).toEqual(byLayer(quality.experts));
  expect((await house.call('/api/v1/quality?layer=99')).body).toMatchObject({ status: 400, field: 'layer' });
  expect((await house.call('/api/v1/quality?to=2020-01-01T00:00:00Z')).body).toHaveProperty('withheld');
  expect((await list(`?release=${RELEASE}&limit=200`)).length).toBe(ids().length + 4);
  expect((await list(`?release=${'b'.repeat(64)}`))).toEqual([]);
});

it('sums feedback up', async () => {
  const { body } = await house.call('/api/v1/feedback/summary?tenant=acme');
  expect(body).toMatchObject({ requests: ids().length, labels: expect.arrayContaining([{ label: 'later', requests: 1, feedback: 1 }]) });
  expect(body.scoreInterval.low).toBeLessThan(body.meanScore);
  expect((await house.call('/api/v1/feedback/summary?tenant=nobody')).body).toEqual({ withheld: { reason: 'fewer_than_min_requests', minRequests: 1 } });
});

it('is given and read on the command line', async () => {
  const printed: string[] = [];
  const plain = (text: string): string => text;
  const run = (...args: string[]): Promise<number> =>
    runCli(args, {
      env: { SIGNALBOX_URL: house.url, SIGNALBOX_API_KEY: house.admin }, columns: 80, rows: 24, isTty: false, colors: { dim: plain, red: plain, yellow: plain, bold: plain },
      signal: new AbortController().signal, workingDir: '/', print: (text) => printed.push(text), note: (text) => printed.push(text),
    });
  expect(await run('feedback', 'add', ids()[4]!, '--score', '0.5', '--label', 'so-so', '--program', '--source', 'script')).toBe(0);
  expect(await run('feedback', 'add', ids()[4]!, '--score', '2')).toBe(2);
  expect(await run('feedback', 'list', '--label', 'so-so')).toBe(0);
  expect(printed.at(-1)).toMatch(new RegExp(`${ids()[4]}\\s+0\\.50\\s+so-so\\s+program\\s+script`));
  expect(await run('quality', '--layer', '0')).toBe(0);
  expect(printed.at(-2)).toContain(`over ${ids().length} requests`);
});

it('deletes what is past its retention, with the routing that nothing needs any more', async () => {
  const routing = new FeedbackRouting(house.dataSource);
  await house.dataSource.query(`UPDATE signalbox.feedback SET at = at - interval '90 days' WHERE request_id <> $1`, [ids()[0]]);
  expect(await routing.purge(Date.now() - 89 * 86_400_000)).toBeGreaterThan(10);
  expect(await house.dataSource.query(`SELECT request_id FROM signalbox.feedback_routing`)).toEqual([{ request_id: ids()[0] }]);
  expect((await list()).length).toBe(3);
});

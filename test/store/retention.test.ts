import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { TracePartitions } from '#libs/store/capture/partitions';
import { DEFAULT_RETENTION } from '#libs/store/retention/plan-retention';
import { Retention } from '#libs/store/retention/retention';
import { UsageFolder } from '#libs/store/usage/usage-folder';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { batchOf, captured, openStore, random, randomTrace, RELEASE, saveRelease, writerOf } from './store.fixture.ts';

const DAY_MS = 86_400_000;
const NOW_MS = Date.parse('2026-03-10T12:00:00Z');
const at = (days: number): Date => new Date(NOW_MS - days * DAY_MS);
/** Older and newer than what has ended is kept. */
const [OLD, NEW] = [at(400), at(300)];
const DIGEST = 'd'.repeat(64);

let server: TestPostgres;
let store: DataSource;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.stop());
beforeEach(async () => {
  store = await openStore(await server.createDatabase());
  return () => store.destroy();
});

type Row = Readonly<Record<string, unknown>>;

async function put(table: string, row: Row): Promise<void> {
  const columns = Object.keys(row);
  await store.query(`INSERT INTO signalbox.${table} (${columns.join(', ')}) VALUES (${columns.map((_, index) => `$${index + 1}`).join(', ')})`, Object.values(row));
}

/** What a column holds in all rows, in order. */
async function left(table: string, column: string): Promise<unknown[]> {
  const rows: { value: unknown }[] = await store.query(`SELECT ${column} AS value FROM signalbox.${table} ORDER BY 1`);
  return rows.map(({ value }) => value);
}

async function clean(limits: Partial<typeof DEFAULT_RETENTION> = {}): Promise<Readonly<Record<string, number>>> {
  const outcome = await new Retention(store, new TracePartitions(store), { ...DEFAULT_RETENTION, ...limits }).run(NOW_MS);
  if (outcome.status !== 'done') throw new Error(outcome.status);
  expect(outcome.failures).toEqual([]);
  return outcome.purged;
}

it('every table stands in docs/operations.md, once, with who deletes what it holds', async () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'operations.md'), 'utf8');
  const lines = page.slice(page.indexOf('## Retention'), page.indexOf('## Upgrade')).split('\n').filter((line) => line.startsWith('| '));
  const cells = lines.slice(1).map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()));
  expect(cells.filter((row) => row.length !== 4 || row.includes(''))).toEqual([]);
  const named = cells.flatMap(([, tables]) => [...tables!.matchAll(/`(\w+)`/g)].map(([, name]) => name!));
  const rows: { name: string }[] = await store.query(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'signalbox'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition`,
  );
  expect(named.toSorted()).toEqual(rows.map(({ name }) => name).toSorted());
});

it('what has ended goes, and what goes on or is new stays', async () => {
  const job = (model: string, finishedAt: Date | null): Promise<void> => put('import_job', { id: randomUUID(), directory: '/x', model, status: finishedAt ? 'failed' : 'queued', created_at: OLD, finished_at: finishedAt });
  await job('old', OLD);
  await job('new', NEW);
  await job('waits', null);
  const upload = (component: string, endedAt: Date | null): Promise<void> =>
    put('upload', { id: randomUUID(), sha256: DIGEST, size_bytes: 1, kind: 'expert', component, card: '{}', state: endedAt ? 'finished' : 'open', created_by: 'a', created_at: OLD, expires_at: OLD, ended_at: endedAt });
  await upload('old', OLD);
  await upload('open', null);
  const silence = (comment: string, endsAt: Date): Promise<void> => put('silence', { id: randomUUID(), matchers: '[]', comment, starts_at: OLD, ends_at: endsAt, created_by: 'a', created_at: OLD });
  await silence('old', OLD);
  await silence('in force', at(-1));
  const quarantine = (reason: string, expert: number, endedAt: Date | null): Promise<void> =>
    put('expert_quarantine', { id: randomUUID(), model: 'toy', layer: 0, expert, reason, forced: false, created_at: OLD, created_by: 'a', created_by_name: 'a', generation: 1, version: 1, ended_at: endedAt, ended_as: endedAt && 'lifted' });
  await quarantine('old', 0, OLD);
  await quarantine('in force', 1, null);
  await put('privacy_answer', { digest: Buffer.from('old'), given_at: OLD });
  await put('privacy_answer', { digest: Buffer.from('new'), given_at: NEW });
  await put('feedback_test', { release: 77, state: Buffer.from('x'), updated_at: OLD });

  expect(await clean()).toEqual({ import_job: 1, upload: 1, silence: 1, expert_quarantine: 1, privacy_answer: 1, feedback_test: 1 });
  expect([await left('import_job', 'model'), await left('upload', 'component'), await left('silence', 'comment'), await left('expert_quarantine', 'reason')]).toEqual([['new', 'waits'], ['open'], ['in force'], ['in force']]);
  expect(await left('privacy_answer', "encode(digest, 'escape')")).toEqual(['new']);
  expect(await clean()).toEqual({});
});

it('of alerts, readings and groups goes what nothing rests on any more', async () => {
  const episode = (fingerprint: string, endedAt: Date | null): Promise<void> =>
    put('alert_episode', {
      fingerprint, series: fingerprint, episode: 1, rule_id: 'r', rule_name: 'r', signal: 'router-shift', model: 'toy', labels: '{}', annotations: '{}', began_as: 'firing', severity: 'warning', started_at: OLD, ended_at: endedAt,
    });
  const action = (fingerprint: string, state: string): Promise<void> => put('alert_action', { id: randomUUID(), fingerprint, kind: 'hold-rollout', model: 'toy', release_id: 'x', state, requested_at: OLD });
  const alert = (series: string, signal: string, state: string): Promise<void> =>
    put('alert', { series, rule_id: 'r', rule_name: 'r', signal, model: 'toy', labels: '{}', state, severity: 'warning', episode: 1, fingerprint: series, since: NEW, last_observed: NEW, reason: 'r' });
  for (const [name, endedAt] of [['done', OLD], ['new', NEW], ['open', null], ['listed', OLD], ['to act', OLD]] as const) await episode(name, endedAt);
  await action('done', 'done');
  await action('to act', 'requested');
  await alert('listed', 'router-shift', 'normal');
  await alert('told', 'mix-shift', 'no-data');
  const reading = (signal: string, days: number): Promise<void> => put('reading', { signal, labels_key: '{}', at: at(days), detail: '{}' });
  await reading('router-shift', 91);
  await reading('mix-shift', 91);
  await reading('quality', 89);
  const receiver = randomUUID();
  await put('receiver', { id: receiver, name: 'r', kind: 'webhook', settings: '{}', generation: 1, created_at: OLD, created_by: 'a', updated_at: OLD });
  for (const group of ['quiet', 'told', 'firing']) await put('notification_group', { receiver_id: receiver, group_key: group, last_sequence: 3 });
  await put('notification', { id: randomUUID(), receiver_id: receiver, group_key: 'told', sequence: 3, body: '{}', at: NEW, state: 'dead', due_at: NEW, ended_at: NEW });
  await put('alert_group', { receiver_id: receiver, group_key: 'firing', group_labels: '{}', timing: '{}', opened_at: OLD, told_firing: '[]' });

  expect(await clean()).toEqual({ alert_episode: 1, reading: 1, notification_group: 1 });
  expect(await left('alert_episode', 'fingerprint')).toEqual(['listed', 'new', 'open', 'to act']);
  expect([await left('alert_action', 'fingerprint'), await left('reading', 'signal'), await left('notification_group', 'group_key')]).toEqual([['to act'], ['mix-shift', 'quality'], ['firing', 'told']]);
});

it('of baselines the one in force stays, and the one before it until it is long gone', async () => {
  const baseline = async (note: string, release: string, state: string, adoptedAt: Date | null): Promise<string> => {
    const id = randomUUID();
    await put('baseline', { id, model: 'toy', release, layers: 1, experts: 2, state, from_at: at(500), to_at: at(500), options: '{}', note, created_by: 'a', created_at: at(500), ended_at: state === 'freezing' ? null : at(500), adopted_at: adoptedAt });
    await put('baseline_layer', { baseline: id, layer: 0, segment_key: '', requests: 1, bytes: Buffer.from('x') });
    return id;
  };
  await baseline('followed long ago', 'a', 'ready', at(490));
  await baseline('in force', 'a', 'ready', at(480));
  await baseline('followed lately', 'b', 'ready', at(490));
  await baseline('in force since', 'b', 'ready', at(10));
  await baseline('never adopted', 'a', 'ready', null);
  await baseline('is freezing', 'a', 'freezing', null);
  const watched = await baseline('followed, yet watched', 'a', 'ready', at(495));
  await put('detector_state', { release: 'a', layer: 0, segment_key: '', model: 'toy', baseline: watched, requests: 1, bytes: Buffer.from('x') });

  expect(await clean()).toEqual({ baseline: 2 });
  expect(await left('baseline', 'note')).toEqual(['followed lately', 'followed, yet watched', 'in force', 'in force since', 'is freezing']);
  expect(await left('baseline_layer', 'layer')).toHaveLength(5);
});

it('usage by the hour goes after its own time', async () => {
  await saveRelease(store, RELEASE, NOW_MS);
  const next = random(1);
  for (const days of [2, 100, 200]) await writerOf(store).write(batchOf([captured(randomTrace(next, days), NOW_MS - days * DAY_MS)], NOW_MS - days * DAY_MS));
  await new UsageFolder(store).run();
  const purged = await clean({ hourDays: 150 });
  expect(purged).toMatchObject({ usage_hour: expect.any(Number), usage_minute: expect.any(Number), usage_pair_hour: expect.any(Number) });
  expect([await left('usage_hour', 'DISTINCT tokens::int'), await left('usage_minute', 'DISTINCT tokens::int')]).toEqual([[2, 100], [2]]);
});

it('evaluation runs go by age unless something rests on them, and suites after them', async () => {
  const suite = async (name: string): Promise<string> => {
    const digest = createHash('sha256').update(name).digest('hex');
    await put('evaluation_suite', { digest, name, content: '{}', created_by: 'a', created_at: OLD, last_used_at: OLD });
    return digest;
  };
  const used = await suite('used');
  const emptied = await suite('emptied');
  const run = async (label: string, state = 'succeeded', finishedAt: Date | null = OLD, of = used): Promise<string> => {
    const id = randomUUID();
    const result = state === 'succeeded' ? `{"is":"${label}"}` : null;
    await put('evaluation_run', {
      id, spec: '{}', spec_digest: 'x', kind: 'suite', candidate: RELEASE, suite: of, state, requested_by: 'a', created_at: OLD, finished_at: finishedAt, label, result,
      result_digest: result && createHash('sha256').update(result).digest('hex'),
    });
    return id;
  };
  await run('old');
  await run('emptied', 'failed', OLD, emptied);
  await run('new', 'succeeded', NEW);
  await run('open', 'queued', null);
  const changeId = randomUUID();
  await put('change_request', {
    id: changeId, type: 'activate', class: 'normal', state: 'draft', revision: 1, title: 't', reason: 'r', payload: '{}', base: '{}', effect: '{}', digest: DIGEST, author: 'a', author_name: 'a', involved: [], issuers: [], created_at: OLD, updated_at: OLD, expires_at: OLD,
  });
  const evidence = (content: string, more: Row = {}): Promise<void> =>
    put('change_evidence', { id: randomUUID(), change_id: changeId, kind: 'evaluation', title: 't', sha256: createHash('sha256').update(content).digest('hex'), content, added_by: 'a', added_by_name: 'a', added_at: OLD, ...more });
  await evidence(`{"attribution":{"evaluationId":"${await run('attribution of it')}"},"evaluationId":"${await run('attached')}","kind":"suite"}`);
  await run('attached as it is');
  await evidence('{"is":"attached as it is"}');
  await evidence(`{"evaluationId":"${await run('taken back')}"}`, { removed_at: OLD, removed_by: 'a' });
  await evidence('"evaluationId":"no id at all"');
  await put('protected_expert', { model: 'toy', layer: 0, expert: 1, reason: 'r', evaluation: await run('protects'), evidence: DIGEST, protected_by: 'a', protected_by_name: 'a', protected_at: OLD, version: 1 });
  await put('protection_override', { id: randomUUID(), model: 'toy', act: 'quarantine', takings: '[]', reason: 'r', evaluation: await run('overrides'), evidence: DIGEST, overridden_by: 'a', overridden_by_name: 'a', overridden_at: OLD });
  await put('compatibility_record', {
    id: randomUUID(), model: 'toy', router_set: DIGEST, expert_set: DIGEST, verdict: 'evaluated', evidence: 'e', evidence_sha256: createHash('sha256').update('{"is":"says they fit"}').digest('hex'), created_at: OLD, created_by: 'a',
  });
  await run('says they fit');

  expect(await clean()).toEqual({ evaluation_run: 3, evaluation_suite: 1 });
  expect(await left('evaluation_run', 'label')).toEqual(['attached', 'attached as it is', 'attribution of it', 'new', 'open', 'overrides', 'protects', 'says they fit']);
  expect(await left('evaluation_suite', 'name')).toEqual(['used']);
  expect(await clean()).toEqual({});
});

it('more rows than a batch go in one run, and those that stay do not keep others from going', async () => {
  await store.query(`INSERT INTO signalbox.privacy_answer SELECT int4send(number), $1 FROM generate_series(1, 12345) AS number`, [OLD]);
  const digest = createHash('sha256').update('many').digest('hex');
  await put('evaluation_suite', { digest, name: 'many', content: '{}', created_by: 'a', created_at: OLD, last_used_at: OLD });
  await store.query(
    `INSERT INTO signalbox.evaluation_run (id, spec, spec_digest, kind, candidate, suite, state, requested_by, created_at, finished_at)
     SELECT gen_random_uuid(), '{}', 'x', 'suite', 'r', $1, 'failed', 'a', $2, $2::timestamptz + number * interval '1 microsecond' FROM generate_series(1, 650) AS number`,
    [digest, OLD],
  );
  // The oldest 300 of them are held.
  await store.query(
    `INSERT INTO signalbox.protected_expert (model, layer, expert, reason, evaluation, evidence, protected_by, protected_by_name, protected_at, version)
     SELECT 'toy', 0, row_number() OVER (), 'r', id, $1, 'a', 'a', now(), 1 FROM (SELECT id FROM signalbox.evaluation_run ORDER BY finished_at LIMIT 300) AS held`,
    [DIGEST],
  );
  expect(await clean()).toEqual({ privacy_answer: 12_345, evaluation_run: 350 });
  expect(await left('evaluation_run', 'id')).toHaveLength(300);
});

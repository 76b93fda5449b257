import { createHash, randomUUID } from 'node:crypto';
import { type DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RunSpec } from '#libs/evaluation/run/run';
import { type Suite } from '#libs/evaluation/suite/suite';
import { type AuditEntry, AuditLog } from '#libs/store/audit/audit-log';
import { createDataSource, migrate } from '#libs/store/data-source';
import { Datasets } from '#libs/store/evaluation/datasets';
import { EVALUATION_LIMITS } from '#libs/store/evaluation/evaluation-limits';
import { EvaluationParts } from '#libs/store/evaluation/evaluation-parts';
import { purgeDatasets, purgeParts } from '#libs/store/evaluation/evaluation-purge';
import { EvaluationRuns } from '#libs/store/evaluation/evaluation-runs';
import { underHolderLock } from '#libs/store/evaluation/holder-lock';
import { RunClaims } from '#libs/store/evaluation/run-claims';
import { Suites } from '#libs/store/evaluation/suites';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { until } from '../harness/until.ts';

const NOW = Date.UTC(2026, 10, 22);
const DAY_MS = 86_400_000;
const WAIT_MS = 60_000;
const BY = { createdBy: 'user:ada', atMs: NOW };

let postgres: TestPostgres;
let dataSource: DataSource;
let datasets: Datasets;
let suites: Suites;
let runs: EvaluationRuns;
let claims: RunClaims;
let parts: EvaluationParts;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  dataSource = await createDataSource({ url: await postgres.createDatabase() }).initialize();
  await migrate(dataSource);
  datasets = new Datasets(dataSource);
  suites = new Suites(dataSource);
  runs = new EvaluationRuns(dataSource);
  claims = new RunClaims(dataSource);
  parts = new EvaluationParts(dataSource);
  return () => dataSource.destroy();
});

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
const audit = (action: string, subject: string): AuditEntry => ({ atMs: NOW, actor: 'user:ada', action, subject, detail: {}, requestId: null });

async function putDataset(text = '{"text":"hello"}\n', atMs = NOW): Promise<string> {
  const { dataset } = await datasets.put({ content: Buffer.from(text), items: 1, createdBy: 'user:ada', atMs }, (sha256) => audit('dataset.put', `dataset/${sha256}`));
  return dataset.sha256;
}

function suiteOf(dataset: string, name = 'plain'): Suite {
  return { format: 'signalbox.suite/1', name, description: '', tasks: [{ id: 'a', kind: 'likelihood', dataset, grader: {}, gates: [] }] };
}

async function putSuite(dataset: string, name?: string, atMs = NOW): Promise<string> {
  const { stored } = await suites.put(suiteOf(dataset, name), { createdBy: 'user:ada', atMs }, (digest) => audit('suite.put', `suite/${digest}`));
  return stored.digest;
}

async function putRun(suite: string, settings: RunSpec['settings'] = {}, createdAtMs = NOW): Promise<string> {
  const id = randomUUID();
  const spec: RunSpec = { format: 'signalbox.evaluation/1', kind: 'suite', candidate: 'a'.repeat(64), reference: null, suite, settings };
  await runs.create({ id, spec, requestedBy: 'user:ada', createdAtMs }, audit('evaluation.create', `evaluation/${id}`));
  return id;
}

describe('datasets and suites', () => {
  it('are named by their bytes, and kept once', async () => {
    const text = '{"text":"one"}\n{"text":"two"}\n';
    const sha256 = await putDataset(text);
    expect(sha256).toBe(sha(text));
    expect((await datasets.content(sha256))?.toString()).toBe(text);
    expect(await putDataset(text, NOW + 5)).toBe(sha256);
    expect(await datasets.find(sha256)).toMatchObject({ items: 1, sizeBytes: text.length, createdAtMs: NOW, lastUsedAtMs: NOW + 5 });
    expect(await datasets.missing([sha256, sha('nothing')])).toEqual([sha('nothing')]);
    const digest = await putSuite(sha256);
    expect(await putSuite(sha256)).toBe(digest);
    expect((await suites.find(digest))?.suite).toEqual(suiteOf(sha256));
    const entries = await new AuditLog(dataSource).list(10);
    expect(entries.map(({ action }) => action)).toEqual(['suite.put', 'dataset.put']);
  });

  it('are refused where they are empty, too large or lack their data', async () => {
    const put = (content: Uint8Array, items: number) => datasets.put({ content, items, ...BY }, () => audit('dataset.put', 'dataset/x'));
    await expect(put(new Uint8Array(0), 0)).rejects.toMatchObject({ reason: 'dataset-empty', field: 'content' });
    await expect(put(new Uint8Array(EVALUATION_LIMITS.datasetBytes + 1), 1)).rejects.toMatchObject({ reason: 'dataset-too-large' });
    await expect(put(new Uint8Array(1), EVALUATION_LIMITS.datasetItems + 1)).rejects.toMatchObject({ reason: 'dataset-too-large' });
    await expect(putSuite(sha('nothing'))).rejects.toMatchObject({ reason: 'dataset-missing', field: 'tasks[0].dataset' });
    expect(await suites.list(10)).toEqual([]);
  });

  it('are kept anew where somebody deletes them at the same moment', async () => {
    const dataset = await putDataset();
    const digest = await putSuite(dataset);
    const rival = dataSource.createQueryRunner();
    await rival.startTransaction();
    await rival.query('DELETE FROM signalbox.evaluation_suite_dataset WHERE suite = $1', [digest]);
    await rival.query('DELETE FROM signalbox.evaluation_suite WHERE digest = $1', [digest]);
    const kept = suites.put(suiteOf(dataset), { createdBy: 'user:ada', atMs: NOW + 1 }, () => audit('suite.put', `suite/${digest}`));
    await until(async () => (await dataSource.query<unknown[]>('SELECT 1 FROM pg_locks WHERE NOT granted')).length > 0, WAIT_MS);
    await rival.commitTransaction();
    await rival.release();
    expect(await kept).toMatchObject({ isNew: true, stored: { digest, createdAtMs: NOW + 1 } });
    expect(await dataSource.query('SELECT dataset FROM signalbox.evaluation_suite_dataset')).toEqual([{ dataset }]);
  });

  it('are listed page by page, newest first', async () => {
    const made: string[] = [];
    for (const at of [0, 1, 1, 2]) made.push(await putDataset(`{"text":"${made.length}"}\n`, NOW + at));
    const first = await datasets.list(2);
    const second = await datasets.list(2, { createdAtMs: first[1]!.createdAtMs, sha256: first[1]!.sha256 });
    expect([...first, ...second].map(({ sha256 }) => sha256)).toEqual([made[3], ...made.slice(1, 3).toSorted().toReversed(), made[0]]);
    const [a, b] = [await putSuite(made[0]!, 'a', NOW), await putSuite(made[0]!, 'b', NOW + 1)];
    expect((await suites.list(1)).map(({ digest }) => digest)).toEqual([b]);
    expect((await suites.list(5, { createdAtMs: NOW + 1, digest: b })).map(({ digest }) => digest)).toEqual([a]);
    expect((await suites.list(5, null, 'b')).map(({ digest }) => digest)).toEqual([b]);
  });
});

describe('runs', () => {
  let suite: string;
  beforeEach(async () => {
    suite = await putSuite(await putDataset());
  });

  it('are put in line with an audit entry, found by what they are of, and cancelled once', async () => {
    await expect(putRun(sha('nothing'))).rejects.toMatchObject({ reason: 'suite-missing', field: 'suite' });
    await expect(putRun(suite, { long: 'x'.repeat(EVALUATION_LIMITS.specBytes) })).rejects.toMatchObject({ reason: 'spec-too-large' });
    const [a, b] = [await putRun(suite, {}, NOW), await putRun(suite, { seed: 1 }, NOW + 1)];
    const listed = async (...given: Parameters<EvaluationRuns['list']>): Promise<string[]> => (await runs.list(...given)).map(({ id }) => id);
    expect(await listed(10)).toEqual([b, a]);
    expect(await listed(10, { createdAtMs: NOW + 1, id: b })).toEqual([a]);
    expect(await listed(10, null, { specDigest: (await runs.find(a))!.specDigest })).toEqual([a]);
    expect(await listed(10, null, { release: 'a'.repeat(64), suite, kind: 'suite', state: 'queued' })).toEqual([b, a]);
    expect(await listed(10, null, { release: 'b'.repeat(64) })).toEqual([]);
    const cancel = (id: string) => runs.cancel(id, NOW, audit('evaluation.cancel', `evaluation/${id}`));
    expect(await cancel(a)).toBe('cancelled');
    expect(await cancel(a)).toBe('already-finished');
    expect(await cancel(randomUUID())).toBe('not-found');
    expect(await runs.find(a)).toMatchObject({ state: 'cancelled', finishedAtMs: NOW });
    expect((await new AuditLog(dataSource).list(10, null, { action: 'evaluation.*' })).map(({ action }) => action)).toEqual(['evaluation.cancel', 'evaluation.create', 'evaluation.create']);
  });

  it('are in the hands of one process, and of the next once that is gone', async () => {
    const id = await putRun(suite);
    const [lost, none] = await underHolderLock(dataSource, (one) =>
      underHolderLock(dataSource, async (other) => {
        const taken = await Promise.all([claims.claim(id, one.holder, NOW), claims.claim(id, other.holder, NOW)]);
        expect(await claims.due(10)).toEqual([]);
        return taken.toSorted((a, b) => Number(a === null) - Number(b === null));
      }),
    );
    expect(none).toBeNull();
    expect(await claims.due(10)).toEqual([{ id, attempt: 1 }]);
    const next = (await claims.claim(id, 77, NOW))!;
    expect(next).toMatchObject({ attempt: 2, failures: 1 });
    const part = { key: sha('k'), part: '{"nats":1.5}', rows: 12, atMs: NOW };
    expect(await claims.stepMeasured(lost!, part, 'a')).toBeNull();
    expect(await claims.beat(lost!)).toBe(false);
    expect(await claims.succeed(lost!, { result: '{}', measured: null }, NOW)).toBeNull();
    expect(await claims.planned(next, { steps: 1, done: 0 })).toBe(true);
    expect(await claims.stepMeasured(next, part, 'a')).toBe(part.part);
    expect((await runs.find(id))!.progress).toEqual({ steps: 1, stepsDone: 1, stepsKnown: 0, rows: 12, label: 'a' });
    expect(await claims.succeed(next, { result: '{"a":1}', measured: '{"ms":2}' }, NOW)).toBe(sha('{"a":1}'));
    expect(await runs.result(id)).toEqual({ result: '{"a":1}', resultDigest: sha('{"a":1}'), measured: '{"ms":2}' });
    expect(await claims.due(10)).toEqual([]);
    expect(await runs.cancel(id, NOW, audit('evaluation.cancel', 'x'))).toBe('already-finished');
  });

  it('are taken from a process that hangs', async () => {
    const id = await putRun(suite);
    await underHolderLock(dataSource, async ({ holder }) => {
      const hung = (await claims.claim(id, holder, NOW))!;
      expect(await claims.claim(id, 77, NOW)).toBeNull();
      await dataSource.query(`UPDATE signalbox.evaluation_run SET heartbeat_at = now() - interval '31 seconds'`);
      expect(await claims.claim(id, 77, NOW)).toMatchObject({ attempt: 2 });
      expect(await claims.beat(hung)).toBe(false);
    });
  });

  it('wait after a failure, and stop writing once cancelled', async () => {
    const id = await putRun(suite);
    await underHolderLock(dataSource, async ({ holder }) => {
      const first = (await claims.claim(id, holder, NOW))!;
      expect(await claims.retry(first, 60_000)).toBe(true);
      expect(await claims.due(10)).toEqual([]);
      expect(await claims.open()).toEqual({ queued: 0, running: 1 });
      await dataSource.query('UPDATE signalbox.evaluation_run SET not_before = now()');
      const second = (await claims.claim(id, holder, NOW))!;
      expect(second.failures).toBe(1);
      expect(await claims.release(second)).toBe(true);
      const third = (await claims.claim(id, holder, NOW))!;
      expect(third.failures).toBe(1);
      await runs.cancel(id, NOW, audit('evaluation.cancel', 'x'));
      expect(await claims.fail(third, { reason: 'x', field: null, message: 'x' }, NOW)).toBe(false);
      expect((await runs.find(id))!.state).toBe('cancelled');
    });
  });
});

describe('what nobody uses', () => {
  it('goes, and what is used stays', async () => {
    const old = await putDataset('{"text":"old"}\n');
    const named = await putDataset('{"text":"named"}\n');
    const open = await putDataset('{"text":"open"}\n');
    const openSuite = await putSuite(open, 'open');
    const namedSuite = await putSuite(named, 'named');
    await putRun(openSuite);
    const later = NOW + 40 * DAY_MS;
    await putSuite(named, 'named', later);
    // Used as a suite, not as itself.
    await dataSource.query('UPDATE signalbox.evaluation_dataset SET last_used_at = $1', [new Date(NOW)]);
    const id = await putRun(namedSuite, {}, later);
    const claim = (await claims.claim(id, 77, NOW))!;
    await claims.planned(claim, { steps: 3, done: 0 });
    for (const key of ['a', 'b', 'c']) await claims.stepMeasured(claim, { key: sha(key), part: '1', rows: 1, atMs: NOW }, key);
    expect(await parts.use([sha('a'), sha('nothing')], later)).toEqual(new Set([sha('a')]));
    const unusedSinceMs = later - 30 * DAY_MS;
    expect([await purgeParts(dataSource, unusedSinceMs, 1), await purgeParts(dataSource, unusedSinceMs, 100)]).toEqual([1, 1]);
    expect([await purgeDatasets(dataSource, unusedSinceMs, 1), await purgeDatasets(dataSource, unusedSinceMs, 100)]).toEqual([1, 0]);
    expect(await datasets.missing([old, named, open])).toEqual([old]);
    expect(await parts.read([sha('b'), sha('a')])).toEqual([null, '1']);
  });
});

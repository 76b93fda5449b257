import { rename, rm } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RunSpec } from '#libs/evaluation/run/run';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { hasRedis, startRedis } from '../fixtures/redis.ts';
import { importTinyRelease, type TinyRelease } from '../fixtures/tiny-release.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';
import { audit, RunnerHouse, TEXTS } from './runner-house.ts';

/** Two texts a step, and one step more. */
const STEPS = Math.ceil(TEXTS.length / 2) + 1;

let postgres: TestPostgres;
let home: string;
let release: TinyRelease;
let house: RunnerHouse;
/** What an undisturbed run comes to. */
let expected: { readonly result: string; readonly resultDigest: string };
let rows: number;
const open: RunnerHouse[] = [];

async function openHouse(): Promise<RunnerHouse> {
  const one = await RunnerHouse.open(await postgres.createDatabase(), release, home);
  open.push(one);
  return one;
}

beforeAll(async () => {
  home = newTemporaryHome('signalbox-runs-');
  postgres = await startPostgres();
  release = await importTinyRelease(home);
  const first = await openHouse();
  first.start();
  const id = await first.order();
  const { result, resultDigest } = await first.result(id);
  expected = { result, resultDigest };
  rows = (await first.find(id)).progress.rows;
  await first.close();
  open.pop();
});
afterAll(async () => {
  await postgres.stop();
  await rm(home, { recursive: true, force: true });
});
beforeEach(async () => {
  house = await openHouse();
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

describe('a run whose process is killed', () => {
  it.each(['plan', 'step-0', 'step-2', 'conclude'])('at %s comes to the same, byte for byte, in the next process', async (point) => {
    const first = house.start({ hangAt: point });
    const id = await house.order();
    await house.hangs(point);
    const before = await house.find(id);
    expect(before.state).toBe('running');
    await house.end(first, 'SIGKILL');
    house.start();
    const { result, resultDigest } = await house.result(id);
    expect({ result, resultDigest }).toEqual(expected);
    const { progress } = await house.find(id);
    expect(progress).toMatchObject({ steps: STEPS, stepsDone: STEPS, stepsKnown: 0, rows });
    // Nothing that was kept is measured again.
    const again = house.reached().filter((one) => one === 'step-0').length;
    expect(again).toBe(point === 'step-0' ? 2 : 1);
  });

  it('again and again comes to the same', async () => {
    const id = await house.order();
    for (const point of ['step-0', 'step-1', 'step-2', 'step-3']) {
      const child = house.start({ hangAt: point });
      await house.hangs(point);
      await house.end(child, 'SIGKILL');
    }
    house.start();
    expect((await house.result(id)).resultDigest).toBe(expected.resultDigest);
  });

  it('is given up when it brings nothing each time, and says so', async () => {
    const id = await house.order();
    const first = house.start({ hangAt: 'step-0' });
    await house.hangs('step-0');
    await house.end(first, 'SIGKILL');
    await house.dataSource.query('UPDATE signalbox.evaluation_run SET failures = 4 WHERE id = $1', [id]);
    house.start();
    expect(await house.finished(id)).toMatchObject({ state: 'failed', error: { reason: 'evaluator-failed', field: null } });
  });
});

describe('a run', () => {
  it('goes on after a clean stop, and does not wait for it', async () => {
    const first = house.start({ hangAt: 'step-1' });
    const id = await house.order();
    await house.hangs('step-1');
    const stopped = house.end(first, 'SIGTERM');
    house.letGo();
    await stopped;
    expect((await house.find(id)).state).toBe('running');
    house.start();
    expect((await house.result(id)).resultDigest).toBe(expected.resultDigest);
  });

  it('of an equal spec measures nothing', async () => {
    house.start();
    const first = await house.order();
    const { result, measured } = await house.result(first);
    expect(JSON.parse(result)).toMatchObject({ format: 'signalbox.result/1' });
    expect(result).not.toContain('milliseconds');
    expect(JSON.parse(measured!)).toMatchObject({ milliseconds: expect.any(Array) as unknown });
    expect((await house.find(first)).progress).toMatchObject({ steps: STEPS, stepsDone: STEPS, stepsKnown: 0, rows });
    const { length } = house.reached();
    const id = await house.order();
    expect((await house.result(id)).resultDigest).toBe(expected.resultDigest);
    expect((await house.find(id)).progress).toEqual({ steps: STEPS, stepsDone: STEPS, stepsKnown: STEPS, rows: 0, label: null });
    // It was planned, no more.
    expect(house.reached()).toHaveLength(length + 1);
  });

  it('comes to the same on more threads', async () => {
    house.start({ threads: 3 });
    expect((await house.result(await house.order())).resultDigest).toBe(expected.resultDigest);
  });

  it('is cancelled while it waits and while it is under way', async () => {
    const child = house.start({ hangAt: 'step-1' });
    const running = await house.order();
    await house.hangs('step-1');
    const waiting = await house.order({ salt: 1 });
    for (const id of [running, waiting]) expect(await house.runs.cancel(id, Date.now(), audit('evaluation.cancel'))).toBe('cancelled');
    house.letGo();
    const next = await house.order({ salt: 2 });
    expect((await house.finished(next)).state).toBe('succeeded');
    expect((await house.find(running)).progress.stepsDone).toBe(1);
    expect(await house.find(waiting)).toMatchObject({ state: 'cancelled', startedAtMs: null });
    expect(await house.runs.result(running)).toBeNull();
    await house.end(child, 'SIGKILL');
  });

  it('is in one process at a time', async () => {
    for (let at = 0; at < 3; at += 1) house.start();
    const ids = await Promise.all([0, 1, 2, 3, 4].map((salt) => house.order({ salt })));
    for (const id of ids) expect((await house.finished(id)).progress).toMatchObject({ stepsDone: STEPS, stepsKnown: 0, rows });
    const attempts: { attempt: number }[] = await house.dataSource.query('SELECT attempt FROM signalbox.evaluation_run');
    expect(attempts.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1, 1]);
    expect(house.reached()).toHaveLength(5 * (STEPS + 1));
  });

  it('goes on when the database is back that died meanwhile', async () => {
    house.start({ hangAt: 'step-1' });
    const id = await house.order();
    await house.hangs('step-1');
    postgres.kill();
    await postgres.start();
    house.letGo();
    expect((await house.result(id)).resultDigest).toBe(expected.resultDigest);
  });

  it.runIf(hasRedis)('goes through Redis as well, and is not lost with it', async () => {
    const redis = await startRedis();
    try {
      const child = house.start({ redisUrl: redis.url, hangAt: 'step-1' });
      const id = await house.order();
      await house.hangs('step-1');
      await redis.kill();
      await house.end(child, 'SIGKILL');
      await redis.start();
      house.start({ redisUrl: redis.url });
      expect((await house.result(id)).resultDigest).toBe(expected.resultDigest);
    } finally {
      await redis.stop();
    }
  });

  it('that cannot be done says what is at fault', async () => {
    house.start();
    const cases: readonly (readonly [string, Partial<RunSpec>, { readonly reason: string; readonly field: string }])[] = [
      ['large-part', {}, { reason: 'part-too-large', field: 'suite' }],
      ['large-result', {}, { reason: 'result-too-large', field: 'suite' }],
      ['conclude-refuses', {}, { reason: 'nothing-to-say', field: 'settings.fault' }],
      ['not-askable', {}, { reason: 'not-askable', field: 'suite' }],
      ['', { kind: 'privacy' }, { reason: 'unknown-kind', field: 'kind' }],
      ['', { candidate: 'e'.repeat(64) }, { reason: 'release-missing', field: 'candidate' }],
      ['', { reference: 'e'.repeat(64) }, { reason: 'release-missing', field: 'reference' }],
    ];
    for (const [fault, over, error] of cases) {
      // A salt, so that no part of another case is known.
      const run = await house.finished(await house.order({ fault, salt: fault }, over));
      expect(run, fault).toMatchObject({ state: 'failed', error });
      expect(run.error!.message).toMatch(/\w/);
    }
  });

  it('whose dataset or component is gone says so, and is done once it is back', async () => {
    house.start();
    await house.dataSource.query('CREATE TABLE kept AS SELECT * FROM signalbox.evaluation_dataset');
    await house.dataSource.query('DELETE FROM signalbox.evaluation_dataset');
    expect((await house.finished(await house.order())).error).toMatchObject({ reason: 'dataset-missing', field: 'tasks[0].dataset' });
    await house.dataSource.query('INSERT INTO signalbox.evaluation_dataset SELECT * FROM kept');
    const path = Object.values(release.components)[3]!;
    await rename(path, `${path}.away`);
    try {
      expect((await house.finished(await house.order())).error).toMatchObject({ reason: 'component-missing', field: 'candidate' });
    } finally {
      await rename(`${path}.away`, path);
    }
    expect((await house.result(await house.order())).resultDigest).toBe(expected.resultDigest);
  });

  it('is tried again after a failure of the house', async () => {
    house.start();
    const id = await house.order({ fault: 'plan-throws' });
    const failures = async (): Promise<number> => {
      const [row]: { failures: number }[] = await house.dataSource.query('SELECT failures FROM signalbox.evaluation_run WHERE id = $1', [id]);
      return row!.failures;
    };
    await until(async () => (await failures()) >= 2, 120_000);
    expect((await house.find(id)).state).toBe('running');
    // Between two tries: one that is under way counts on from what it read.
    const lastTry = async (): Promise<boolean> => {
      const [set]: [unknown[], number] = await house.dataSource.query('UPDATE signalbox.evaluation_run SET failures = 4, not_before = now() WHERE id = $1 AND holder IS NULL RETURNING id', [id]);
      return set.length === 1;
    };
    await until(lastTry, 120_000);
    const { error } = await house.finished(id);
    expect(error).toMatchObject({ reason: 'evaluator-failed', field: null });
    expect(error!.message).toContain('planning is out of order');
  });
});

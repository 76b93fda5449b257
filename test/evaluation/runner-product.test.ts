import { randomUUID } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { constants, getPriority } from 'node:os';
import { type DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunSpec } from '#libs/evaluation/run/run';
import { createDataSource } from '#libs/store/data-source';
import { Datasets } from '#libs/store/evaluation/datasets';
import { type EvaluationRun } from '#libs/store/evaluation/evaluation-run';
import { EvaluationRuns } from '#libs/store/evaluation/evaluation-runs';
import { Suites } from '#libs/store/evaluation/suites';
import { Releases } from '#libs/store/releases/releases';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { freePort, SignalboxProcess } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';
import { audit } from './runner-house.ts';

const TEXTS = 120;
/** The process gives way to all others, so a busy machine leaves it little. */
const TIMEOUT_MS = 300_000;

let postgres: TestPostgres;
let signalbox: SignalboxProcess;
let dataSource: DataSource;
let runs: EvaluationRuns;
let spec: RunSpec;
const home = newTemporaryHome('signalbox-evaluations-');

beforeAll(async () => {
  postgres = await startPostgres();
  const url = await postgres.createDatabase();
  signalbox = new SignalboxProcess(home, await freePort(), { DATABASE_URL: url, SIGNALBOX_EVALUATION_IDLE_SECONDS: '5', SIGNALBOX_DETECTION: 'off' });
  await signalbox.start();
  dataSource = await createDataSource({ url, poolSize: 2 }).initialize();
  runs = new EvaluationRuns(dataSource);
  const texts = Array.from({ length: TEXTS }, (_, at) => JSON.stringify({ text: `${at}: ${'The signal box sets the route of each train. '.repeat(12)}`, labels: { domain: at % 2 === 0 ? 'even' : 'odd' } }));
  const by = { createdBy: 'user:ada', atMs: Date.now() };
  const { dataset } = await new Datasets(dataSource).put({ content: Buffer.from(`${texts.join('\n')}\n`), items: TEXTS, ...by }, () => audit('dataset.put'));
  const task = { id: 'texts', kind: 'likelihood' as const, dataset: dataset.sha256, grader: {}, gates: [] };
  const { stored } = await new Suites(dataSource).put({ format: 'signalbox.suite/1', name: 'texts', description: '', tasks: [task] }, by, () => audit('suite.put'));
  const [release] = await new Releases(dataSource).list(1);
  spec = { format: 'signalbox.evaluation/1', kind: 'suite', candidate: release!.releaseId, reference: null, suite: stored.digest, settings: {} };
});
afterAll(async () => {
  await dataSource.destroy();
  await signalbox.stop();
  await postgres.stop();
  rmSync(home, { recursive: true, force: true });
});

const processes = (): number[] => signalbox.childrenMatching('evaluation/main');

async function order(): Promise<string> {
  const id = randomUUID();
  await runs.create({ id, spec, requestedBy: 'user:ada', createdAtMs: Date.now() }, audit('evaluation.create'));
  return id;
}

async function reaches(id: string, isThere: (run: EvaluationRun) => boolean): Promise<EvaluationRun> {
  let run = (await runs.find(id))!;
  await until(
    async () => {
      run = (await runs.find(id))!;
      if (run.state === 'failed') throw new Error(`the run failed: ${JSON.stringify(run.error)}`);
      return isThere(run);
    },
    TIMEOUT_MS,
    () => `the run is at ${JSON.stringify(run)}\n${signalbox.lastWords}`,
  );
  return run;
}

const resultOf = async (id: string): Promise<{ readonly result: string; readonly resultDigest: string }> => {
  await reaches(id, ({ state }) => state === 'succeeded');
  const { result, resultDigest } = (await runs.result(id))!;
  return { result, resultDigest };
};
const underWay = ({ state, progress }: EvaluationRun): boolean => state === 'running' && progress.stepsDone >= 2;
const readiness = async (): Promise<string> => {
  const { checks } = (await (await fetch(`${signalbox.url}/readyz`)).json()) as { readonly checks: Readonly<Record<string, { readonly detail: string }>> };
  return checks['evaluation']!.detail;
};

it('starts the process for a run, at the lowest priority, and lets it end', async () => {
  expect(processes()).toEqual([]);
  expect(await readiness()).toBe('nothing to do');
  const id = await order();
  await reaches(id, underWay);
  const [pid] = processes();
  for (const thread of readdirSync(`/proc/${pid}/task`)) expect(getPriority(Number(thread))).toBe(constants.priority.PRIORITY_LOW);
  expect(await readiness()).toBe('running');
  // A scrape does not wait for long, and the process gives way to all others.
  const shows = async (): Promise<boolean> => /signalbox_evaluation_runs_open\{[^}]*process="evaluation"[^}]*\} \d/.test(await (await fetch(`${signalbox.url}/metrics`)).text());
  await until(shows, TIMEOUT_MS, () => 'its metrics are not shown');
  const first = await resultOf(id);
  await until(async () => processes().length === 0 && (await readiness()) === 'nothing to do', TIMEOUT_MS, () => `it does not end: ${signalbox.lastWords}`);
  // It has ended by itself and is not started again for nothing; an equal run is answered out of what is kept.
  const again = await order();
  expect(await resultOf(again)).toEqual(first);
  expect((await runs.find(again))!.progress).toMatchObject({ rows: 0 });
});

it('comes to the same, byte for byte, when the process or the whole product is killed meanwhile', async () => {
  const undisturbed = await resultOf(await order());
  await dataSource.query('DELETE FROM signalbox.evaluation_part');
  const killed = await order();
  await reaches(killed, underWay);
  const [pid] = processes();
  process.kill(pid!, 'SIGKILL');
  expect(await resultOf(killed)).toEqual(undisturbed);
  expect((await runs.find(killed))!.progress).toMatchObject({ stepsKnown: 0 });

  await dataSource.query('DELETE FROM signalbox.evaluation_part');
  const restarted = await order();
  await reaches(restarted, underWay);
  const left = processes();
  await signalbox.kill();
  // Without its parent the process ends by itself; what it holds is then free.
  await until(() => left.every((one) => !isAlive(one)), TIMEOUT_MS);
  expect((await runs.find(restarted))!.state).toBe('running');
  await signalbox.start();
  expect(await resultOf(restarted)).toEqual(undisturbed);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

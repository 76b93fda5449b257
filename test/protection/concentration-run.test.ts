import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ComponentStore } from '#libs/checkpoint/components/component-store';
import { type ConcentrationResult } from '#libs/evaluation/concentration/concentration-result';
import { loadConfig } from '#libs/platform/config/config';
import { createLogger } from '#libs/platform/logs/logger';
import { connectEvaluationQueue } from '#libs/queue/connect';
import { Datasets } from '#libs/store/evaluation/datasets';
import { EvaluationParts } from '#libs/store/evaluation/evaluation-parts';
import { RunClaims } from '#libs/store/evaluation/run-claims';
import { Suites } from '#libs/store/evaluation/suites';
import { findEvidenceRun } from '#libs/store/protection/evidence-runs';
import { Releases } from '#libs/store/releases/releases';
import { ASSAYS } from '../../apps/evaluation/assays.ts';
import { RunDesk } from '../../apps/evaluation/run-desk.ts';
import { RunMover } from '../../apps/evaluation/run-mover.ts';
import { RunWorker } from '../../apps/evaluation/run-worker.ts';
import { audit, RunnerHouse } from '../evaluation/runner-house.ts';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { importTinyRelease } from '../fixtures/tiny-release.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';

const home = newTemporaryHome('signalbox-concentration-');
let postgres: TestPostgres;
let house: RunnerHouse;
let stop: () => Promise<unknown>;

beforeAll(async () => {
  postgres = await startPostgres();
  const url = await postgres.createDatabase();
  house = await RunnerHouse.open(url, await importTinyRelease(home), home);
  const { dataSource } = house;
  const config = loadConfig({ DATABASE_URL: url, SIGNALBOX_HOME: home, SIGNALBOX_EVALUATION_THREADS: '1' });
  const options = { config, assays: ASSAYS, now: Date.now, logger: createLogger({ level: 'fatal', role: 'evaluation', readable: false, destination: process.stderr }) };
  const queue = connectEvaluationQueue({ databaseUrl: url, redisUrl: null });
  const claims = new RunClaims(dataSource);
  const sources = { releases: new Releases(dataSource), suites: new Suites(dataSource), datasets: new Datasets(dataSource) };
  const components = await ComponentStore.open(join(home, 'components'));
  const desk = new RunDesk({ claims, parts: new EvaluationParts(dataSource), components, sources }, options, () => undefined);
  const mover = new RunMover({ queue, claims }, options);
  const worker = new RunWorker({ queue, claims, desk, dataSource }, options, () => undefined);
  mover.start();
  worker.start();
  stop = () => Promise.all([mover.stop(), worker.stop()]);
});
afterAll(async () => {
  await stop?.();
  await house?.close();
  await postgres?.stop();
  rmSync(home, { recursive: true, force: true });
});

it('runs over the safety suite that ships, and what it found can be read as evidence', async () => {
  const lines = (await readFile(new URL('../../evals/safety/prompts.jsonl', import.meta.url), 'utf8')).trim().split('\n');
  // Of each class the first few.
  const items = ['harmful', 'harmless', 'bypass'].flatMap((kind) => lines.filter((line) => (JSON.parse(line) as { class: string }).class === kind).slice(0, 4));
  const by = { createdBy: 'user:ada', atMs: Date.now() };
  const { dataset } = await house.datasets.put({ content: Buffer.from(`${items.join('\n')}\n`), items: items.length, ...by }, () => audit('dataset.put'));
  const suite = { format: 'signalbox.suite/1' as const, name: 'safety', description: '', tasks: [{ id: 'refusals', kind: 'safety' as const, dataset: dataset.sha256, grader: {}, gates: [] }] };
  const { stored } = await new Suites(house.dataSource).put(suite, by, () => audit('suite.put'));
  const id = await house.order({ maxKnockOuts: 2, setCandidates: 1, maxCarriers: 2 }, { kind: 'concentration', suite: stored.digest });
  const { result } = await house.result(id);
  const found = JSON.parse(result) as ConcentrationResult;
  expect(found).toMatchObject({ format: 'signalbox.result/1', kind: 'concentration', verdict: { outcome: 'inconclusive', reasons: [{ reason: 'does-not-refuse' }] }, proposals: [] });
  expect(found.margins.map((one) => one.class)).toEqual(['harmful', 'harmless', 'bypass']);
  const evidence = await findEvidenceRun(house.dataSource.manager, id);
  expect(evidence).toMatchObject({ kind: 'concentration', outcome: 'inconclusive', isOfSafety: true, proposals: [] });
  expect(evidence?.leftOut).toEqual(found.knockOuts.map(({ layer, expert }) => `${layer}/${expert}`));
  expect(evidence?.leftOut).toHaveLength(2);
});

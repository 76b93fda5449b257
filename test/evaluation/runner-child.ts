import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { ComponentStore } from '#libs/checkpoint/components/component-store';
import { loadConfig } from '#libs/platform/config/config';
import { createLogger } from '#libs/platform/logs/logger';
import { connectEvaluationQueue } from '#libs/queue/connect';
import { Datasets } from '#libs/store/evaluation/datasets';
import { EvaluationParts } from '#libs/store/evaluation/evaluation-parts';
import { RunClaims } from '#libs/store/evaluation/run-claims';
import { type ReleaseManifest } from '#libs/release/manifest';
import { Suites } from '#libs/store/evaluation/suites';
import { RunDesk } from '../../apps/evaluation/run-desk.ts';
import { RunMover } from '../../apps/evaluation/run-mover.ts';
import { RunWorker } from '../../apps/evaluation/run-worker.ts';
import { likelihoodAssay } from './likelihood-assay.ts';

/** What the evaluation role does, with an assay of the tests, in a process of its own to be killed. */
const databaseUrl = process.env['DATABASE_URL'] ?? '';
const hangAt = process.env['HANG_AT'] ?? '';
const marks = process.env['MARKS'] ?? '';

const config = loadConfig(process.env);
const options = { config, assays: [likelihoodAssay(reach)], now: Date.now, logger: createLogger({ level: 'fatal', role: 'evaluation', readable: false, destination: process.stderr }) };
const queue = connectEvaluationQueue({ databaseUrl, redisUrl: config.queue.redisUrl });
const dataSource = await new DataSource({ type: 'postgres', url: databaseUrl, poolSize: 6, installExtensions: false }).initialize();
const claims = new RunClaims(dataSource);
/** The repository itself has entities, whose decorators this process could not read. */
const releases = {
  async find(id: string): Promise<{ readonly manifest: ReleaseManifest } | null> {
    const [row]: { readonly manifest: ReleaseManifest }[] = await dataSource.query('SELECT manifest FROM signalbox.release WHERE id = $1', [id]);
    return row ?? null;
  },
};
const sources = { releases, suites: new Suites(dataSource), datasets: new Datasets(dataSource) };
const components = await ComponentStore.open(join(config.home, 'components'));
const desk = new RunDesk({ claims, parts: new EvaluationParts(dataSource), components, sources }, options, () => undefined);
const mover = new RunMover({ queue, claims }, options);
const worker = new RunWorker({ queue, claims, desk, dataSource }, options, () => undefined);
mover.start();
worker.start();
process.once('SIGTERM', () => {
  void Promise.all([mover.stop(), worker.stop()]).then(() => process.exit(0));
});

/** Says where it is, and stays there if it shall hang there, until a file lets it go on. */
async function reach(point: string): Promise<void> {
  if (marks === '') return;
  writeFileSync(join(marks, `${process.pid}-${point}-${Date.now()}`), '');
  if (point !== hangAt) return;
  writeFileSync(join(marks, `hangs-${point}`), '');
  while (!existsSync(join(marks, 'go'))) await sleep(20);
}

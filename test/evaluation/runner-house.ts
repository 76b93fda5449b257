import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DataSource } from 'typeorm';
import { type RunSpec } from '#libs/evaluation/run/run';
import { createDataSource, migrate } from '#libs/store/data-source';
import { Datasets } from '#libs/store/evaluation/datasets';
import { type EvaluationRun, type StoredResult } from '#libs/store/evaluation/evaluation-run';
import { EvaluationRuns } from '#libs/store/evaluation/evaluation-runs';
import { Suites } from '#libs/store/evaluation/suites';
import { type AuditEntry } from '#libs/store/audit/audit-log';
import { Releases } from '#libs/store/releases/releases';
import { type TinyRelease } from '../fixtures/tiny-release.ts';
import { until } from '../harness/until.ts';

const TIMEOUT_MS = 120_000;
const DONE = new Set(['succeeded', 'failed', 'cancelled']);
export const TEXTS = ['The train waits at the signal.', 'Der Zug steht am Signal.', 'a = b + c;', 'Once upon a time there was a fox.', 'Zwei und zwei sind vier.', 'for i in range(10): print(i)', 'A long way home.'];

export const audit = (action: string): AuditEntry => ({ atMs: Date.now(), actor: 'user:ada', action, subject: 'evaluation/test', detail: {}, requestId: null });

export interface ChildSettings {
  readonly hangAt?: string;
  readonly redisUrl?: string | null;
  readonly threads?: number;
}

/** A database with the demo model and a suite over a few texts, and processes that do its runs. */
export class RunnerHouse {
  readonly runs: EvaluationRuns;
  readonly datasets: Datasets;
  readonly marks = mkdtempSync(join(tmpdir(), 'signalbox-marks-'));
  suite = '';
  dataset = '';
  readonly #children: ChildProcess[] = [];

  private constructor(
    readonly url: string,
    readonly dataSource: DataSource,
    private readonly release: TinyRelease,
    private readonly home: string,
  ) {
    this.runs = new EvaluationRuns(dataSource);
    this.datasets = new Datasets(dataSource);
  }

  static async open(url: string, release: TinyRelease, home: string): Promise<RunnerHouse> {
    const dataSource = await createDataSource({ url, poolSize: 4 }).initialize();
    await migrate(dataSource);
    const house = new RunnerHouse(url, dataSource, release, home);
    const { manifest, releaseId } = release;
    const sizesBytes = Object.fromEntries(Object.values(manifest.components).map((sha256) => [sha256, 8]));
    await new Releases(dataSource).save({ releaseId, model: manifest.model, manifest, importedFrom: 'test', createdAtMs: Date.now(), sizesBytes }, audit('release.import'));
    const content = Buffer.from(TEXTS.map((text) => `${JSON.stringify({ text })}\n`).join(''));
    const { dataset } = await house.datasets.put({ content, items: TEXTS.length, createdBy: 'user:ada', atMs: Date.now() }, () => audit('dataset.put'));
    house.dataset = dataset.sha256;
    const suite = { format: 'signalbox.suite/1' as const, name: 'texts', description: '', tasks: [{ id: 'texts', kind: 'likelihood' as const, dataset: dataset.sha256, grader: {}, gates: [] }] };
    house.suite = (await new Suites(dataSource).put(suite, { createdBy: 'user:ada', atMs: Date.now() }, () => audit('suite.put'))).stored.digest;
    return house;
  }

  async order(settings: RunSpec['settings'] = {}, over: Partial<RunSpec> = {}): Promise<string> {
    const id = randomUUID();
    const spec: RunSpec = { format: 'signalbox.evaluation/1', kind: 'suite', candidate: this.release.releaseId, reference: null, suite: this.suite, settings, ...over };
    await this.runs.create({ id, spec, requestedBy: 'user:ada', createdAtMs: Date.now() }, audit('evaluation.create'));
    return id;
  }

  start({ hangAt = '', redisUrl = null, threads = 1 }: ChildSettings = {}): ChildProcess {
    const child = fork(fileURLToPath(new URL('./runner-child.ts', import.meta.url)), {
      execArgv: ['--conditions=development', '--experimental-transform-types', '--disable-warning=ExperimentalWarning'],
      env: { PATH: process.env['PATH'], DATABASE_URL: this.url, REDIS_URL: redisUrl ?? '', SIGNALBOX_HOME: this.home, SIGNALBOX_EVALUATION_THREADS: String(threads), HANG_AT: hangAt, MARKS: this.marks },
    });
    this.#children.push(child);
    return child;
  }

  async find(id: string): Promise<EvaluationRun> {
    return (await this.runs.find(id))!;
  }

  async finished(id: string): Promise<EvaluationRun> {
    let run = await this.find(id);
    await until(async () => DONE.has((run = await this.find(id)).state), TIMEOUT_MS, () => `the run does not finish: ${JSON.stringify(run)}`);
    return run;
  }

  async result(id: string): Promise<StoredResult> {
    const run = await this.finished(id);
    const result = await this.runs.result(id);
    if (!result) throw new Error(`the run has no result: ${JSON.stringify(run)}`);
    return result;
  }

  async hangs(point: string): Promise<void> {
    await until(() => existsSync(join(this.marks, `hangs-${point}`)), TIMEOUT_MS, () => `${point} is not reached: ${readdirSync(this.marks).join(' ')}`);
  }

  /** Points that were reached, by all processes together. */
  reached(): string[] {
    return readdirSync(this.marks).flatMap((name) => /^\d+-(.+)-\d+$/.exec(name)?.[1] ?? []);
  }

  letGo(): void {
    writeFileSync(join(this.marks, 'go'), '');
  }

  async end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  async close(): Promise<void> {
    for (const child of this.#children) await this.end(child, 'SIGKILL');
    await this.dataSource.destroy();
    rmSync(this.marks, { recursive: true, force: true });
  }
}

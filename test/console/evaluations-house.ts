import { createHash, randomUUID } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type DataSource } from 'typeorm';
import { parse } from 'yaml';
import { type RunKind, type RunSpec, type RunState } from '#libs/evaluation/run/run';
import { canonicalJson } from '#libs/release/manifest-digest';
import { createDataSource } from '#libs/store/data-source';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { type Retuning, writeRetunedCheckpoint } from '../fixtures/retuned-checkpoint.ts';
import { freePort, SignalboxProcess, TEST_KEY } from '../harness/signalbox-process.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';

export const MODEL = 'tiny-mixtral';
const WAIT_MS = 120_000;
const RUN_MS = 540_000;
const SHIPPED = join(import.meta.dirname, '..', '..', 'evals');

export interface SeededRun {
  readonly kind: RunKind;
  readonly candidate: string;
  readonly reference?: string;
  readonly suite: string;
  readonly state?: RunState;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly measured?: unknown;
  readonly error?: string;
}

/** The product on a database of the test's own, so that runs with results of any shape can be put there. */
export class EvaluationsHouse {
  readonly #home = newTemporaryHome('console-evaluations-');
  #postgres!: TestPostgres;
  #dataSource!: DataSource;
  signalbox!: SignalboxProcess;

  async start(): Promise<void> {
    this.#postgres = await startPostgres();
    const url = await this.#postgres.createDatabase();
    this.signalbox = new SignalboxProcess(this.#home, await freePort(), { DATABASE_URL: url });
    await this.signalbox.start();
    this.#dataSource = await createDataSource({ url }).initialize();
    await until(async () => (await this.activation().catch(() => null)) !== null, WAIT_MS, () => 'the demo model is not active');
  }

  async stop(): Promise<void> {
    await this.#dataSource?.destroy();
    await this.signalbox?.stop();
    await this.#postgres?.stop();
    rmSync(this.#home, { recursive: true, force: true });
  }

  async call<T>(path: string, { method = 'GET', body, type = 'application/json' }: { readonly method?: string; readonly body?: unknown; readonly type?: string } = {}): Promise<T> {
    const answer = await fetch(`${this.signalbox.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${TEST_KEY}`, ...(body !== undefined && { 'content-type': type }) },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  activation(): Promise<{ readonly releaseId: string }> {
    return this.call(`/models/${MODEL}/activation`);
  }

  /** Imports a re-tuned checkpoint; gives its release. */
  async release(name: string, retuning: Retuning): Promise<string> {
    const directory = join(this.#home, name);
    await writeRetunedCheckpoint(directory, retuning);
    const { id } = await this.call<{ id: string }>('/imports', { method: 'POST', body: { directory, model: MODEL } });
    let releaseId: string | null = null;
    await until(async () => (releaseId = (await this.call<{ releaseId: string | null }>(`/imports/${id}`)).releaseId) !== null, WAIT_MS, () => `the import of ${name} does not end`);
    return releaseId!;
  }

  /** Keeps a suite of one likelihood task over some texts; gives its digest. */
  async suite(name: string, texts: readonly { readonly text: string; readonly domain: string }[], description = 'Held-out text.'): Promise<string> {
    const lines = texts.map(({ text, domain }) => JSON.stringify({ text, labels: { domain } })).join('\n');
    const { sha256 } = await this.call<{ sha256: string }>('/datasets', { method: 'POST', body: `${lines}\n`, type: 'application/octet-stream' });
    const tasks = [{ id: 'held-out', kind: 'likelihood', dataset: sha256, grader: {}, gates: [{ metric: 'bitsPerByte', versus: 'reference', atMost: 0.02 }] }];
    return (await this.call<{ digest: string }>('/suites', { method: 'POST', body: { name, description, tasks } })).digest;
  }

  /** Keeps a suite that is shipped, with its datasets; gives its digest. */
  async shippedSuite(name: string): Promise<string> {
    const suite = parse(readFileSync(join(SHIPPED, `${name}.yaml`), 'utf8')) as { readonly tasks: readonly { readonly dataset: string }[] };
    const tasks: unknown[] = [];
    for (const task of suite.tasks) {
      const { sha256 } = await this.call<{ sha256: string }>('/datasets', { method: 'POST', body: readFileSync(join(SHIPPED, task.dataset), 'utf8'), type: 'application/octet-stream' });
      tasks.push({ ...task, dataset: sha256 });
    }
    return (await this.call<{ digest: string }>('/suites', { method: 'POST', body: { ...suite, tasks } })).digest;
  }

  /** Runs that are ordered from now on wait until they are let go: a short one would end before anybody saw it. */
  async hold(): Promise<void> {
    await this.#dataSource.query(`ALTER TABLE signalbox.evaluation_run ALTER COLUMN not_before SET DEFAULT now() + interval '1 day'`);
  }

  async letGo(): Promise<void> {
    await this.#dataSource.query('ALTER TABLE signalbox.evaluation_run ALTER COLUMN not_before DROP DEFAULT');
    await this.#dataSource.query(`UPDATE signalbox.evaluation_run SET not_before = NULL WHERE state = 'queued'`);
  }

  /** Starts a run and waits until it has a result; gives its id. */
  async measured(order: Readonly<Record<string, unknown>>): Promise<string> {
    const { id } = await this.call<{ id: string }>('/evaluations', { method: 'POST', body: order });
    let run: { readonly state: string; readonly error: unknown } | undefined;
    await until(async () => {
      run = await this.call(`/evaluations/${id}`);
      if (run!.state === 'failed') throw new Error(JSON.stringify(run!.error));
      return run!.state === 'succeeded';
    }, RUN_MS, () => `the run is ${JSON.stringify(run)}`);
    return id;
  }

  /** Puts a run there as if it had ended so; gives its id. */
  async seed({ kind, candidate, reference, suite, state = 'succeeded', result, measured, error }: SeededRun): Promise<string> {
    const id = randomUUID();
    const spec: RunSpec = { format: 'signalbox.evaluation/1', kind, candidate, reference: reference ?? null, suite, settings: { seed: 1, of: id } };
    const text = canonicalJson(spec);
    const told = result === undefined ? null : canonicalJson({ format: 'signalbox.result/1', kind, candidate, reference: reference ?? null, suite, ...result });
    const hasEnded = state !== 'queued' && state !== 'running';
    await this.#dataSource.query(
      `INSERT INTO signalbox.evaluation_run (id, spec, spec_digest, kind, candidate, reference, suite, state, requested_by, created_at, started_at, finished_at, steps, steps_done, steps_measured, rows, error, result, result_digest, measured)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'system', now(), now() - interval '95 seconds', CASE WHEN $9 THEN now() END, 12, 12, 9, 48210, $10, $11, $12, $13)`,
      [
        id, text, digestOf(text), kind, candidate, reference ?? null, suite, state, hasEnded, error === undefined ? null : JSON.stringify({ reason: 'internal', field: null, message: error }),
        told, told === null ? null : digestOf(told), measured === undefined ? null : canonicalJson(measured),
      ],
    );
    return id;
  }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

const HELD_OUT = join(SHIPPED, 'python-expert', 'held-out.jsonl');

/** Real text of some domains out of a shipped suite, so many items of each. */
export function heldOut(items: number): readonly { readonly text: string; readonly domain: string }[] {
  const all = readFileSync(HELD_OUT, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as { readonly text: string; readonly labels: { readonly domain: string } });
  return [...Map.groupBy(all, ({ labels }) => labels.domain).values()].flatMap((group) => group.slice(0, items).map(({ text, labels }) => ({ text, domain: labels.domain })));
}

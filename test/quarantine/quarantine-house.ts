import { randomBytes, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type DataSource } from 'typeorm';
import { type CaptureJob } from '#libs/contract/capture/request-record';
import { digestApiKey, generateApiKey } from '#libs/platform/auth/api-key';
import { loadConfig } from '#libs/platform/config/config';
import { Health } from '#libs/platform/health/health';
import { createLogger } from '#libs/platform/logs/logger';
import { TraceSealer } from '#libs/record/seal';
import { releaseIdOf } from '#libs/release/manifest-digest';
import { type FallbackSettings, type ReleaseManifest } from '#libs/release/manifest';
import { TracePartitions } from '#libs/store/capture/partitions';
import { Segments } from '#libs/store/capture/segments';
import { TraceWriter } from '#libs/store/capture/trace-writer';
import { createDataSource, migrate } from '#libs/store/data-source';
import { ExpertFigures } from '#libs/store/figures/expert-figures';
import { ApiKeys } from '#libs/store/keys/api-keys';
import { ReleaseOutlines } from '#libs/store/releases/release-outlines';
import { Releases } from '#libs/store/releases/releases';
import { StoreModule } from '#libs/store/store.module';
import { UsageFolder } from '#libs/store/usage/usage-folder';
import { UsageReader } from '#libs/store/usage/usage-reader';
import { decodeTrace } from '#libs/trace/codec';
import { type RoutingTrace } from '#libs/trace/trace';
import { ControlModule } from '../../apps/control/control.module.ts';
import { storedControlPorts } from '../../apps/control/stored-ports.ts';
import { createInferenceApp } from '../../apps/inference/inference-app.ts';
import { CapturePipeline } from '../../apps/pipeline/capture-pipeline.ts';
import { BatchWriter } from '../../apps/pipeline/write-batch.ts';
import { storedMeasurePorts } from '../../apps/watch/measure/measure-ports.ts';
import { MeasureRound } from '../../apps/watch/measure/measure-round.ts';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { importTinyRelease } from '../fixtures/tiny-release.ts';
import { until } from '../harness/until.ts';

export const MODEL = 'tiny-mixtral';
export const DENSE = 'tiny-dense';
/** Whose ladder has no rung but the dense model. */
export const STRICT = 'tiny-strict';
const TRACE_KEY = randomBytes(32);

export interface Answered {
  readonly status: number;
  readonly requestId: string;
  readonly release: string | null;
  readonly role: string | null;
  readonly degraded: string | null;
  /** What of other requests the answer may depend on. */
  readonly dependsOn: string | null;
  readonly sentAtMs: number;
  readonly text: string;
}

/** Two inference processes' worth of apps over one database, each with an engine of its own, and the management API. */
export class QuarantineHouse {
  readonly #folder = mkdtempSync(join(tmpdir(), 'signalbox-quarantine-'));
  key = '';
  releaseId = '';
  denseId = '';
  #postgres!: TestPostgres;
  #store!: DataSource;
  #control!: NestFastifyApplication;
  #controlUrl = '';
  #databaseUrl = '';
  readonly #inferences: { readonly app: NestFastifyApplication; readonly url: string }[] = [];

  get store(): DataSource {
    return this.#store;
  }

  async start(fallback: FallbackSettings): Promise<void> {
    this.#postgres = await startPostgres();
    this.#databaseUrl = await this.#postgres.createDatabase();
    this.#store = await createDataSource({ url: this.#databaseUrl }).initialize();
    await migrate(this.#store);
    const { manifest } = await importTinyRelease(join(this.#folder, '0'));
    mkdirSync(join(this.#folder, '1'));
    symlinkSync(join(this.#folder, '0', 'components'), join(this.#folder, '1', 'components'));
    this.denseId = await this.#save({ ...manifest, model: DENSE });
    this.releaseId = await this.#save({ ...manifest, routing: { ...manifest.routing, fallback } });
    await this.#save({ ...manifest, model: STRICT, routing: { ...manifest.routing, fallback: { ladder: ['dense'], denseModel: DENSE } } });
    const key = generateApiKey();
    const audit = { atMs: Date.now(), actor: 'system', action: 'test.seed', subject: 'test', detail: {}, requestId: null };
    await new ApiKeys(this.#store).insert({ id: randomUUID(), ...digestApiKey(key), name: 'test', createdAtMs: Date.now(), expiresAtMs: null, scopes: ['admin', 'traces'] }, audit);
    this.key = key;
    await this.startApps();
  }

  async stop(): Promise<void> {
    await this.stopApps();
    await this.#store?.destroy();
    await this.#postgres?.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async startApps(): Promise<void> {
    for (const name of ['0', '1']) this.#inferences.push(await this.#startInference(join(this.#folder, name)));
    const settings = { minRequests: 1, retentionDays: 7, version: '0.0.0', now: Date.now };
    const ports = storedControlPorts({ settings, home: join(this.#folder, '0'), traceKey: TRACE_KEY, audit: { seed: randomBytes(32), everyEntries: 1000, everyMs: 60_000 } });
    this.#control = await NestFactory.create<NestFastifyApplication>(
      { module: class Root {}, imports: [StoreModule.forRoot({ url: this.#databaseUrl }), ControlModule.over(ports)] },
      new FastifyAdapter(),
      { logger: ['error'], abortOnError: false },
    );
    this.#controlUrl = await listen(this.#control);
  }

  async stopApps(): Promise<void> {
    await this.#control?.close();
    for (const { app } of this.#inferences.splice(0)) await app.close();
  }

  /** Asks one of the two inference apps. */
  async ask(at: number, body: object = {}): Promise<Answered> {
    const sentAtMs = performance.now();
    const response = await fetch(`${this.#inferences[at % 2]!.url}/v1/completions`, {
      method: 'POST', headers: { authorization: `Bearer ${this.key}`, 'content-type': 'application/json' }, body: JSON.stringify({ model: MODEL, max_tokens: 8, temperature: 0, ignore_eos: true, ...body }),
    });
    const text = await response.text();
    const of = (name: string): string | null => response.headers.get(name);
    return { status: response.status, requestId: of('x-request-id') ?? '', release: of('x-signalbox-release'), role: of('x-signalbox-role'), degraded: of('x-signalbox-degraded'), dependsOn: of('x-signalbox-depends-on'), sentAtMs, text };
  }

  async manage<T>(path: string, method = 'GET', body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<T> {
    const response = await fetch(`${this.#controlUrl}/api/v1${path}`, {
      method, headers: { authorization: `Bearer ${this.key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers }, ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** Puts what was recorded into the roll-ups, and adopts a baseline of the hour. */
  async adoptBaseline(): Promise<void> {
    await new UsageFolder(this.#store).run();
    const options = { sampleRequests: 1000, segments: [], mixByHour: false, mixBySegment: null, adoptFirst: false };
    await this.#store.query(
      `INSERT INTO signalbox.baseline (id, model, release, layers, experts, state, threshold, from_at, to_at, options, created_by, created_by_issuers, created_at, adopted_at, adopted_by)
       VALUES (gen_random_uuid(), $1, $2, 4, 8, 'ready', 1000, now() - interval '1 hour', now() + interval '1 minute', $3, 'test', '{}', now(), now(), 'test')`,
      [MODEL, this.releaseId, JSON.stringify(options)],
    );
  }

  /** One round of the watch's measuring, as if it were then. */
  async measure(nowMs: number): Promise<void> {
    const sealer = new TraceSealer({ current: TRACE_KEY });
    const ports = storedMeasurePorts(this.#store, new UsageReader(this.#store), new ExpertFigures(this.#store, new ReleaseOutlines(this.#store)), sealer, () => nowMs);
    await new MeasureRound(ports, { windowMs: 600_000, minRequests: 1 }).run(nowMs);
  }

  /** Decoded traces of these requests, once all are in the database. */
  async traces(requestIds: readonly string[]): Promise<Map<string, RoutingTrace>> {
    const sealer = new TraceSealer({ current: TRACE_KEY });
    let rows: { request_id: string; trace: Buffer }[] = [];
    await until(
      async () => (rows = await this.#store.query('SELECT request_id, trace FROM signalbox.trace WHERE request_id = ANY($1::uuid[])', [requestIds])).length === requestIds.length,
      120_000,
      () => `${rows.length} of ${requestIds.length} traces are in the database`,
    );
    return new Map(rows.map((row) => [row.request_id, decodeTrace(sealer.open(row.request_id, row.trace))]));
  }

  async #startInference(home: string): Promise<{ app: NestFastifyApplication; url: string }> {
    // No expert is taken out for being slow, as one may be on a full machine: quarantines alone decide what is degraded.
    const config = loadConfig({ SIGNALBOX_HOME: home, SIGNALBOX_LOG_LEVEL: 'warn', SIGNALBOX_ENGINE_THREADS: '1', SIGNALBOX_EXPERT_SLOW_FACTOR: '0', SIGNALBOX_TRACE_KEY: TRACE_KEY.toString('base64') });
    const outlines = new ReleaseOutlines(this.#store);
    const writer = new TraceWriter(this.#store, new TracePartitions(this.#store), new Segments(this.#store, 100), outlines);
    const pipeline = new CapturePipeline(new TraceSealer({ current: TRACE_KEY }), outlines, new BatchWriter(writer, 4), { spoolRoot: join(home, 'spool'), retentionDays: 7, now: Date.now });
    const producer = { add: async (jobs: readonly CaptureJob[]) => void (await Promise.all(jobs.map((job) => pipeline.handle(job, null)))) };
    const app = await createInferenceApp({ config, logger: createLogger({ level: config.log.level, role: 'inference' }), health: new Health(), producer }, this.#databaseUrl);
    return { app, url: await listen(app) };
  }

  async #save(manifest: ReleaseManifest): Promise<string> {
    const releaseId = releaseIdOf(manifest);
    const audit = { atMs: Date.now(), actor: 'system', action: 'test.seed', subject: 'test', detail: {}, requestId: null };
    const sizesBytes = Object.fromEntries(Object.values(manifest.components).map((sha256) => [sha256, 1]));
    await new Releases(this.#store).save({ releaseId, model: manifest.model, manifest, importedFrom: 'test', createdAtMs: Date.now(), sizesBytes }, audit);
    return releaseId;
  }
}

async function listen(app: NestFastifyApplication): Promise<string> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  return (await app.getUrl()).replace('[::1]', '127.0.0.1');
}

import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type DataSource } from 'typeorm';
import { type CaptureJob } from '#libs/contract/capture/request-record';
import { digestApiKey, generateApiKey } from '#libs/platform/auth/api-key';
import { loadConfig } from '#libs/platform/config/config';
import { Health } from '#libs/platform/health/health';
import { loadTraceKey } from '#libs/platform/home/trace-key';
import { createLogger } from '#libs/platform/logs/logger';
import { TraceSealer } from '#libs/record/seal';
import { TracePartitions } from '#libs/store/capture/partitions';
import { Segments } from '#libs/store/capture/segments';
import { TraceWriter } from '#libs/store/capture/trace-writer';
import { createDataSource, migrate } from '#libs/store/data-source';
import { ApiKeys, type NewApiKey } from '#libs/store/keys/api-keys';
import { ReleaseOutlines } from '#libs/store/releases/release-outlines';
import { Releases } from '#libs/store/releases/releases';
import { StoreModule } from '#libs/store/store.module';
import { decodeTrace } from '#libs/trace/codec';
import { type RoutingTrace } from '#libs/trace/trace';
import { ControlModule } from '../../apps/control/control.module.ts';
import { storedControlPorts } from '../../apps/control/stored-ports.ts';
import { createInferenceApp } from '../../apps/inference/inference-app.ts';
import { CapturePipeline } from '../../apps/pipeline/capture-pipeline.ts';
import { BatchWriter } from '../../apps/pipeline/write-batch.ts';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { importTinyRelease, type TinyRelease } from '../fixtures/tiny-release.ts';
import { until } from '../harness/until.ts';

/** A trace as it lies in the database, decoded, with the rules that held. */
export interface RecordedTrace {
  readonly trace: RoutingTrace;
  readonly rulesDigest: string | null;
  readonly maskedExperts: number | null;
  /** When the request ended, epoch milliseconds. */
  readonly endedAtMs: number;
}

/** Inference over the real engine, the way of traces into the database, and the management API, in one process. */
export class RuledHouse {
  readonly home = mkdtempSync(join(tmpdir(), 'signalbox-rules-'));
  readonly health = new Health();
  key = '';
  #postgres!: TestPostgres;
  #store!: DataSource;
  #inference!: NestFastifyApplication;
  #control!: NestFastifyApplication;
  #release!: TinyRelease;
  #inferenceUrl = '';
  #databaseUrl = '';
  #threads = 1;
  #controlUrl = '';

  get release(): TinyRelease {
    return this.#release;
  }

  get store(): DataSource {
    return this.#store;
  }

  async start(threads: number): Promise<void> {
    this.#postgres = await startPostgres();
    const databaseUrl = await this.#postgres.createDatabase();
    this.#store = await createDataSource({ url: databaseUrl }).initialize();
    await migrate(this.#store);
    this.#release = await importTinyRelease(this.home);
    await this.#seed();
    this.#databaseUrl = databaseUrl;
    this.#threads = threads;
    const traceKey = await this.#startInference();
    const settings = { minRequests: 1, retentionDays: 7, version: '0.0.0', now: Date.now };
    const ports = storedControlPorts({ settings, home: this.home, traceKey, audit: { seed: randomBytes(32), everyEntries: 1000, everyMs: 60_000 } });
    this.#control = await NestFactory.create<NestFastifyApplication>(
      { module: class Root {}, imports: [StoreModule.forRoot({ url: databaseUrl }), ControlModule.over(ports)] },
      new FastifyAdapter(),
      { logger: ['error'], abortOnError: false },
    );
    this.#controlUrl = await listen(this.#control);
  }

  async restartInference(): Promise<void> {
    await this.#inference.close();
    await this.#startInference();
  }

  async #startInference(): Promise<Buffer> {
    // No expert is taken out for being slow, as one may be on a full machine: answers and loads would be others.
    const config = loadConfig({ SIGNALBOX_HOME: this.home, SIGNALBOX_LOG_LEVEL: 'warn', SIGNALBOX_ENGINE_THREADS: String(this.#threads), SIGNALBOX_EXPERT_SLOW_FACTOR: '0', SIGNALBOX_FAULT_FILE: this.#faultFile });
    const logger = createLogger({ level: config.log.level, role: 'inference' });
    const traceKey = loadTraceKey(this.home, null);
    const pipeline = this.#pipeline(traceKey);
    const producer = { add: async (jobs: readonly CaptureJob[]) => void (await Promise.all(jobs.map((job) => pipeline.handle(job, null)))) };
    this.#inference = await createInferenceApp({ config, logger, health: this.health, producer }, this.#databaseUrl);
    this.#inferenceUrl = await listen(this.#inference);
    return traceKey;
  }

  async stop(): Promise<void> {
    await this.#control?.close();
    await this.#inference?.close();
    await this.#store?.destroy();
    await this.#postgres?.stop();
    rmSync(this.home, { recursive: true, force: true });
  }

  /** From about now on each run of an expert takes so much longer; 0 ends it. */
  slowDown(layer: number, expert: number, delayMs: number): void {
    writeFileSync(`${this.#faultFile}.new`, JSON.stringify({ faults: delayMs === 0 ? [] : [{ layer, expert, kind: 'slow', delayMs }] }));
    renameSync(`${this.#faultFile}.new`, this.#faultFile);
  }

  get #faultFile(): string {
    return join(this.home, 'faults.json');
  }

  complete(body: Readonly<Record<string, unknown>>, key = this.key): Promise<Response> {
    return this.#fetch(`${this.#inferenceUrl}/v1/completions`, 'POST', { model: 'tiny-mixtral', ...body }, { authorization: `Bearer ${key}` });
  }

  /** A key that speaks for one tenant. */
  async keyOfTenant(tenant: string): Promise<string> {
    return this.#insertKey({ scopes: ['inference'], tenant });
  }

  async manage<T>(path: string, { method = 'GET', body, seen }: { method?: string; body?: unknown; seen?: number } = {}): Promise<T> {
    const response = await this.#fetch(`${this.#controlUrl}/api/v1${path}`, method, body, seen === undefined ? {} : { 'if-match': `"${seen}"` });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** Traces of these requests, once all are in the database. */
  async traces(requestIds: readonly string[]): Promise<Map<string, RecordedTrace>> {
    const sealer = new TraceSealer({ current: loadTraceKey(this.home, null) });
    interface Row { request_id: string; trace: Buffer; rules_digest: Buffer | null; masked_experts: number | null; ended: number }
    let rows: Row[] = [];
    await until(
      async () => {
        rows = await this.#store.query('SELECT request_id, trace, rules_digest, masked_experts, extract(epoch FROM at)::float8 * 1000 + duration_ms AS ended FROM signalbox.trace WHERE request_id = ANY($1::uuid[])', [requestIds]);
        return rows.length === requestIds.length;
      },
      120_000,
      () => `${rows.length} of ${requestIds.length} traces are in the database`,
    );
    return new Map(rows.map((row) => [row.request_id, { trace: decodeTrace(sealer.open(row.request_id, row.trace)), rulesDigest: row.rules_digest?.toString('hex') ?? null, maskedExperts: row.masked_experts, endedAtMs: row.ended }]));
  }

  #fetch(url: string, method: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(url, {
      method,
      headers: { authorization: `Bearer ${this.key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  #pipeline(traceKey: Uint8Array): CapturePipeline {
    const outlines = new ReleaseOutlines(this.#store);
    const writer = new TraceWriter(this.#store, new TracePartitions(this.#store), new Segments(this.#store, 100), outlines);
    return new CapturePipeline(new TraceSealer({ current: traceKey }), outlines, new BatchWriter(writer, 4), { spoolRoot: join(this.home, 'spool'), retentionDays: 7, now: Date.now });
  }

  async #seed(): Promise<void> {
    const { manifest, releaseId } = this.#release;
    const atMs = Date.now();
    const audit = { atMs, actor: 'system', action: 'test.seed', subject: 'test', detail: {}, requestId: null };
    const sizesBytes = Object.fromEntries(Object.values(manifest.components).map((sha256) => [sha256, 1]));
    await new Releases(this.#store).save({ releaseId, model: manifest.model, manifest, importedFrom: 'test', createdAtMs: atMs, sizesBytes }, audit);
    this.key = await this.#insertKey({ scopes: ['admin', 'traces'] });
  }

  async #insertKey(over: Pick<NewApiKey, 'scopes'> & Partial<NewApiKey>): Promise<string> {
    const key = generateApiKey();
    const atMs = Date.now();
    const audit = { atMs, actor: 'system', action: 'test.seed', subject: 'test', detail: {}, requestId: null };
    await new ApiKeys(this.#store).insert({ id: randomUUID(), ...digestApiKey(key), name: 'test', createdAtMs: atMs, expiresAtMs: null, ...over }, audit);
    return key;
  }
}

async function listen(app: NestFastifyApplication): Promise<string> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  return (await app.getUrl()).replace('[::1]', '127.0.0.1');
}

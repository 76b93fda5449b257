import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type DataSource } from 'typeorm';
import { type CallOutput } from '../../apps/cli/api/api-client.ts';
import { type RouteName, ROUTES } from '#libs/contract/management/routes';
import { type Route } from '#libs/contract/management/route';
import { type Scope } from '#libs/platform/auth/scopes';
import { digestApiKey, generateApiKey } from '#libs/platform/auth/api-key';
import { ApiKeys } from '#libs/store/keys/api-keys';
import { StoreModule } from '#libs/store/store.module';
import { ControlModule } from '../../apps/control/control.module.ts';
import { storedControlPorts } from '../../apps/control/stored-ports.ts';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { type Retuning, writeRetunedCheckpoint } from '../fixtures/retuned-checkpoint.ts';
import { TINY_MIXTRAL } from '../fixtures/tiny-release.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { until } from '../harness/until.ts';
import { openStore } from '../store/store.fixture.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: any; // oxlint-disable-line typescript/no-explicit-any -- answers are checked against the contract
}

/** The management API over a real PostgreSQL and real files. */
export class RegistryHouse {
  readonly home = newTemporaryHome('signalbox-registry-');
  dataSource!: DataSource;
  #postgres!: TestPostgres;
  #app!: NestFastifyApplication;
  #database = '';
  #url = '';
  #key = '';
  #checkpoints = 0;

  static async open(): Promise<RegistryHouse> {
    const house = new RegistryHouse();
    house.#postgres = await startPostgres();
    house.#database = await house.#postgres.createDatabase();
    house.dataSource = await openStore(house.#database);
    house.#key = await house.#addKey(['admin']);
    await house.start();
    return house;
  }

  async #addKey(scopes: readonly Scope[]): Promise<string> {
    const key = generateApiKey();
    await new ApiKeys(this.dataSource).insert(
      { id: randomUUID(), name: 'test', scopes, createdAtMs: Date.now(), expiresAtMs: null, ...digestApiKey(key) },
      { atMs: Date.now(), actor: 'system', action: 'key.create', subject: 'key/test', detail: {}, requestId: null },
    );
    return key;
  }

  async start(): Promise<void> {
    const settings = { minRequests: 5, retentionDays: 7, version: '0.0.0', now: Date.now };
    const ports = storedControlPorts({ settings, home: this.home, traceKey: randomBytes(32), audit: { seed: Buffer.alloc(32, 9), everyEntries: 1000, everyMs: 60_000 } });
    this.#app = await NestFactory.create<NestFastifyApplication>({ module: class Root {}, imports: [StoreModule.forRoot({ url: this.#database }), ControlModule.over(ports)] }, new FastifyAdapter(), { logger: ['error'], abortOnError: false });
    await this.#app.listen(0, '127.0.0.1');
    this.#url = await this.#app.getUrl();
  }

  get databaseUrl(): string {
    return this.#database;
  }

  /** What a command line finds in its environment. */
  get environment(): Readonly<Record<string, string>> {
    return { SIGNALBOX_URL: this.#url, SIGNALBOX_API_KEY: this.#key };
  }

  /** The process ends and comes back; what was only in memory is gone. */
  async restart(): Promise<void> {
    await this.#app.close();
    await this.start();
  }

  async close(): Promise<void> {
    await this.#app?.close();
    await this.dataSource?.destroy();
    await this.#postgres?.stop();
    rmSync(this.home, { recursive: true, force: true });
  }

  async call(path: string, { method = 'GET', body, headers = {} }: { method?: string; body?: unknown; headers?: Record<string, string> } = {}): Promise<Answer> {
    const isBytes = body instanceof Uint8Array;
    const answer = await fetch(`${this.#url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#key}`, ...(body === undefined ? {} : { 'content-type': isBytes ? 'application/octet-stream' : 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: isBytes ? new Uint8Array(body) : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: answer.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text };
  }

  /** A GET whose answer is what the contract says. */
  async get<N extends RouteName>(route: N, path: string): Promise<CallOutput<N>> {
    const { status, body } = await this.call(path);
    const { status: expected, response }: Route = ROUTES[route];
    if (status !== expected) throw new Error(`${path} answered ${status}: ${JSON.stringify(body)}`);
    return response!.parse(body) as CallOutput<N>;
  }

  /** Imports a folder and waits for its end. */
  async import(order: { readonly directory: string; readonly model: string; readonly parent?: string; readonly activate?: boolean; readonly note?: string }): Promise<CallOutput<'getImport'>> {
    const { status, body } = await this.call('/imports', { method: 'POST', body: order });
    if (status !== 202) throw new Error(`the import was refused: ${JSON.stringify(body)}`);
    let job = await this.get('getImport', `/imports/${body.id}`);
    await until(async () => (job = await this.get('getImport', `/imports/${body.id}`)).finishedAt !== null, 120_000);
    if (job.state !== 'succeeded') throw new Error(`the import ${job.state}: ${job.error?.message ?? ''}`);
    return job;
  }

  importDemo(model = 'tiny-mixtral'): Promise<CallOutput<'getImport'>> {
    return this.import({ directory: TINY_MIXTRAL, model });
  }

  async importTuned(retuning: Retuning, order: { readonly model?: string; readonly parent?: string; readonly note?: string } = {}): Promise<CallOutput<'getImport'>> {
    const directory = join(this.home, `checkpoint-${(this.#checkpoints += 1)}`);
    await writeRetunedCheckpoint(directory, retuning);
    return this.import({ directory, model: 'tiny-mixtral', ...order });
  }

  /** Where the file of a component version lies. */
  pathOf(sha256: string): string {
    return join(this.home, 'components', sha256.slice(0, 2), sha256);
  }

  bytesOf(sha256: string): Buffer {
    return readFileSync(this.pathOf(sha256));
  }

  /** Uploads bytes in pieces of a size; the last answer. */
  async upload(bytes: Uint8Array, order: Record<string, unknown>, pieceBytes = 100_000): Promise<Answer> {
    const opened = await this.call('/uploads', { method: 'POST', body: { sha256: sha256Of(bytes), sizeBytes: bytes.byteLength, ...order } });
    let last = opened;
    for (let offset = 0; opened.status === 201 && last.status < 300 && offset < bytes.byteLength; offset += pieceBytes) {
      last = await this.call(`/uploads/${opened.body.uploadId}?offset=${offset}`, { method: 'PUT', body: bytes.subarray(offset, offset + pieceBytes) });
    }
    return last;
  }
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

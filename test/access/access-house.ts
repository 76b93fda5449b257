import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type DataSource } from 'typeorm';
import { type Role } from '#libs/governance/access/permissions';
import { digestApiKey, generateApiKey } from '#libs/platform/auth/api-key';
import { type Scope } from '#libs/platform/auth/scopes';
import { TraceSealer } from '#libs/record/seal';
import { AnswerChecks } from '#libs/store/answers/answer-checks';
import { Accounts } from '#libs/store/accounts/accounts';
import { ApiKeys, type NewApiKey } from '#libs/store/keys/api-keys';
import { StoreModule } from '#libs/store/store.module';
import { encodeTrace } from '#libs/trace/codec';
import { ControlModule } from '../../apps/control/control.module.ts';
import { ensureFirstKey } from '../../apps/control/keys/first-key.ts';
import { type AccessSettings } from '../../apps/control/settings.ts';
import { storedControlPorts } from '../../apps/control/stored-ports.ts';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { batchOf, captured, openStore, random, randomTrace, RELEASE, saveRelease, segment, writerOf } from '../store/store.fixture.ts';

const TENANTS = ['acme', 'umbrella'] as const;
const TASKS = ['code', 'prose', 'verse'] as const;
type Tenant = (typeof TENANTS)[number];

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: any; // oxlint-disable-line typescript/no-explicit-any -- each test looks at its own fields
}

export interface CallOptions {
  readonly key?: string | null;
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** The control app over a real store, with recorded requests of two tenants and an administrator. */
export class AccessHouse {
  url = '';
  /** Key of the first administrator. */
  admin = '';
  /** Clock of the API, in milliseconds; null: it goes. */
  stoppedAtMs: number | null = null;
  /** What the server answers, as `method /path/:parameter`. */
  readonly routes: string[] = [];
  /** Opens the recorded traces. */
  readonly traceKey = randomBytes(32);
  readonly requestIds: Record<Tenant, string[]> = { acme: [], umbrella: [] };
  #postgres!: TestPostgres;
  #app!: NestFastifyApplication;
  #dataSource!: DataSource;
  readonly #home = mkdtempSync(join(tmpdir(), 'signalbox-access-'));

  get dataSource(): DataSource {
    return this.#dataSource;
  }

  async start(access: Partial<AccessSettings> = {}): Promise<void> {
    this.#postgres = await startPostgres();
    const database = await this.#postgres.createDatabase();
    this.#dataSource = await openStore(database);
    const nowMs = Date.now();
    await saveRelease(this.#dataSource, RELEASE, nowMs);
    await this.#record(this.traceKey, nowMs);
    this.admin = (await ensureFirstKey({ keys: new ApiKeys(this.#dataSource), accounts: new Accounts(this.#dataSource) }, null, nowMs)).generated ?? '';
    const settings = { minRequests: 1, retentionDays: 7, version: '0.0.0', now: () => this.stoppedAtMs ?? Date.now(), access: { publicUrl: null, oidc: null, apiRequestsPerMinute: 1_000_000, failedLoginsPerMinute: 1_000_000, ...access } };
    const adapter = new FastifyAdapter();
    adapter.getInstance().addHook('onRoute', ({ method, url }) => void this.routes.push(...[method].flat().map((name) => `${name.toLowerCase()} ${url}`)));
    this.#app = await NestFactory.create<NestFastifyApplication>(
      { module: class Root {}, imports: [StoreModule.forRoot({ url: database }), ControlModule.over(storedControlPorts({ settings, home: this.#home, traceKey: this.traceKey, audit: { seed: randomBytes(32), everyEntries: 1000, everyMs: 60_000 } }))] },
      adapter,
      { logger: false, abortOnError: false },
    );
    await this.#app.listen(0, '127.0.0.1');
    this.url = (await this.#app.getUrl()).replace('[::1]', '127.0.0.1');
  }

  async stop(): Promise<void> {
    await this.#app?.close();
    await this.#dataSource?.destroy();
    await this.#postgres?.stop();
    rmSync(this.#home, { recursive: true, force: true });
  }

  async call(path: string, { key = this.admin, method = 'GET', body, headers = {} }: CallOptions = {}): Promise<Answer> {
    const answer = await fetch(`${this.url}${path}`, {
      method,
      redirect: 'manual',
      headers: { ...(key === null ? {} : { authorization: `Bearer ${key}` }), ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const isStream = answer.headers.get('content-type')?.startsWith('text/event-stream') === true;
    // A stream of events does not end.
    const text = isStream ? '' : await answer.text();
    if (isStream) await answer.body?.cancel();
    return { status: answer.status, headers: answer.headers, body: /^application\/(problem\+)?json/.test(answer.headers.get('content-type') ?? '') ? JSON.parse(text) : text };
  }

  /** An account with these roles, and a key of its own that limits it no further unless told. */
  async account(roles: readonly Role[], { tenant = null, kind = 'user', scopes = ['admin', 'traces'] }: { tenant?: string | null; kind?: 'user' | 'service'; scopes?: readonly Scope[] } = {}): Promise<{ id: string; key: string; keyId: string }> {
    const atMs = Date.now();
    const id = `${kind}:${randomUUID()}`;
    const audit = { atMs, actor: 'system', action: 'test.seed', subject: id, detail: {}, requestId: null };
    await new Accounts(this.#dataSource).insert({ id, kind, name: `${roles.join(' ')} ${id}`, email: null, roles, tenant, createdAtMs: atMs, createdBy: 'system' }, audit);
    return { id, ...(await this.key({ accountId: id, scopes })) };
  }

  async key(over: Partial<NewApiKey>): Promise<{ key: string; keyId: string }> {
    const key = generateApiKey();
    const keyId = randomUUID();
    const atMs = Date.now();
    const audit = { atMs, actor: 'system', action: 'test.seed', subject: keyId, detail: {}, requestId: null };
    await new ApiKeys(this.#dataSource).insert({ id: keyId, name: 'test', scopes: ['admin', 'traces'], createdAtMs: atMs, expiresAtMs: null, ...digestApiKey(key), ...over }, audit);
    return { key, keyId };
  }

  async #record(traceKey: Buffer, nowMs: number): Promise<void> {
    const sealer = new TraceSealer({ current: traceKey });
    const next = random(11);
    const requests = Array.from({ length: 20 }, (_, i) => {
      const tenant = TENANTS[i % 4 === 0 ? 1 : 0];
      const rows = 3 + Math.floor(next() * 20);
      const trace = { ...randomTrace(next, rows), tokenIds: Uint32Array.from({ length: rows }, (__, row) => row % 16) };
      const requestId = randomUUID();
      this.requestIds[tenant].push(requestId);
      const one = captured(trace, nowMs - i * 7_000, { requestId, segment: segment(tenant, TASKS[i % 3], 'en') });
      return { trace, write: { ...one.write, sealedTrace: sealer.seal(requestId, encodeTrace(trace)) } };
    });
    await writerOf(this.#dataSource).write(batchOf(requests, nowMs));
    const hour = { bucketMs: Math.floor(nowMs / 3_600_000) * 3_600_000, releaseId: RELEASE, route: 'chat', schema: '', task: '', language: '', invalid: 0, incomplete: 0 } as const;
    const counts = TENANTS.map((tenant) => ({ ...hour, tenant, requests: this.requestIds[tenant].length, valid: this.requestIds[tenant].length }));
    await new AnswerChecks(this.#dataSource).write({ flushId: randomUUID(), counts });
  }
}

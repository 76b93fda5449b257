import { randomBytes, randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type DataSource } from 'typeorm';
import { type Role } from '#libs/governance/access/permissions';
import { type RouteName, ROUTES } from '#libs/contract/management/routes';
import { digestApiKey, generateApiKey } from '#libs/platform/auth/api-key';
import { releaseIdOf } from '#libs/release/manifest-digest';
import { type ReleaseManifest } from '#libs/release/manifest';
import { Accounts } from '#libs/store/accounts/accounts';
import { ApiKeys } from '#libs/store/keys/api-keys';
import { Releases } from '#libs/store/releases/releases';
import { StoreModule } from '#libs/store/store.module';
import { ControlModule } from '../../apps/control/control.module.ts';
import { ChangeClock } from '../../apps/control/changes/change-clock.ts';
import { storedControlPorts } from '../../apps/control/stored-ports.ts';
import { newTemporaryHome } from '../harness/temporary-home.ts';
import { openStore } from '../store/store.fixture.ts';

export const sha = (digit: string): string => digit.repeat(64);
const audit = { atMs: 0, actor: 'system', action: 'test', subject: 'test', detail: {}, requestId: null };

export interface Answer {
  readonly status: number;
  readonly etag: string | null;
  readonly body: any; // oxlint-disable-line typescript/no-explicit-any -- answers are checked against the contract
}

/** The management API over a database of its own, with people to change things, and a clock that can be moved. */
export class GovernedHouse {
  readonly #home = newTemporaryHome('governed-');
  aheadMs = 0;
  #app!: NestFastifyApplication;
  dataSource!: DataSource;
  url = '';

  async start(database: string): Promise<void> {
    this.dataSource = await openStore(database);
    const settings = { minRequests: 1, retentionDays: 7, version: '0.0.0', now: () => Date.now() + this.aheadMs };
    const ports = storedControlPorts({ settings, home: this.#home, traceKey: randomBytes(32), audit: { seed: Buffer.alloc(32, 9), everyEntries: 1000, everyMs: 60_000 } });
    this.#app = await NestFactory.create<NestFastifyApplication>({ module: class Root {}, imports: [StoreModule.forRoot({ url: database }), ControlModule.over(ports)] }, new FastifyAdapter(), { logger: false, abortOnError: false });
    await this.#app.listen(0, '127.0.0.1');
    this.url = await this.#app.getUrl();
  }

  /** One round of what time asks for, besides those that come by themselves. */
  async look(): Promise<void> {
    await this.#app.get(ChangeClock).look();
  }

  async stop(): Promise<void> {
    await this.#app?.close();
    await this.dataSource?.destroy();
    rmSync(this.#home, { recursive: true, force: true });
  }

  /** A person with a key of their own. */
  async person(name: string, roles: readonly Role[], issuedBy: string | null = null): Promise<{ readonly id: string; readonly key: string }> {
    const id = `user:${randomUUID()}`;
    await new Accounts(this.dataSource).insert({ id, kind: 'user', name, email: null, roles, tenant: null, createdAtMs: 0, createdBy: 'system' }, audit);
    const key = generateApiKey();
    await new ApiKeys(this.dataSource).insert(
      { id: randomUUID(), name, scopes: ['admin', 'inference', 'read', 'feedback', 'registry', 'operate', 'propose', 'approve', 'audit', 'administer'], createdAtMs: 0, expiresAtMs: null, accountId: id, issuedBy: issuedBy ?? id, ...digestApiKey(key) },
      audit,
    );
    return { id, key };
  }

  /** A release of a model with one layer of three experts; the first one of a model answers. */
  async release(model: string, experts: readonly string[] = [sha('2'), sha('3'), sha('8')], topK = 1): Promise<string> {
    const manifest: ReleaseManifest = {
      format: 'signalbox.release/1', model, architecture: 'mixtral',
      shape: {
        vocabSize: 16, hiddenSize: 4, layers: 1, experts: experts.length, expertWidth: 4, attentionHeads: 1, keyValueHeads: 1, headSize: 4, contextTokens: 32,
        rmsNormEpsilon: 1e-5, ropeTheta: 1e4, slidingWindowTokens: null, tiedHead: false, bosTokenId: null, eosTokenIds: [],
      },
      routing: { gating: 'softmax-topk', topK, normalise: true },
      components: { backbone: sha('c'), tokenizer: sha('d'), 'router/0': sha('1'), ...Object.fromEntries(experts.map((digest, index) => [`expert/0/${index}`, digest])) },
    };
    const releaseId = releaseIdOf(manifest);
    const sizesBytes = Object.fromEntries(Object.values(manifest.components).map((digest) => [digest, 8]));
    await new Releases(this.dataSource).save({ releaseId, model, manifest, importedFrom: 'test', createdAtMs: Date.now(), sizesBytes }, { ...audit, subject: `model/${model}` });
    return releaseId;
  }

  async call(key: string, method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const answer = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, etag: answer.headers.get('etag'), body: answer.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text };
  }

  /** A call that must succeed with what the contract says. */
  async ok(name: RouteName, key: string, method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer['body']> {
    const answer = await this.call(key, method, path, body, headers);
    if (answer.status !== ROUTES[name].status) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return ROUTES[name].response!.parse(answer.body);
  }
}

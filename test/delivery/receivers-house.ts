import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type DataSource } from 'typeorm';
import { loadConfig } from '#libs/platform/config/config';
import { createLogger } from '#libs/platform/logs/logger';
import { Accounts } from '#libs/store/accounts/accounts';
import { ApiKeys } from '#libs/store/keys/api-keys';
import { StoreModule } from '#libs/store/store.module';
import { ControlModule } from '../../apps/control/control.module.ts';
import { ensureFirstKey } from '../../apps/control/keys/first-key.ts';
import { receiverOptions } from '../../apps/control/receivers/receiver-parts.ts';
import { storedControlPorts } from '../../apps/control/stored-ports.ts';
import { deliverProviders, deliverTasks } from '../../apps/watch/deliver/deliver-parts.ts';
import { WATCH_OPTIONS, type WatchOptions } from '../../apps/watch/watch-options.ts';
import { type WatchTask } from '../../apps/watch/watch-task.ts';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { openStore } from '../store/store.fixture.ts';

/** The management API and the delivering part of the watch, wired as the product wires them, on one database and home. */
export class ReceiversHouse {
  dataSource!: DataSource;
  admin = '';
  url = '';
  #postgres!: TestPostgres;
  #control!: NestFastifyApplication;
  #watch!: INestApplicationContext;
  #tasks: readonly WatchTask[] = [];
  readonly #home = mkdtempSync(join(tmpdir(), 'signalbox-receivers-'));

  async start(): Promise<void> {
    this.#postgres = await startPostgres();
    const database = await this.#postgres.createDatabase();
    this.dataSource = await openStore(database);
    this.admin = (await ensureFirstKey({ keys: new ApiKeys(this.dataSource), accounts: new Accounts(this.dataSource) }, null, Date.now())).generated ?? '';
    const config = loadConfig({ SIGNALBOX_HOME: this.#home, SIGNALBOX_RECEIVER_ALLOW: '127.0.0.1', DATABASE_URL: database });
    const settings = { minRequests: 1, retentionDays: 7, version: '0.0.0', now: Date.now };
    const ports = storedControlPorts({ settings, home: config.home, traceKey: randomBytes(32), receivers: receiverOptions(config), audit: { seed: randomBytes(32), everyEntries: 1000, everyMs: 60_000 } });
    this.#control = await NestFactory.create<NestFastifyApplication>({ module: class Root {}, imports: [StoreModule.forRoot({ url: database }), ControlModule.over(ports)] }, new FastifyAdapter(), { logger: false, abortOnError: false });
    await this.#control.listen(0, '127.0.0.1');
    this.url = (await this.#control.getUrl()).replace('[::1]', '127.0.0.1');
    const options: WatchOptions = { config, databaseUrl: database, queueUrl: database, logger: createLogger({ level: 'fatal', role: 'watch', readable: false, destination: process.stderr }), now: Date.now };
    this.#watch = await NestFactory.createApplicationContext(
      { module: class Watch {}, imports: [StoreModule.forRoot({ url: database })], providers: [{ provide: WATCH_OPTIONS, useValue: options }, ...deliverProviders] },
      { logger: false, abortOnError: false },
    );
    this.#tasks = deliverTasks.map((task) => this.#watch.get<WatchTask>(task as never));
    for (const task of this.#tasks) task.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#tasks.map((task) => task.stop()));
    await this.#watch?.close();
    await this.#control?.close();
    await this.dataSource?.destroy();
    await this.#postgres?.stop();
    rmSync(this.#home, { recursive: true, force: true });
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- each test looks at its own fields
  async call(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<{ readonly status: number; readonly etag: string | null; readonly body: any }> {
    const answer = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${this.admin}`, ...(method === 'POST' ? { 'idempotency-key': randomUUID() } : {}), ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, etag: answer.headers.get('etag'), body: text === '' ? null : JSON.parse(text) };
  }
}

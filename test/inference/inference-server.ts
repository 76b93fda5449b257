import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type CaptureJob } from '#libs/contract/capture/request-record';
import { digestApiKey, generateApiKey } from '#libs/platform/auth/api-key';
import { loadConfig } from '#libs/platform/config/config';
import { Health } from '#libs/platform/health/health';
import { createLogger } from '#libs/platform/logs/logger';
import { createDataSource, migrate } from '#libs/store/data-source';
import { ApiKeys } from '#libs/store/keys/api-keys';
import { Releases } from '#libs/store/releases/releases';
import { createInferenceApp } from '../../apps/inference/inference-app.ts';
import { startPostgres, type TestPostgres } from '../fixtures/postgres.ts';
import { importTinyRelease, type TinyRelease } from '../fixtures/tiny-release.ts';

/** The inference app with the real engine, the demo model and a database; batches are only collected. */
export class InferenceServer {
  readonly home = mkdtempSync(join(tmpdir(), 'signalbox-inference-'));
  readonly jobs: CaptureJob[] = [];
  readonly health = new Health();
  #postgres: TestPostgres | null = null;
  #app: NestFastifyApplication | null = null;
  #release: TinyRelease | null = null;
  url = '';
  key = '';

  get release(): TinyRelease {
    if (!this.#release) throw new Error('not started');
    return this.#release;
  }

  async start(environment: Readonly<Record<string, string>> = {}): Promise<void> {
    this.#postgres = await startPostgres();
    const databaseUrl = await this.#postgres.createDatabase();
    this.#release = await importTinyRelease(this.home);
    this.key = await seed(databaseUrl, this.#release);
    // No expert is taken out for being slow, as one may be on a full machine: answers would be others.
    const config = loadConfig({ SIGNALBOX_HOME: this.home, SIGNALBOX_LOG_LEVEL: 'warn', SIGNALBOX_EXPERT_SLOW_FACTOR: '0', ...environment });
    const logger = createLogger({ level: config.log.level, role: 'inference' });
    const producer = { add: async (jobs: readonly CaptureJob[]) => void this.jobs.push(...jobs) };
    this.#app = await createInferenceApp({ config, logger, health: this.health, producer }, databaseUrl);
    await this.#app.listen({ host: '127.0.0.1', port: 0 });
    this.url = (await this.#app.getUrl()).replace('[::1]', '127.0.0.1');
  }

  async stop(): Promise<void> {
    await this.#app?.close();
    await this.#postgres?.stop();
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** Saves the release, which activates it, and a key for inference; gives the key. */
async function seed(databaseUrl: string, { manifest, releaseId }: TinyRelease): Promise<string> {
  const dataSource = await createDataSource({ url: databaseUrl }).initialize();
  try {
    await migrate(dataSource);
    const atMs = Date.now();
    const audit = { atMs, actor: 'test', action: 'test.seed', subject: 'test', detail: {}, requestId: null };
    const sizesBytes = Object.fromEntries(Object.values(manifest.components).map((sha256) => [sha256, 1]));
    await new Releases(dataSource).save({ releaseId, model: manifest.model, manifest, importedFrom: 'test', createdAtMs: atMs, sizesBytes }, audit);
    const key = generateApiKey();
    const stored = { id: randomUUID(), ...digestApiKey(key), name: 'test', scopes: ['inference'], createdAtMs: atMs, expiresAtMs: null };
    await new ApiKeys(dataSource).insert(stored, audit);
    return key;
  } finally {
    await dataSource.destroy();
  }
}

import { DataSource } from 'typeorm';
import { Releases1795219200001 } from '#migrations/1795219200001-releases';
import { Access1795219200002 } from '#migrations/1795219200002-access';
import { Imports1795219200003 } from '#migrations/1795219200003-imports';
import { Capture1795219200004 } from '#migrations/1795219200004-capture';
import { Usage1795219200005 } from '#migrations/1795219200005-usage';
import { ExpertFigures1795219200006 } from '#migrations/1795219200006-expert-figures';
import { UsageRecent1795219200007 } from '#migrations/1795219200007-usage-recent';
import { ImportWarnings1795219200008 } from '#migrations/1795219200008-import-warnings';
import { PackedPairs1795219200009 } from '#migrations/1795219200009-packed-pairs';
import { AuditChain1795219200010 } from '#migrations/1795219200010-audit-chain';
import { Accounts1795219200011 } from '#migrations/1795219200011-accounts';
import { Registry1795219200012 } from '#migrations/1795219200012-registry';
import { ActivationStates1795219200013 } from '#migrations/1795219200013-activation';
import { Rollouts1795219200014 } from '#migrations/1795219200014-rollouts';
import { Changes1795219200015 } from '#migrations/1795219200015-changes';
import { DataRules1795219200016 } from '#migrations/1795219200016-data-rules';
import { Signatures1795219200017 } from '#migrations/1795219200017-signatures';
import { Detection1795219200018 } from '#migrations/1795219200018-detection';
import { FeedbackRoutes1795219200019 } from '#migrations/1795219200019-feedback-routes';
import { Alerts1795219200020 } from '#migrations/1795219200020-alerts';
import { Receivers1795219200021 } from '#migrations/1795219200021-receivers';
import { RequestFlags1795219200022 } from '#migrations/1795219200022-request-flags';
import { PinnedRequests1795219200023 } from '#migrations/1795219200023-pinned-requests';
import { Quarantine1795219200024 } from '#migrations/1795219200024-quarantine';
import { AnswerChecks1795219200025 } from '#migrations/1795219200025-answer-checks';
import { Derivations1795219200027 } from '#migrations/1795219200027-derivations';
import { Evaluations1795219200028 } from '#migrations/1795219200028-evaluations';
import { ProtectedExperts1795219200029 } from '#migrations/1795219200029-protected-experts';
import { PrivacyLevels1795219200030 } from '#migrations/1795219200030-privacy-levels';
import { Removal1795219200031 } from '#migrations/1795219200031-removal';
import { ReviewsOwed1795219200032 } from '#migrations/1795219200032-reviews-owed';
import { LimitsOwed1795219200033 } from '#migrations/1795219200033-limits-owed';
import { actingAs, type AuditProtection, protectAudit, readProtection, reclaimAudit } from './audit/audit-roles.ts';
import { ImportJobEntity } from './imports/import-job.entity.ts';
import { ApiKeyEntity } from './keys/api-key.entity.ts';
import { ActivationEntity, ComponentVersionEntity, ReleaseComponentEntity, ReleaseEntity } from './releases/release.entity.ts';
import { LOCKS } from './locks.ts';

export interface StoreOptions {
  /** `postgres://user:password@host:port/database` */
  readonly url: string;
  /** Connections of this process; at least 2. */
  readonly poolSize?: number;
  /** Name under which PostgreSQL lists the connections. */
  readonly applicationName?: string;
  /** A statement that runs longer fails; without it there is no limit. For roles that answer people. */
  readonly statementTimeoutMs?: number;
}

/** Opening a connection, or waiting for a free one, takes at most this long. */
const CONNECT_TIMEOUT_MS = 10_000;
/** `statementTimeoutMs` of roles that answer people: longer than any report over the retention takes. */
export const ANSWER_STATEMENT_MS = 30_000;
/** The server ends a statement in time itself; this much later it is taken to be away. */
const SILENCE_MS = 2_000;

/** Everything is in the schema `signalbox`. Not connected yet: call `initialize()`. */
export function createDataSource({ url, poolSize = 8, applicationName = 'signalbox', statementTimeoutMs }: StoreOptions): DataSource {
  if (poolSize < 2) throw new RangeError(`poolSize is ${poolSize}; migrations need at least 2 connections`);
  return new DataSource({
    type: 'postgres',
    url,
    schema: 'signalbox',
    poolSize,
    applicationName,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    extra: { verify: keepListening, ...(statementTimeoutMs === undefined ? {} : { statement_timeout: statementTimeoutMs, query_timeout: statementTimeoutMs + SILENCE_MS }) },
    // Ids are made by the application, so no extension is needed.
    installExtensions: false,
    synchronize: false,
    migrationsTableName: 'migration',
    migrations: [
      Releases1795219200001,
      Access1795219200002,
      Imports1795219200003,
      Capture1795219200004,
      Usage1795219200005,
      ExpertFigures1795219200006,
      UsageRecent1795219200007,
      ImportWarnings1795219200008,
      PackedPairs1795219200009,
      AuditChain1795219200010,
      Accounts1795219200011,
      Registry1795219200012,
      ActivationStates1795219200013,
      Rollouts1795219200014,
      Changes1795219200015,
      DataRules1795219200016,
      Signatures1795219200017,
      Detection1795219200018,
      FeedbackRoutes1795219200019,
      Alerts1795219200020,
      Receivers1795219200021,
      RequestFlags1795219200022,
      PinnedRequests1795219200023,
      Quarantine1795219200024,
      AnswerChecks1795219200025,
      Derivations1795219200027,
      Evaluations1795219200028,
      ProtectedExperts1795219200029,
      PrivacyLevels1795219200030,
      Removal1795219200031,
      ReviewsOwed1795219200032,
      LimitsOwed1795219200033,
    ],
    entities: [
      ComponentVersionEntity,
      ReleaseEntity,
      ReleaseComponentEntity,
      ActivationEntity,
      ApiKeyEntity,
      ImportJobEntity,
    ],
  });
}

/**
 * Of pg's pool, for each connection it opens. The pool stops listening to a connection as it hands it
 * out, a moment before TypeORM begins to: if the server dies in between, the error would end the process.
 * The query that comes next fails with it in any case.
 */
function keepListening(client: { on(event: 'error', listener: () => void): unknown }, done: () => void): void {
  client.on('error', () => undefined);
  done();
}

/**
 * Brings the schema to this version, one process at a time: others wait for the advisory lock and then
 * find nothing to do. Returns the names of the migrations that ran.
 */
export async function migrate(dataSource: DataSource): Promise<readonly string[]> {
  return underMigrationLock(dataSource, async () => {
    const isProtected = (await dataSource.showMigrations()) && (await reclaimAudit(dataSource));
    const ran = await dataSource.runMigrations({ transaction: 'each' });
    if (isProtected) await protectAudit(dataSource);
    return ran.map(({ name }) => name);
  });
}

/** The same over a connection of its own, for a role that begins. */
export async function migrateAt(url: string, applicationName: string): Promise<void> {
  const dataSource = await createDataSource({ url, poolSize: 2, applicationName }).initialize();
  try {
    await migrate(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

/** Takes back the given number of migrations, newest first. Loses their data. */
export async function revert(dataSource: DataSource, steps: number): Promise<void> {
  await underMigrationLock(dataSource, async () => {
    await reclaimAudit(dataSource);
    for (let step = 0; step < steps; step += 1) await dataSource.undoLastMigration({ transaction: 'each' });
  });
}

/** Keeps the application from changing audit entries, as far as the database lets it; see `actingAs`. */
export async function protect(dataSource: DataSource): Promise<AuditProtection> {
  return underMigrationLock(dataSource, () => protectAudit(dataSource));
}

/** The URL for a role that does not migrate: it acts as what the control role has set up for the audit log. */
export async function applicationUrl(url: string): Promise<string> {
  const dataSource = await createDataSource({ url, poolSize: 2, applicationName: 'signalbox start' }).initialize();
  try {
    return actingAs(url, await readProtection(dataSource));
  } finally {
    await dataSource.destroy();
  }
}

async function underMigrationLock<T>(dataSource: DataSource, work: () => Promise<T>): Promise<T> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.query('SELECT pg_advisory_lock($1)', [LOCKS.migration]);
    try {
      await runner.query('CREATE SCHEMA IF NOT EXISTS signalbox');
      return await work();
    } finally {
      await runner.query('SELECT pg_advisory_unlock($1)', [LOCKS.migration]);
    }
  } finally {
    await runner.release();
  }
}

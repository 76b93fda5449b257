import { startEmbeddedPostgres } from '#libs/platform/postgres/embedded-postgres';
import { messageOf } from '#libs/platform/errors/error-code';
import { type AuditProtection } from '#libs/store/audit/audit-roles';
import { createDataSource, migrate, protect } from '#libs/store/data-source';
import { type DataSource } from 'typeorm';

export interface Database {
  /** With the password: not for logs. */
  readonly url: string;
  /** For people: where it is and how it was found. */
  readonly description: string;
  /** null for a PostgreSQL that is not ours to stop. */
  readonly stop: (() => Promise<void>) | null;
}

/** The PostgreSQL of DATABASE_URL, or else the embedded one. */
export async function openDatabase(home: string, givenUrl: string | null, log: (message: string) => void): Promise<Database> {
  if (givenUrl !== null) return { url: givenUrl, description: `DATABASE_URL, ${new URL(givenUrl).host}`, stop: null };
  const postgres = await startEmbeddedPostgres({ home, log });
  const found = postgres.adopted ? 'embedded, found running' : 'embedded';
  return { url: postgres.url, description: `${found}, ${new URL(postgres.url).host}`, stop: () => postgres.stop() };
}

/** Connects, brings the schema to this version and keeps the audit log from being changed. @throws Error with the remedy. */
export async function migrateDatabase(url: string): Promise<{ dataSource: DataSource; migrations: readonly string[]; protection: AuditProtection }> {
  const dataSource = createDataSource({ url, poolSize: 2, applicationName: 'signalbox start' });
  try {
    await dataSource.initialize();
  } catch (error) {
    const { host } = new URL(url);
    throw new Error(`The PostgreSQL at ${host} cannot be used: ${messageOf(error)}. Check DATABASE_URL, or leave it out for the embedded one.`, { cause: error });
  }
  return { dataSource, migrations: await migrate(dataSource), protection: await protect(dataSource) };
}

import { type DataSource } from 'typeorm';
import { type PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';

interface Statement {
  readonly text: string;
  readonly values?: unknown[];
  readonly name?: string;
}

/** Runs statements of the common counts on the pool, outside any transaction. */
export function limitCounts(dataSource: DataSource): (statement: Statement) => Promise<{ rows: unknown[] }> {
  const pool = (dataSource.driver as PostgresDriver).master as { query(statement: Statement): Promise<{ rows: unknown[] }> };
  return (statement) => pool.query(statement);
}

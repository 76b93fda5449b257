import { type DataSource } from 'typeorm';

/** A health check: whether PostgreSQL answers. Rejects with the driver's error when it does not. */
export function databaseCheck(dataSource: Pick<DataSource, 'query'>): () => Promise<{ readonly ok: boolean; readonly detail: string }> {
  return async () => {
    await dataSource.query('SELECT 1');
    return { ok: true, detail: 'answers' };
  };
}

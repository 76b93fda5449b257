import { type DataSource } from 'typeorm';
import { type PurgeRule } from './purge-rules.ts';

/** In one run; what is left goes in the next one. */
const MAX_BATCHES = 1000;

/** Deletes what a rule names, batch by batch, so that no statement holds many rows locked; gives how many rows went. */
export async function purgeTable(dataSource: DataSource, rule: PurgeRule): Promise<number> {
  let rows = 0;
  for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
    const deleted = rule.isGuarded ? await deleteGuarded(dataSource, rule) : await deleteAged(dataSource, rule);
    rows += deleted;
    if (deleted < rule.batch) break;
  }
  return rows;
}

async function deleteAged(dataSource: DataSource, { table, where, beforeMs, batch }: PurgeRule): Promise<number> {
  const [, deleted] = (await dataSource.query(
    `DELETE FROM signalbox.${table} WHERE ctid = ANY(ARRAY(SELECT old.ctid FROM signalbox.${table} AS old WHERE ${where} LIMIT $2))`,
    [new Date(beforeMs), batch],
  )) as [unknown, number];
  return deleted;
}

/** What holds a row may come between the look and the lock; the second look, a statement of its own, sees it. */
async function deleteGuarded(dataSource: DataSource, { table, where, beforeMs, batch }: PurgeRule): Promise<number> {
  return dataSource.transaction(async (manager) => {
    const before = new Date(beforeMs);
    const locked: { place: string }[] = await manager.query(`SELECT old.ctid::text AS place FROM signalbox.${table} AS old WHERE ${where} LIMIT $2 FOR UPDATE SKIP LOCKED`, [before, batch]);
    if (locked.length === 0) return 0;
    const [, deleted] = (await manager.query(`DELETE FROM signalbox.${table} AS old WHERE old.ctid = ANY($2::tid[]) AND ${where}`, [before, locked.map(({ place }) => place)])) as [unknown, number];
    return deleted;
  });
}

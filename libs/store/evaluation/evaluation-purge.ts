import { type DataSource } from 'typeorm';
import { decideRunRemoval } from '#libs/governance/retention/decide-removal';
import { deleteSuites, runFacts } from './evaluation-removal.ts';

/** Deletes the parts that nobody has used since, at most so many; gives how many. */
export async function purgeParts(dataSource: DataSource, unusedSinceMs: number, maxRows: number): Promise<number> {
  const [, parts] = (await dataSource.query(
    'DELETE FROM signalbox.evaluation_part WHERE key IN (SELECT key FROM signalbox.evaluation_part WHERE last_used_at < $1 ORDER BY last_used_at LIMIT $2) AND last_used_at < $1',
    [new Date(unusedSinceMs), maxRows],
  )) as [unknown, number];
  return parts;
}

/**
 * Deletes the datasets that nobody has used since, at most so many; gives how many. A dataset counts as
 * used with its suites, and stays while a run of one of them is open.
 */
export async function purgeDatasets(dataSource: DataSource, unusedSinceMs: number, maxRows: number): Promise<number> {
  const [, datasets] = (await dataSource.query(
    `DELETE FROM signalbox.evaluation_dataset WHERE last_used_at < $1 AND sha256 IN (
       SELECT sha256 FROM signalbox.evaluation_dataset AS kept WHERE last_used_at < $1 AND NOT EXISTS (
         SELECT 1 FROM signalbox.evaluation_suite_dataset AS named JOIN signalbox.evaluation_suite AS suite ON suite.digest = named.suite
         WHERE named.dataset = kept.sha256 AND (suite.last_used_at >= $1 OR EXISTS (
           SELECT 1 FROM signalbox.evaluation_run AS run WHERE run.suite = suite.digest AND run.state IN ('queued', 'running')))
       ) ORDER BY last_used_at LIMIT $2)`,
    [new Date(unusedSinceMs), maxRows],
  )) as [unknown, number];
  return datasets;
}

interface Ended {
  readonly id: string;
  readonly finished_at: string;
}

/** Deletes the runs that ended before then and that no decision rests on, so many in each transaction; gives how many. */
export async function purgeRuns(dataSource: DataSource, beforeMs: number, batch: number): Promise<number> {
  let deleted = 0;
  // What stays is passed over, so that it does not keep the rest from going. The time as text, as a Date has no microseconds.
  let after: Ended | null = null;
  for (;;) {
    const page: readonly Ended[] = await dataSource.transaction(async (manager) => {
      const rows: Ended[] = await manager.query(
        `SELECT id, finished_at::text AS finished_at FROM signalbox.evaluation_run
         WHERE finished_at < $1 AND ($2::timestamptz IS NULL OR (finished_at, id) > ($2, $3::uuid)) ORDER BY finished_at, id LIMIT $4 FOR UPDATE`,
        [new Date(beforeMs), after?.finished_at ?? null, after?.id ?? null, batch],
      );
      const free = (await runFacts(manager, rows.map(({ id }) => id))).filter((facts) => decideRunRemoval(facts).outcome === 'remove').map(({ id }) => id);
      if (free.length > 0) await manager.query('DELETE FROM signalbox.evaluation_run WHERE id = ANY($1::uuid[])', [free]);
      deleted += free.length;
      return rows;
    });
    after = page.at(-1) ?? null;
    if (page.length < batch) return deleted;
  }
}

/** Deletes suites that have no runs and that nobody used since, at most so many; gives how many. */
export async function purgeSuites(dataSource: DataSource, unusedSinceMs: number, maxRows: number): Promise<number> {
  return dataSource.transaction(async (manager) => {
    const unused = `suite.last_used_at < $1 AND NOT EXISTS (SELECT 1 FROM signalbox.evaluation_run AS run WHERE run.suite = suite.digest)`;
    const locked: { digest: string }[] = await manager.query(`SELECT digest FROM signalbox.evaluation_suite AS suite WHERE ${unused} ORDER BY last_used_at LIMIT $2 FOR UPDATE SKIP LOCKED`, [new Date(unusedSinceMs), maxRows]);
    // Looked at again: a run that was asked for before the lock was granted is seen only by a statement of its own.
    const rows: { digest: string }[] = await manager.query(`SELECT digest FROM signalbox.evaluation_suite AS suite WHERE ${unused} AND digest = ANY($2)`, [new Date(unusedSinceMs), locked.map(({ digest }) => digest)]);
    if (rows.length > 0) await deleteSuites(manager, rows.map(({ digest }) => digest));
    return rows.length;
  });
}

import { type DataSource } from 'typeorm';

export interface Purged {
  readonly parts: number;
  readonly datasets: number;
}

/**
 * Deletes the parts and datasets that nobody has used since, at most so many of each. A dataset counts as
 * used with its suites, and stays while a run of one of them is open. Suites and runs stay: they are what evidence names.
 */
export async function purgeEvaluations(dataSource: DataSource, unusedSinceMs: number, maxRows: number): Promise<Purged> {
  const values = [new Date(unusedSinceMs), maxRows];
  const [, parts] = (await dataSource.query(
    'DELETE FROM signalbox.evaluation_part WHERE key IN (SELECT key FROM signalbox.evaluation_part WHERE last_used_at < $1 ORDER BY last_used_at LIMIT $2) AND last_used_at < $1',
    values,
  )) as [unknown, number];
  const [, datasets] = (await dataSource.query(
    `DELETE FROM signalbox.evaluation_dataset WHERE last_used_at < $1 AND sha256 IN (
       SELECT sha256 FROM signalbox.evaluation_dataset AS kept WHERE last_used_at < $1 AND NOT EXISTS (
         SELECT 1 FROM signalbox.evaluation_suite_dataset AS named JOIN signalbox.evaluation_suite AS suite ON suite.digest = named.suite
         WHERE named.dataset = kept.sha256 AND (suite.last_used_at >= $1 OR EXISTS (
           SELECT 1 FROM signalbox.evaluation_run AS run WHERE run.suite = suite.digest AND run.state IN ('queued', 'running')))
       ) ORDER BY last_used_at LIMIT $2)`,
    values,
  )) as [unknown, number];
  return { parts, datasets };
}

import { type EntityManager } from 'typeorm';
import { foreignReferences, type Reference } from '../registry/references.ts';
import { ACTIVE_RELEASES } from './release-sets.ts';

/** Tables that name a release by its number, and keep what it did; a trace that is kept has its usage here too. */
const BY_NUMBER = ['usage_recent', 'usage_minute', 'usage_hour', 'expert_figures_minute'] as const;

/** What stands in the way of deleting a release: activations, what was recorded of it, and rows that name it. */
export async function releaseReferences(manager: EntityManager, releaseId: string): Promise<readonly Reference[]> {
  const foreign = await foreignReferences(manager, 'release', releaseId);
  // An import is told apart: its row says what was made, and outlives it without the name.
  const found: Reference[] = foreign.filter(({ table }) => table !== 'release_component' && table !== 'import_job' && table !== 'activation');
  const active: { as: string; model: string }[] = await manager.query(`SELECT "as", model FROM (${ACTIVE_RELEASES}) AS active WHERE "releaseId" = $1`, [releaseId]);
  if (active.length > 0) found.push({ table: 'activation', rows: active.length, examples: active.map(({ as, model }) => `${as} release of ${model}`) });
  const [history]: { rows: number }[] = await manager.query(
    `SELECT count(*)::int AS rows FROM signalbox.activation_event
     WHERE $1 IN (after->>'stable', after->>'previous', after->'canary'->>'releaseId', after->'shadow'->>'releaseId')`,
    [releaseId],
  );
  if (history && history.rows > 0) found.push({ table: 'activation_event', rows: history.rows, examples: [] });
  for (const table of BY_NUMBER) {
    const rows: unknown[] = await manager.query(`SELECT 1 FROM signalbox."${table}" WHERE release = (SELECT number FROM signalbox.release WHERE id = $1) LIMIT 1`, [releaseId]);
    if (rows.length > 0) found.push({ table, rows: 1, examples: [] });
  }
  return found;
}

/** Deletes a release that nothing stands in the way of, as part of a transaction; false where there is none. Component versions stay. */
export async function removeRelease(manager: EntityManager, releaseId: string): Promise<boolean> {
  await manager.query('UPDATE signalbox.import_job SET release_id = NULL WHERE release_id = $1', [releaseId]);
  await manager.query('DELETE FROM signalbox.release_component WHERE release_id = $1', [releaseId]);
  const rows: unknown[] = await manager.query('WITH gone AS (DELETE FROM signalbox.release WHERE id = $1 RETURNING id) SELECT id FROM gone', [releaseId]);
  return rows.length === 1;
}

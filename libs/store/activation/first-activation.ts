import { type EntityManager } from 'typeorm';
import { recalledComponents } from './recalled-components.ts';
import { writeActivation } from './activation-writer.ts';

export interface FirstActivation {
  readonly model: string;
  readonly releaseId: string;
  readonly atMs: number;
  readonly actor: string;
}

/**
 * Activates the first release of a model, as part of the transaction that saves it; false where the
 * model has or had an activation, where a component of the release was recalled, and where the model
 * changes only by approved requests.
 */
export async function activateFirst(manager: EntityManager, { model, releaseId, atMs, actor }: FirstActivation): Promise<boolean> {
  // A recall holds this table: after it, its mark is seen.
  await manager.query('LOCK TABLE signalbox.activation IN ROW SHARE MODE');
  const [known] = (await manager.query(
    `SELECT EXISTS (SELECT 1 FROM signalbox.activation_event WHERE model = $1) AS before,
       EXISTS (SELECT 1 FROM signalbox.governance_mode WHERE model = $1 AND mode = 'required') AS required`,
    [model],
  )) as { before: boolean; required: boolean }[];
  if (known?.before || known?.required) return false;
  if ((await recalledComponents(manager, [releaseId])).length > 0) return false;
  const next = { model, stable: releaseId, previous: null, canary: null, shadow: null };
  const act = { command: 'activate', actor, actorName: actor, cause: 'direct', reason: 'first release of the model' };
  return (await writeActivation(manager, { next, expectedGeneration: 0, atMs, act })).outcome === 'written';
}

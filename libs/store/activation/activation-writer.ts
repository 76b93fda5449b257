import { type EntityManager } from 'typeorm';
import { type ActivationState } from '#libs/governance/activation/activation-state';
import { ACTIVATION_COLUMNS, type ActivationRow, stateOf, toActivation } from './activation-row.ts';

/** Who did what, for the history. */
export interface ActivationAct {
  /** Such as `promote`; see ActivationCommand, and `recall`. */
  readonly command: string;
  /** Account. */
  readonly actor: string;
  readonly actorName: string;
  /** Such as `direct`; see GateCause. */
  readonly cause: string;
  readonly reason: string | null;
}

export interface ActivationWrite {
  readonly next: Omit<ActivationState, 'generation'>;
  /** The generation the decision was made on; 0 for none. */
  readonly expectedGeneration: number;
  readonly atMs: number;
  readonly act: ActivationAct;
}

/** After a stop the generations go on: no two states of a model ever share one. */
const NEXT_GENERATION = 'COALESCE((SELECT max(generation) FROM signalbox.activation_event WHERE model = $1), 0) + 1';

export type ActivationWritten = { readonly outcome: 'written'; readonly state: ActivationState } | { readonly outcome: 'stale' };

/**
 * Compares and sets the activation of a model and writes its history, as part of a transaction. A
 * trigger tells `signalbox_activation`, which is delivered at the commit. The caller appends the audit
 * entry last. `stale` wrote nothing.
 */
export async function writeActivation(manager: EntityManager, { next, expectedGeneration, atMs, act }: ActivationWrite): Promise<ActivationWritten> {
  const before = expectedGeneration === 0 ? null : await lockActivation(manager, next.model);
  if (before !== null && before.generation !== expectedGeneration) return { outcome: 'stale' };
  if (before === null && expectedGeneration !== 0) return { outcome: 'stale' };
  const at = new Date(atMs);
  const values = [next.model, next.stable, next.previous, jsonOrNull(next.canary), jsonOrNull(next.shadow), at];
  // Wrapped in a query of its own: TypeORM gives [rows, count] for a bare UPDATE.
  const written: { generation: number }[] = await manager.query(
    before === null
      ? `INSERT INTO signalbox.activation (model, stable_release, previous_release, canary, shadow, updated_at, generation)
         VALUES ($1, $2, $3, $4, $5, $6, ${NEXT_GENERATION}) ON CONFLICT (model) DO NOTHING RETURNING generation`
      : `WITH moved AS (
           UPDATE signalbox.activation SET stable_release = $2, previous_release = $3, canary = $4, shadow = $5, updated_at = $6, generation = generation + 1
           WHERE model = $1 RETURNING generation)
         SELECT generation FROM moved`,
    values,
  );
  const [row] = written;
  if (!row) return { outcome: 'stale' };
  const state = stateOf({ ...next, generation: row.generation });
  await insertEvent(manager, { model: state.model, generation: state.generation, at, act, before, after: state });
  return { outcome: 'written', state };
}

/** Nothing answers for the model any more. Its history goes on where it stopped, should it be activated again. @param before as it was locked */
export async function stopActivation(manager: EntityManager, before: ActivationState, act: ActivationAct, atMs: number): Promise<void> {
  await manager.query(`DELETE FROM signalbox.activation WHERE model = $1`, [before.model]);
  await insertEvent(manager, { model: before.model, generation: before.generation + 1, at: new Date(atMs), act, before, after: null });
}

interface NewEvent {
  readonly model: string;
  readonly generation: number;
  readonly at: Date;
  readonly act: ActivationAct;
  readonly before: ActivationState | null;
  readonly after: ActivationState | null;
}

async function insertEvent(manager: EntityManager, { model, generation, at, act, before, after }: NewEvent): Promise<void> {
  const { command, actor, actorName, cause, reason } = act;
  await manager.query(
    `INSERT INTO signalbox.activation_event (model, generation, at, command, actor, actor_name, cause, reason, before, after)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [model, generation, at, command, actor, actorName, cause, reason, jsonOrNull(before && stateOf(before)), jsonOrNull(after && stateOf(after))],
  );
}

/** The activation of a model, held until the transaction ends; null where there is none. */
export async function lockActivation(manager: EntityManager, model: string): Promise<ReturnType<typeof toActivation> | null> {
  const rows: ActivationRow[] = await manager.query(`SELECT ${ACTIVATION_COLUMNS} FROM signalbox.activation WHERE model = $1 FOR UPDATE`, [model]);
  return rows[0] ? toActivation(rows[0]) : null;
}

function jsonOrNull(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}

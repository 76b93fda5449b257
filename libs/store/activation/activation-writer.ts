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
  const values = [next.model, next.stable, next.previous, jsonOrNull(next.canary), jsonOrNull(next.shadow), expectedGeneration + 1, at];
  // Wrapped in a query of its own: TypeORM gives [rows, count] for a bare UPDATE.
  const written: unknown[] = await manager.query(
    before === null
      ? `INSERT INTO signalbox.activation (${ACTIVATION_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (model) DO NOTHING RETURNING generation`
      : `WITH moved AS (
           UPDATE signalbox.activation SET stable_release = $2, previous_release = $3, canary = $4, shadow = $5, generation = $6, updated_at = $7
           WHERE model = $1 RETURNING generation)
         SELECT generation FROM moved`,
    values,
  );
  if (written.length === 0) return { outcome: 'stale' };
  const state: ActivationState = stateOf({ ...next, generation: expectedGeneration + 1 });
  await manager.query(
    `INSERT INTO signalbox.activation_event (model, generation, at, command, actor, actor_name, cause, reason, before, after)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [state.model, state.generation, at, act.command, act.actor, act.actorName, act.cause, act.reason, jsonOrNull(before && stateOf(before)), JSON.stringify(state)],
  );
  return { outcome: 'written', state };
}

/** The activation of a model, held until the transaction ends; null where there is none. */
export async function lockActivation(manager: EntityManager, model: string): Promise<ReturnType<typeof toActivation> | null> {
  const rows: ActivationRow[] = await manager.query(`SELECT ${ACTIVATION_COLUMNS} FROM signalbox.activation WHERE model = $1 FOR UPDATE`, [model]);
  return rows[0] ? toActivation(rows[0]) : null;
}

function jsonOrNull(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}

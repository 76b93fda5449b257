import { type DataSource, type EntityManager } from 'typeorm';
import { type ReceiverKind, type ReceiverSettings } from '#libs/alerting/receiver/receiver';

/** A receiver as it is kept. Its secrets are sealed: see SecretBox. */
export interface StoredReceiver {
  readonly id: string;
  /** Unique. */
  readonly name: string;
  readonly kind: ReceiverKind;
  readonly settings: ReceiverSettings;
  readonly secrets: Uint8Array | null;
  /** Names the key that sealed them. */
  readonly secretsKey: string | null;
  /** null while it is on. */
  readonly disabledReason: string | null;
  readonly generation: number;
  readonly createdAtMs: number;
  readonly createdBy: string;
  readonly updatedAtMs: number;
}

interface Row {
  id: string;
  name: string;
  kind: ReceiverKind;
  settings: ReceiverSettings;
  secrets: Buffer | null;
  secrets_key: string | null;
  disabled_reason: string | null;
  generation: number;
  created_at: Date;
  created_by: string;
  updated_at: Date;
}

/** Most receivers of one Signalbox. */
export const MAX_RECEIVERS = 200;

/** Whether a receiver exists, and cannot be removed before the transaction ends. */
export async function exists(manager: EntityManager, receiverId: string): Promise<boolean> {
  const rows: unknown[] = await manager.query('SELECT 1 FROM signalbox.receiver WHERE id::text = $1 FOR KEY SHARE', [receiverId]);
  return rows.length > 0;
}

/** @param options lock: until the transaction ends, nobody else changes it */
export async function findReceiver(manager: EntityManager, id: string, { lock = false }: { readonly lock?: boolean } = {}): Promise<StoredReceiver | null> {
  const rows: Row[] = await manager.query(`SELECT * FROM signalbox.receiver WHERE id::text = $1 ${lock ? 'FOR NO KEY UPDATE' : ''}`, [id]);
  return rows[0] ? toReceiver(rows[0]) : null;
}

/** Inserts or replaces; the caller has checked the generation under a lock. */
export async function writeReceiver(manager: EntityManager, receiver: StoredReceiver): Promise<void> {
  await manager.query(
    `INSERT INTO signalbox.receiver (id, name, kind, settings, secrets, secrets_key, disabled_reason, generation, created_at, created_by, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name, settings = EXCLUDED.settings, secrets = EXCLUDED.secrets, secrets_key = EXCLUDED.secrets_key,
       disabled_reason = EXCLUDED.disabled_reason, generation = EXCLUDED.generation, updated_at = EXCLUDED.updated_at`,
    [
      receiver.id, receiver.name, receiver.kind, JSON.stringify(receiver.settings), receiver.secrets && Buffer.from(receiver.secrets), receiver.secretsKey,
      receiver.disabledReason, receiver.generation, new Date(receiver.createdAtMs), receiver.createdBy, new Date(receiver.updatedAtMs),
    ],
  );
}

/** Whether another receiver has the name. */
export async function isNameTaken(manager: EntityManager, name: string, butId: string): Promise<boolean> {
  const rows: unknown[] = await manager.query('SELECT 1 FROM signalbox.receiver WHERE name = $1 AND id <> $2', [name, butId]);
  return rows.length > 0;
}

/** With all of its notifications. */
export async function deleteReceiver(manager: EntityManager, id: string): Promise<void> {
  await manager.query('DELETE FROM signalbox.receiver WHERE id = $1', [id]);
}

/** Replaces what seals the secrets, unless they were changed meanwhile. Changes nothing that anyone can see. */
export async function resealReceiver(manager: EntityManager, { id, generation }: Pick<StoredReceiver, 'id' | 'generation'>, sealed: { readonly secrets: Uint8Array; readonly secretsKey: string }): Promise<void> {
  await manager.query('UPDATE signalbox.receiver SET secrets = $3, secrets_key = $4 WHERE id = $1 AND generation = $2', [id, generation, Buffer.from(sealed.secrets), sealed.secretsKey]);
}

/** Receivers, by name. */
export class Receivers {
  constructor(private readonly dataSource: DataSource) {}

  find(id: string): Promise<StoredReceiver | null> {
    return findReceiver(this.dataSource.manager, id);
  }

  /** At most MAX_RECEIVERS + 1. */
  async list(): Promise<readonly StoredReceiver[]> {
    const rows: Row[] = await this.dataSource.query('SELECT * FROM signalbox.receiver ORDER BY name LIMIT $1', [MAX_RECEIVERS + 1]);
    return rows.map(toReceiver);
  }

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(work);
  }
}

function toReceiver(row: Row): StoredReceiver {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    settings: row.settings,
    secrets: row.secrets,
    secretsKey: row.secrets_key,
    disabledReason: row.disabled_reason,
    generation: row.generation,
    createdAtMs: row.created_at.getTime(),
    createdBy: row.created_by,
    updatedAtMs: row.updated_at.getTime(),
  };
}

import { type DataSource } from 'typeorm';
import { appendAudit, type AuditEntry } from '../audit/audit-log.ts';

/** A public key whose signatures count. */
export interface TrustedKey {
  /** SHA-256 of `pem`. */
  readonly keyId: string;
  readonly name: string;
  readonly pem: string;
  readonly addedBy: string;
  readonly addedAtMs: number;
  readonly revokedBy: string | null;
  readonly revokedAtMs: number | null;
  readonly revokeReason: string | null;
}

export type NewTrustedKey = Pick<TrustedKey, 'keyId' | 'name' | 'pem' | 'addedBy' | 'addedAtMs'>;

export interface Revocation {
  readonly by: string;
  readonly atMs: number;
  readonly reason: string;
}

interface KeyRow {
  readonly key_id: string;
  readonly name: string;
  readonly pem: string;
  readonly added_by: string;
  readonly added_at: Date;
  readonly revoked_by: string | null;
  readonly revoked_at: Date | null;
  readonly revoke_reason: string | null;
}

/** Keys that are trusted, and keys that were. A key that was revoked stays, so that nobody adds it again unseen. */
export class TrustedKeys {
  constructor(private readonly dataSource: DataSource) {}

  /** Oldest first; few, as people add them. */
  async list(): Promise<readonly TrustedKey[]> {
    const rows: KeyRow[] = await this.dataSource.query('SELECT * FROM signalbox.trusted_key ORDER BY added_at, key_id');
    return rows.map(toKey);
  }

  async find(keyId: string): Promise<TrustedKey | null> {
    const [row]: KeyRow[] = await this.dataSource.query('SELECT * FROM signalbox.trusted_key WHERE key_id = $1', [keyId]);
    return row ? toKey(row) : null;
  }

  /** Adds a key with its audit entry; false when it is there already, revoked or not. */
  async add(key: NewTrustedKey, audit: AuditEntry): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const rows: unknown[] = await manager.query(
        `INSERT INTO signalbox.trusted_key (key_id, name, pem, added_by, added_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (key_id) DO NOTHING RETURNING key_id`,
        [key.keyId, key.name, key.pem, key.addedBy, new Date(key.addedAtMs)],
      );
      if (rows.length === 0) return false;
      await appendAudit(manager, audit);
      return true;
    });
  }

  /** Revokes a key with its audit entry; false when it is not there, or was revoked before. */
  async revoke(keyId: string, { by, atMs, reason }: Revocation, audit: AuditEntry): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const [rows]: [unknown[]] = await manager.query(
        'UPDATE signalbox.trusted_key SET revoked_by = $2, revoked_at = $3, revoke_reason = $4 WHERE key_id = $1 AND revoked_at IS NULL RETURNING key_id',
        [keyId, by, new Date(atMs), reason],
      );
      if (rows.length === 0) return false;
      await appendAudit(manager, audit);
      return true;
    });
  }
}

function toKey(row: KeyRow): TrustedKey {
  return {
    keyId: row.key_id,
    name: row.name,
    pem: row.pem,
    addedBy: row.added_by,
    addedAtMs: row.added_at.getTime(),
    revokedBy: row.revoked_by,
    revokedAtMs: row.revoked_at?.getTime() ?? null,
    revokeReason: row.revoke_reason,
  };
}

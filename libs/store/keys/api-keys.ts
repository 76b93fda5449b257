import { type DataSource } from 'typeorm';
import { appendAudit, type AuditEntry } from '../audit/audit-log.ts';
import { ApiKeyEntity } from './api-key.entity.ts';

/** A key as stored: never the key itself. Times are epoch milliseconds. */
export interface ApiKeyRecord {
  readonly id: string;
  /** Public part by which the key is found. */
  readonly prefix: string;
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  readonly revokedAtMs: number | null;
  readonly lastUsedAtMs: number | null;
}

export type NewApiKey = Omit<ApiKeyRecord, 'revokedAtMs' | 'lastUsedAtMs'>;

/** API keys; every change writes its audit entry in the same transaction. */
export class ApiKeys {
  constructor(private readonly dataSource: DataSource) {}

  async insert(key: NewApiKey, audit: AuditEntry): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.insert(ApiKeyEntity, {
        id: key.id,
        prefix: key.prefix,
        salt: Buffer.from(key.salt),
        hash: Buffer.from(key.hash),
        name: key.name,
        scopes: [...key.scopes],
        createdAt: new Date(key.createdAtMs),
        expiresAt: key.expiresAtMs === null ? null : new Date(key.expiresAtMs),
      });
      await appendAudit(manager, audit);
    });
  }

  async findByPrefix(prefix: string): Promise<ApiKeyRecord | null> {
    const row = await this.dataSource.manager.findOneBy(ApiKeyEntity, { prefix });
    return row && toRecord(row);
  }

  /** Oldest first. There are few keys, so there are no pages. */
  async list(): Promise<readonly ApiKeyRecord[]> {
    const rows = await this.dataSource.manager.find(ApiKeyEntity, { order: { createdAt: 'ASC', id: 'ASC' }, take: 1000 });
    return rows.map(toRecord);
  }

  async count(): Promise<number> {
    return this.dataSource.manager.count(ApiKeyEntity);
  }

  /** False when there is no such key or it was revoked before; then nothing is written. */
  async revoke(id: string, atMs: number, audit: AuditEntry): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const result = await manager
        .createQueryBuilder()
        .update(ApiKeyEntity)
        .set({ revokedAt: new Date(atMs) })
        .where('id = :id AND revoked_at IS NULL', { id })
        .execute();
      if (result.affected !== 1) return false;
      await appendAudit(manager, audit);
      return true;
    });
  }

  /** Notes the use of a key, at most once per `stepMs`: each request would be too often. */
  async touch(id: string, atMs: number, stepMs = 60_000): Promise<void> {
    await this.dataSource.query(
      `UPDATE signalbox.api_key SET last_used_at = $2
       WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $3)`,
      [id, new Date(atMs), new Date(atMs - stepMs)],
    );
  }
}

function toRecord(row: ApiKeyEntity): ApiKeyRecord {
  const { createdAt, expiresAt, revokedAt, lastUsedAt, ...same } = row;
  return {
    ...same,
    createdAtMs: createdAt.getTime(),
    expiresAtMs: expiresAt?.getTime() ?? null,
    revokedAtMs: revokedAt?.getTime() ?? null,
    lastUsedAtMs: lastUsedAt?.getTime() ?? null,
  };
}

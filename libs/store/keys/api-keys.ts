import { type DataSource, IsNull } from 'typeorm';
import { ACCOUNT_COLUMNS, type AccountRecord, type AccountRow, toAccount } from '../accounts/account.ts';
import { guardLastAdmin } from '../accounts/admin-guard.ts';
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
  /** Account that it acts for; null: for itself. */
  readonly accountId: string | null;
  /** Account that made it, where it is known. */
  readonly issuedBy: string | null;
  /** The only tenant whose data it sees, besides what its account is bound to; null: no further limit. */
  readonly tenant: string | null;
  /** Requests to /v1 in a minute; null: as many as others. */
  readonly requestsPerMinute: number | null;
}

type Optional = 'accountId' | 'issuedBy' | 'tenant' | 'requestsPerMinute';
export type NewApiKey = Omit<ApiKeyRecord, 'revokedAtMs' | 'lastUsedAtMs' | Optional> & Partial<Pick<ApiKeyRecord, Optional>>;

/** A key with the account that it acts for. */
export type ApiKeyWithAccount = ApiKeyRecord & { readonly account: AccountRecord | null };

/** Keys that an account can have, the revoked ones too. */
export const MAX_ACCOUNT_KEYS = 1000;

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
        accountId: key.accountId ?? null,
        issuedBy: key.issuedBy ?? null,
        tenant: key.tenant ?? null,
        requestsPerMinute: key.requestsPerMinute ?? null,
      });
      await appendAudit(manager, audit);
    });
  }

  async findByPrefix(prefix: string): Promise<ApiKeyWithAccount | null> {
    return this.#findOne({ prefix });
  }

  /** By its id. */
  async find(id: string): Promise<ApiKeyWithAccount | null> {
    return this.#findOne({ id });
  }

  /** Keys that act for an account, oldest first, the revoked ones too. */
  async listOf(accountId: string): Promise<readonly ApiKeyRecord[]> {
    const rows = await this.dataSource.manager.find(ApiKeyEntity, { where: { accountId }, order: { createdAt: 'ASC', id: 'ASC' }, take: MAX_ACCOUNT_KEYS });
    return rows.map(toRecord);
  }

  /** Oldest first; `after` is the last key of the page before. */
  async list(limit: number, after: { readonly createdAtMs: number; readonly id: string } | null = null): Promise<readonly ApiKeyRecord[]> {
    const query = this.dataSource.manager.createQueryBuilder(ApiKeyEntity, 'key').orderBy('key.createdAt', 'ASC').addOrderBy('key.id', 'ASC').take(limit);
    if (after !== null) query.where('(key.created_at, key.id) > (:at, :id)', { at: new Date(after.createdAtMs), id: after.id });
    return (await query.getMany()).map(toRecord);
  }

  async count(): Promise<number> {
    return this.dataSource.manager.count(ApiKeyEntity);
  }

  /**
   * False when there is no such key or it was revoked before; then nothing is written.
   * @throws LastAdminError when nobody could administer after it
   */
  async revoke(id: string, atMs: number, audit: AuditEntry, issuer: string | null = null): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const result = await guardLastAdmin(manager, { atMs, issuer }, () =>
        manager
          .createQueryBuilder()
          .update(ApiKeyEntity)
          .set({ revokedAt: new Date(atMs) })
          .where('id = :id AND revoked_at IS NULL', { id })
          .execute(),
      );
      if (result.affected !== 1) return false;
      await appendAudit(manager, audit);
      return true;
    });
  }

  /** Gives a key that acts for itself to an account. False when it has one, or there is no such key. */
  async assign(id: string, accountId: string, audit: AuditEntry): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const result = await manager.update(ApiKeyEntity, { id, accountId: IsNull() }, { accountId });
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

  async #findOne(where: { readonly prefix: string } | { readonly id: string }): Promise<ApiKeyWithAccount | null> {
    const row = await this.dataSource.manager.findOneBy(ApiKeyEntity, where);
    if (!row) return null;
    const accounts: AccountRow[] =
      row.accountId === null ? [] : await this.dataSource.query(`SELECT ${ACCOUNT_COLUMNS} FROM signalbox.account WHERE id = $1`, [row.accountId]);
    return { ...toRecord(row), account: accounts[0] ? toAccount(accounts[0]) : null };
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

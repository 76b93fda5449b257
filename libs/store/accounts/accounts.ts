import { type DataSource, type EntityManager } from 'typeorm';
import { appendAudit, type AuditEntry } from '../audit/audit-log.ts';
import { ACCOUNT_COLUMNS, type AccountChange, type AccountRecord, type AccountRow, FIRST_ADMIN_ID, type NewAccount, toAccount } from './account.ts';
import { type AdminGuard, guardLastAdmin } from './admin-guard.ts';

export interface AccountUpdate {
  readonly id: string;
  /** `version` of the account that the change is meant for. */
  readonly expectedVersion: number;
  readonly change: AccountChange;
  readonly guard: AdminGuard;
  readonly audit: (before: AccountRecord, after: AccountRecord) => AuditEntry;
}

export type AccountUpdated =
  | { readonly outcome: 'changed'; readonly account: AccountRecord; readonly before: AccountRecord }
  | { readonly outcome: 'stale'; readonly account: AccountRecord }
  | { readonly outcome: 'missing' };

/** Accounts; every change writes its audit entry in the same transaction. */
export class Accounts {
  constructor(private readonly dataSource: DataSource) {}

  async find(id: string): Promise<AccountRecord | null> {
    return first(await this.dataSource.query(`SELECT ${ACCOUNT_COLUMNS} FROM signalbox.account WHERE id = $1`, [id]));
  }

  /** By name; `afterName` is the last name of the page before. */
  async list(limit: number, afterName: string | null = null): Promise<readonly AccountRecord[]> {
    const rows: AccountRow[] = await this.dataSource.query(
      `SELECT ${ACCOUNT_COLUMNS} FROM signalbox.account WHERE $2::text IS NULL OR name COLLATE "C" > $2 ORDER BY name COLLATE "C" LIMIT $1`,
      [limit, afterName],
    );
    return rows.map(toAccount);
  }

  /** False when another account has the name or the e-mail address; then nothing is written. */
  async insert(account: NewAccount, audit: AuditEntry): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      if (!(await insertAccount(manager, account))) return false;
      await appendAudit(manager, audit);
      return true;
    });
  }

  /** @throws LastAdminError when nobody could administer after it */
  async update({ guard, audit, ...wanted }: AccountUpdate): Promise<AccountUpdated> {
    return this.dataSource.transaction(async (manager) => {
      const updated = await guardLastAdmin(manager, guard, () => updateAccount(manager, wanted));
      if (updated.outcome === 'changed') await appendAudit(manager, audit(updated.before, updated.account));
      return updated;
    });
  }

  /** Makes sure that the first administrator is there and may administer. Returns whether anything had to be written. */
  async ensureFirstAdmin(atMs: number): Promise<boolean> {
    const roles = ['admin', 'trace-reader'];
    const entry = (action: string): AuditEntry => ({ atMs, actor: 'system', action, subject: `account/${FIRST_ADMIN_ID}`, detail: { name: 'admin', roles }, requestId: null });
    const isNew = await this.insert(
      { id: FIRST_ADMIN_ID, kind: 'user', name: 'admin', email: null, roles, tenant: null, createdAtMs: atMs, createdBy: 'system' },
      entry('account.create'),
    );
    if (isNew) return true;
    return this.dataSource.transaction(async (manager) => {
      const [, changed] = (await manager.query(
        `UPDATE signalbox.account SET roles = $2, disabled_at = NULL, tenant = NULL, version = version + 1
          WHERE id = $1 AND (disabled_at IS NOT NULL OR tenant IS NOT NULL OR NOT roles @> $2)`,
        [FIRST_ADMIN_ID, roles],
      )) as [unknown, number];
      if (changed === 0) return false;
      await appendAudit(manager, entry('account.restore'));
      return true;
    });
  }
}

async function updateAccount(manager: EntityManager, { id, expectedVersion, change }: Omit<AccountUpdate, 'guard' | 'audit'>): Promise<AccountUpdated> {
  const before = first(await manager.query(`SELECT ${ACCOUNT_COLUMNS} FROM signalbox.account WHERE id = $1 FOR UPDATE`, [id]));
  if (!before) return { outcome: 'missing' };
  if (before.version !== expectedVersion) return { outcome: 'stale', account: before };
  const account = { ...before, ...change, version: before.version + 1 };
  await manager.query('UPDATE signalbox.account SET name = $2, email = $3, roles = $4, tenant = $5, disabled_at = $6, version = $7 WHERE id = $1', [
    id, account.name, account.email, [...account.roles], account.tenant, account.disabledAtMs === null ? null : new Date(account.disabledAtMs), account.version,
  ]);
  // They must not come back with the account when it is enabled again.
  if (before.disabledAtMs === null && account.disabledAtMs !== null) {
    await manager.query('UPDATE signalbox.session SET revoked_at = $2 WHERE account_id = $1 AND revoked_at IS NULL', [id, new Date(account.disabledAtMs)]);
  }
  return { outcome: 'changed', account, before };
}

export async function insertAccount(manager: EntityManager, account: NewAccount): Promise<boolean> {
  const rows: unknown[] = await manager.query(
    `INSERT INTO signalbox.account (id, kind, name, email, roles, tenant, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT DO NOTHING RETURNING id`,
    [account.id, account.kind, account.name, account.email, [...account.roles], account.tenant, new Date(account.createdAtMs), account.createdBy],
  );
  return rows.length === 1;
}

function first(rows: AccountRow[]): AccountRecord | null {
  return rows[0] ? toAccount(rows[0]) : null;
}

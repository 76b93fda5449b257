import { type DataSource, type EntityManager } from 'typeorm';
import { appendAudit, type AuditEntry } from '../audit/audit-log.ts';
import { type ApiKeyWithAccount, type ApiKeys } from '../keys/api-keys.ts';
import { type AccountRecord } from './account.ts';
import { type Accounts } from './accounts.ts';

/** A session of a browser. Times are epoch milliseconds; its secret is in its cookie only. */
export interface SessionRecord {
  readonly id: string;
  /** null where a key without an account opened it. */
  readonly accountId: string | null;
  /** Key that opened it and bounds it; null: its user signed in. */
  readonly keyId: string | null;
  readonly createdAtMs: number;
  readonly lastSeenAtMs: number;
  readonly expiresAtMs: number;
  readonly revokedAtMs: number | null;
}

export type NewSession = Pick<SessionRecord, 'id' | 'accountId' | 'keyId' | 'createdAtMs' | 'expiresAtMs'> & { readonly secretHash: Uint8Array };

/** A session and who acts by it. */
export interface SessionInUse extends SessionRecord {
  readonly account: AccountRecord | null;
  readonly key: ApiKeyWithAccount | null;
}

/** Whose sessions: of an account, or of a key that has none. */
export type SessionOwner = { readonly accountId: string } | { readonly keyId: string };

interface Row {
  readonly id: string;
  readonly account_id: string | null;
  readonly key_id: string | null;
  readonly created_at: Date;
  readonly last_seen_at: Date;
  readonly expires_at: Date;
  readonly revoked_at: Date | null;
}

const COLUMNS = 'id, account_id, key_id, created_at, last_seen_at, expires_at, revoked_at';
/** Ended sessions are kept so long, to be looked at. */
const KEEP_ENDED_MS = 30 * 86_400_000;
/** Noting each use of a session would be a write for each request. */
const TOUCH_STEP_MS = 60_000;

/** Sessions of browsers; opening and ending one writes its audit entry in the same transaction. */
export class Sessions {
  constructor(
    private readonly dataSource: DataSource,
    private readonly accounts: Pick<Accounts, 'find'>,
    private readonly keys: Pick<ApiKeys, 'find'>,
  ) {}

  async open(session: NewSession, audit: AuditEntry): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.query('DELETE FROM signalbox.session WHERE expires_at < $1', [new Date(session.createdAtMs - KEEP_ENDED_MS)]);
      await manager.query(
        'INSERT INTO signalbox.session (id, secret_hash, account_id, key_id, created_at, last_seen_at, expires_at) VALUES ($1, $2, $3, $4, $5, $5, $6)',
        [session.id, Buffer.from(session.secretHash), session.accountId, session.keyId, new Date(session.createdAtMs), new Date(session.expiresAtMs)],
      );
      await appendAudit(manager, audit);
    });
  }

  async findBySecret(secretHash: Uint8Array): Promise<SessionInUse | null> {
    const [row]: Row[] = await this.dataSource.query(`SELECT ${COLUMNS} FROM signalbox.session WHERE secret_hash = $1`, [Buffer.from(secretHash)]);
    if (!row) return null;
    const [account, key] = await Promise.all([
      row.account_id === null ? null : this.accounts.find(row.account_id),
      row.key_id === null ? null : this.keys.find(row.key_id),
    ]);
    return { ...toRecord(row), account, key };
  }

  /** Notes its use, at most once a minute. */
  async touch({ id, lastSeenAtMs }: Pick<SessionRecord, 'id' | 'lastSeenAtMs'>, atMs: number): Promise<void> {
    if (atMs - lastSeenAtMs < TOUCH_STEP_MS) return;
    await this.dataSource.query('UPDATE signalbox.session SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2', [id, new Date(atMs)]);
  }

  /** Newest first; `after` is the last one of the page before. */
  async list(owner: SessionOwner, limit: number, after: { readonly createdAtMs: number; readonly id: string } | null): Promise<readonly SessionRecord[]> {
    const { where, value } = ownedBy(owner);
    const rows: Row[] = await this.dataSource.query(
      `SELECT ${COLUMNS} FROM signalbox.session WHERE ${where} AND ($3::timestamptz IS NULL OR (created_at, id) < ($3, $4))
       ORDER BY created_at DESC, id DESC LIMIT $2`,
      [value, limit, after === null ? null : new Date(after.createdAtMs), after?.id ?? null],
    );
    return rows.map(toRecord);
  }

  /** Ends one session of the owner. null when it has none of this id; nothing is written when it ended before. */
  async end(owner: SessionOwner, id: string, atMs: number, audit: AuditEntry): Promise<SessionRecord | null> {
    const { where, value } = ownedBy(owner);
    return this.dataSource.transaction(async (manager) => {
      const [row]: Row[] = await manager.query(`SELECT ${COLUMNS} FROM signalbox.session WHERE ${where} AND id = $2 FOR UPDATE`, [value, id]);
      if (!row) return null;
      if (row.revoked_at !== null || row.expires_at.getTime() <= atMs) return toRecord(row);
      await manager.query('UPDATE signalbox.session SET revoked_at = $2 WHERE id = $1', [id, new Date(atMs)]);
      await appendAudit(manager, audit);
      return { ...toRecord(row), revokedAtMs: atMs };
    });
  }

  /** Ends all sessions of an account; gives how many were open. */
  async endAll(accountId: string, atMs: number, audit: AuditEntry): Promise<number> {
    return this.dataSource.transaction(async (manager) => {
      const ended = await endSessions(manager, accountId, atMs);
      if (ended > 0) await appendAudit(manager, { ...audit, detail: { ...audit.detail, ended } });
      return ended;
    });
  }
}

async function endSessions(manager: EntityManager, accountId: string, atMs: number): Promise<number> {
  const [, ended] = (await manager.query('UPDATE signalbox.session SET revoked_at = $2 WHERE account_id = $1 AND revoked_at IS NULL AND expires_at > $2', [accountId, new Date(atMs)])) as [unknown, number];
  return ended;
}

function ownedBy(owner: SessionOwner): { where: string; value: string } {
  return 'accountId' in owner ? { where: 'account_id = $1', value: owner.accountId } : { where: 'account_id IS NULL AND key_id = $1', value: owner.keyId };
}

function toRecord(row: Row): SessionRecord {
  return {
    id: row.id,
    accountId: row.account_id,
    keyId: row.key_id,
    createdAtMs: row.created_at.getTime(),
    lastSeenAtMs: row.last_seen_at.getTime(),
    expiresAtMs: row.expires_at.getTime(),
    revokedAtMs: row.revoked_at?.getTime() ?? null,
  };
}

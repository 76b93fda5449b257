import { type EntityManager } from 'typeorm';
import { type AuditRecord } from '#libs/governance/audit/audit-record';

/** An entry as it stands in the table; the hashes and `seq` are null for one outside the chain. */
export interface StoredAuditEntry extends Omit<AuditRecord, 'seq'> {
  readonly id: string;
  readonly seq: number | null;
  /** 32 bytes each. */
  readonly previousHash: Uint8Array | null;
  readonly hash: Uint8Array | null;
}

/** `at` as text, since a Date would lose the microseconds that the hash covers. */
export const AUDIT_COLUMNS = `id, seq, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at,
  actor, action, subject, request_id, reason, detail, before, after, prev_hash, hash`;

export interface AuditRow {
  readonly id: string;
  readonly seq: string | null;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly request_id: string | null;
  readonly reason: string | null;
  readonly detail: unknown;
  readonly before: unknown;
  readonly after: unknown;
  readonly prev_hash: Buffer | null;
  readonly hash: Buffer | null;
}

export function toStoredEntry({ seq, request_id, prev_hash, ...same }: AuditRow): StoredAuditEntry {
  return { ...same, seq: seq === null ? null : Number(seq), requestId: request_id, previousHash: prev_hash };
}

const PAGE = 500;

/** Entries outside the chain with an id above `afterId`, by id, a page at a time. */
export async function* unchainedEntries(manager: EntityManager, afterId: number): AsyncGenerator<StoredAuditEntry> {
  for (let last = String(afterId); ; ) {
    const rows = (await manager.query(`SELECT ${AUDIT_COLUMNS} FROM signalbox.audit_entry WHERE seq IS NULL AND id > $1 ORDER BY id LIMIT ${PAGE}`, [last])) as AuditRow[];
    yield* rows.map(toStoredEntry);
    const end = rows.at(-1);
    if (!end || rows.length < PAGE) return;
    last = end.id;
  }
}

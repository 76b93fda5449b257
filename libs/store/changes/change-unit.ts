import { type EntityManager } from 'typeorm';
import { modelOf } from '#libs/governance/change/change-payload';
import { type Approval, type ChangeCase, type ChangeEvent } from '#libs/governance/change/change-request';
import { appendAudit, type AuditEntry } from '../audit/audit-log.ts';
import {
  APPROVAL_COLUMNS, type ApprovalRow, CHANGE_COLUMNS, type ChangeComment, type ChangeRow, EVIDENCE_COLUMNS, type EvidenceItem, type EvidenceRow, type StoredChange, toApproval, toChange, toEvidence,
} from './change-rows.ts';

/** Evidence to be stored, with its content unless it lies elsewhere. */
export interface NewEvidence extends EvidenceItem {
  readonly content: string | null;
}

/** What an act on a change request reads and writes, in one transaction. */
export class ChangeUnit {
  constructor(readonly manager: EntityManager) {}

  /** A request, held until the transaction ends; null where there is none. */
  async lock(id: string): Promise<StoredChange | null> {
    const rows: ChangeRow[] = await this.manager.query(`SELECT ${CHANGE_COLUMNS} FROM signalbox.change_request WHERE id = $1 FOR UPDATE`, [id]);
    return rows[0] ? withParts(this.manager, rows[0]) : null;
  }

  /** Writes a new request and its first event. */
  async insert({ change }: ChangeCase, event: ChangeEvent): Promise<StoredChange> {
    const rows: ChangeRow[] = await this.manager.query(
      `INSERT INTO signalbox.change_request
         (id, model, type, class, state, revision, title, reason, payload, base, effect, digest, author, author_name, involved, issuers, supersedes, created_at, updated_at, expires_at)
       VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17, $18) RETURNING ${CHANGE_COLUMNS}`,
      [
        change.id, modelOf(change.payload), change.payload.type, change.class, change.state, change.title, change.reason, JSON.stringify(change.payload), JSON.stringify(change.base),
        JSON.stringify(change.effect), change.digest, change.author.accountId, change.author.name, [...change.involved], [...change.issuers], change.supersedes, new Date(change.createdAtMs), new Date(change.expiresAtMs),
      ],
    );
    await this.#event(change.id, event, null, change.state);
    const [row] = rows;
    if (!row) throw new Error('the change request was not written');
    return { change: toChange(row), number: row.number, revision: row.revision, evidence: [], approvals: [] };
  }

  /** Writes what `next` differs in from `before`, one revision on, with its event. */
  async save(before: StoredChange, next: ChangeCase, event: ChangeEvent, evidence: NewEvidence | null = null): Promise<StoredChange> {
    const { change } = next;
    const rows: ChangeRow[] = await this.manager.query(
      `WITH moved AS (
         UPDATE signalbox.change_request SET revision = revision + 1, model = $2, type = $3, class = $4, state = $5, title = $6, reason = $7, payload = $8, base = $9, effect = $10,
           digest = $11, involved = $12, updated_at = $13, submitted_at = $14, schedule = $15, break_glass = $16, decision = $17, applied_at = $18, applied_by = $19, outcome = $20, issuers = $21
         WHERE id = $1 RETURNING *)
       SELECT ${CHANGE_COLUMNS} FROM moved`,
      [
        change.id, modelOf(change.payload), change.payload.type, change.class, change.state, change.title, change.reason, JSON.stringify(change.payload), JSON.stringify(change.base), JSON.stringify(change.effect),
        change.digest, [...change.involved], new Date(change.updatedAtMs), dateOrNull(change.submittedAtMs), jsonOrNull(change.schedule), jsonOrNull(change.breakGlass), jsonOrNull(change.decision),
        dateOrNull(change.appliedAtMs), change.appliedBy, jsonOrNull(change.outcome), [...change.issuers],
      ],
    );
    if (evidence) await this.#insertEvidence(change.id, evidence);
    await this.#removeEvidence(before, next, event.actor);
    await this.#saveApprovals(before, next);
    await this.#event(change.id, event, before.change.state, change.state);
    const [row] = rows;
    if (!row) throw new Error('the change request is gone');
    return withParts(this.manager, row);
  }

  async comment(before: StoredChange, comment: ChangeComment, event: ChangeEvent): Promise<void> {
    await this.manager.query('INSERT INTO signalbox.change_comment (id, change_id, account, account_name, text, at) VALUES ($1, $2, $3, $4, $5, $6)', [
      comment.id, before.change.id, comment.account, comment.accountName, comment.text, new Date(comment.atMs),
    ]);
    await this.#event(before.change.id, event, before.change.state, before.change.state);
  }

  async comments(id: string): Promise<number> {
    const rows: { count: number }[] = await this.manager.query('SELECT count(*)::int AS count FROM signalbox.change_comment WHERE change_id = $1', [id]);
    return rows[0]?.count ?? 0;
  }

  /** Last of all: see appendAudit. */
  append(entry: AuditEntry): Promise<void> {
    return appendAudit(this.manager, entry);
  }

  async #insertEvidence(changeId: string, item: NewEvidence): Promise<void> {
    await this.manager.query(
      `INSERT INTO signalbox.change_evidence (id, change_id, kind, title, sha256, size_bytes, media_type, content, url, added_by, added_by_name, added_at, outcome)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
      [item.id, changeId, item.kind, item.title, item.sha256, item.sizeBytes, item.mediaType, item.content, item.url, item.addedBy, item.addedByName, new Date(item.addedAtMs), item.outcome],
    );
  }

  async #removeEvidence(before: StoredChange, next: ChangeCase, actor: string): Promise<void> {
    for (const { id, removedAtMs } of next.evidence) {
      const wasThere = before.evidence.some((item) => item.id === id && item.removedAtMs === null);
      if (wasThere && removedAtMs !== null) await this.manager.query('UPDATE signalbox.change_evidence SET removed_at = $2, removed_by = $3 WHERE id = $1', [id, new Date(removedAtMs), actor]);
    }
  }

  async #saveApprovals(before: StoredChange, next: ChangeCase): Promise<void> {
    for (const approval of next.approvals) {
      const old = before.approvals.find(({ id }) => id === approval.id);
      if (!old) await this.#insertApproval(next.change.id, approval);
      else if (old.revokedAtMs === null && approval.revokedAtMs !== null) {
        await this.manager.query('UPDATE signalbox.change_approval SET revoked_at = $2, revoked_reason = $3 WHERE id = $1', [approval.id, new Date(approval.revokedAtMs), approval.revokedReason]);
      }
    }
  }

  async #insertApproval(changeId: string, one: Approval): Promise<void> {
    await this.manager.query(
      `INSERT INTO signalbox.change_approval (change_id, ${APPROVAL_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
      [
        changeId, one.id, one.verdict, one.account, one.accountName, one.keyId, one.issuedBy, [...one.roles], one.digest, one.changeDigest, one.policyVersion, [...one.evidence], one.comment, new Date(one.atMs),
        new Date(one.expiresAtMs), dateOrNull(one.revokedAtMs), one.revokedReason,
      ],
    );
  }

  async #event(changeId: string, event: ChangeEvent, fromState: string | null, toState: string): Promise<void> {
    await this.manager.query('INSERT INTO signalbox.change_event (change_id, at, actor, event, from_state, to_state, detail) VALUES ($1, $2, $3, $4, $5, $6, $7)', [
      changeId, new Date(event.atMs), event.actor, event.event, fromState, toState, JSON.stringify(event.detail),
    ]);
  }
}

export async function withParts(manager: EntityManager, row: ChangeRow): Promise<StoredChange> {
  const evidence: EvidenceRow[] = await manager.query(`SELECT ${EVIDENCE_COLUMNS} FROM signalbox.change_evidence WHERE change_id = $1 ORDER BY added_at, id`, [row.id]);
  const approvals: ApprovalRow[] = await manager.query(`SELECT ${APPROVAL_COLUMNS} FROM signalbox.change_approval WHERE change_id = $1 ORDER BY at, id`, [row.id]);
  return { change: toChange(row), number: row.number, revision: row.revision, evidence: evidence.map(toEvidence), approvals: approvals.map(toApproval) };
}

function dateOrNull(ms: number | null): Date | null {
  return ms === null ? null : new Date(ms);
}

function jsonOrNull(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}

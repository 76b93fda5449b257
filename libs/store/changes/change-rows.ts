import { type EvidenceKind } from '#libs/governance/change/change-payload';
import { type Approval, type BreakGlass, type ChangeCase, type ChangeEvent, type ChangeRequest, type Evidence, type EvidenceOutcome, type Schedule } from '#libs/governance/change/change-request';

/** Evidence with what people read of it; its content is read apart. */
export interface EvidenceItem extends Evidence {
  readonly title: string;
  readonly outcome: EvidenceOutcome | null;
  /** null for evidence that lies elsewhere. */
  readonly sizeBytes: number | null;
  readonly mediaType: string | null;
  readonly url: string | null;
  readonly addedByName: string;
  readonly addedAtMs: number;
  readonly removedBy: string | null;
}

/** A change request as stored. */
export interface StoredChange extends ChangeCase {
  /** Counts requests, for people. */
  readonly number: number;
  /** Grows with each write: the ETag. */
  readonly revision: number;
  readonly evidence: readonly EvidenceItem[];
}

export interface ChangeComment {
  readonly id: string;
  readonly account: string;
  readonly accountName: string;
  readonly text: string;
  readonly atMs: number;
}

export interface StoredEvent extends ChangeEvent {
  readonly id: string;
  readonly fromState: string | null;
  readonly toState: string;
}

export const CHANGE_COLUMNS = `id, number, model, type, class, state, revision, title, reason, payload, base, effect, digest, author, author_name, involved, issuers, supersedes,
  created_at, updated_at, submitted_at, expires_at, schedule, break_glass, decision, applied_at, applied_by, outcome`;

export interface ChangeRow {
  readonly id: string;
  readonly number: number;
  readonly class: ChangeRequest['class'];
  readonly state: ChangeRequest['state'];
  readonly revision: number;
  readonly title: string;
  readonly reason: string;
  readonly payload: ChangeRequest['payload'];
  readonly base: ChangeRequest['base'];
  readonly effect: ChangeRequest['effect'];
  readonly digest: string;
  readonly author: string;
  readonly author_name: string;
  readonly involved: string[];
  readonly issuers: string[];
  readonly supersedes: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly submitted_at: Date | null;
  readonly expires_at: Date;
  readonly schedule: Schedule | null;
  readonly break_glass: BreakGlass | null;
  readonly decision: ChangeRequest['decision'];
  readonly applied_at: Date | null;
  readonly applied_by: string | null;
  readonly outcome: ChangeRequest['outcome'];
}

export function toChange(row: ChangeRow): ChangeRequest {
  return {
    id: row.id, class: row.class, state: row.state, title: row.title, reason: row.reason, payload: row.payload, base: row.base, effect: row.effect, digest: row.digest,
    author: { accountId: row.author, name: row.author_name }, involved: row.involved, issuers: row.issuers, supersedes: row.supersedes, createdAtMs: row.created_at.getTime(), updatedAtMs: row.updated_at.getTime(),
    submittedAtMs: row.submitted_at?.getTime() ?? null, expiresAtMs: row.expires_at.getTime(), schedule: row.schedule, breakGlass: row.break_glass, decision: row.decision,
    appliedAtMs: row.applied_at?.getTime() ?? null, appliedBy: row.applied_by, outcome: row.outcome,
  };
}

export interface EvidenceRow {
  readonly id: string;
  readonly kind: EvidenceKind;
  readonly title: string;
  readonly sha256: string;
  readonly size_bytes: number | null;
  readonly media_type: string | null;
  readonly outcome: EvidenceOutcome | null;
  readonly url: string | null;
  readonly added_by: string;
  readonly added_by_name: string;
  readonly added_at: Date;
  readonly removed_at: Date | null;
  readonly removed_by: string | null;
}

export const EVIDENCE_COLUMNS = 'id, kind, title, sha256, outcome, size_bytes, media_type, url, added_by, added_by_name, added_at, removed_at, removed_by';

export function toEvidence(row: EvidenceRow): EvidenceItem {
  return {
    id: row.id, kind: row.kind, title: row.title, sha256: row.sha256, outcome: row.outcome, sizeBytes: row.size_bytes, mediaType: row.media_type, url: row.url, addedBy: row.added_by, addedByName: row.added_by_name,
    addedAtMs: row.added_at.getTime(), removedAtMs: row.removed_at?.getTime() ?? null, removedBy: row.removed_by,
  };
}

export interface ApprovalRow {
  readonly id: string;
  readonly verdict: Approval['verdict'];
  readonly account: string;
  readonly account_name: string;
  readonly key_id: string | null;
  readonly issued_by: string | null;
  readonly roles: string[];
  readonly digest: string;
  readonly change_digest: string;
  readonly policy_version: number;
  readonly evidence: string[];
  readonly comment: string;
  readonly at: Date;
  readonly expires_at: Date;
  readonly revoked_at: Date | null;
  readonly revoked_reason: string | null;
}

export const APPROVAL_COLUMNS = 'id, verdict, account, account_name, key_id, issued_by, roles, digest, change_digest, policy_version, evidence, comment, at, expires_at, revoked_at, revoked_reason';

export function toApproval(row: ApprovalRow): Approval {
  return {
    id: row.id, verdict: row.verdict, account: row.account, accountName: row.account_name, keyId: row.key_id, issuedBy: row.issued_by, roles: row.roles, digest: row.digest,
    changeDigest: row.change_digest, policyVersion: row.policy_version, evidence: row.evidence, comment: row.comment, atMs: row.at.getTime(), expiresAtMs: row.expires_at.getTime(), revokedAtMs: row.revoked_at?.getTime() ?? null, revokedReason: row.revoked_reason,
  };
}

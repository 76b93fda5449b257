import { type ProtectedExpert, type Taking } from '#libs/governance/protection/takings';

export interface StoredProtection extends ProtectedExpert {
  readonly model: string;
  /** Run that proposed it, with the digest of its result; null: protected by hand. */
  readonly evidence: { readonly evaluationId: string; readonly resultDigest: string } | null;
  readonly by: string;
  readonly byName: string;
  readonly atMs: number;
  /** The ETag. */
  readonly version: number;
}

export type NewProtection = Omit<StoredProtection, 'version'>;

export interface OverrideReview {
  readonly by: string;
  readonly byName: string;
  readonly atMs: number;
  readonly verdict: 'confirmed' | 'to-revert';
  readonly note: string;
}

/** A time that protected experts were taken away all the same. */
export interface StoredOverride {
  readonly id: string;
  readonly model: string;
  readonly act: string;
  readonly takings: readonly Taking[];
  readonly reason: string;
  readonly evidence: StoredProtection['evidence'];
  /** Change request that did it. */
  readonly changeId: string | null;
  readonly by: string;
  readonly byName: string;
  /** Account that handed out the key, where it is not the owner. */
  readonly issuedBy: string | null;
  readonly atMs: number;
  /** Of an emergency. */
  readonly reviewDueMs: number | null;
  readonly review: OverrideReview | null;
}

export const PROTECTION_COLUMNS = 'model, layer, expert, reason, evaluation, evidence, protected_by, protected_by_name, protected_at, version';
export const OVERRIDE_COLUMNS = 'id, model, act, takings, reason, evaluation, evidence, change_id, overridden_by, overridden_by_name, issued_by, overridden_at, review_due_at, reviewed_by, reviewed_by_name, reviewed_at, verdict, note';

export interface ProtectionRow {
  readonly model: string;
  readonly layer: number;
  readonly expert: number;
  readonly reason: string;
  readonly evaluation: string | null;
  readonly evidence: string | null;
  readonly protected_by: string;
  readonly protected_by_name: string;
  readonly protected_at: Date;
  readonly version: number;
}

export interface OverrideRow {
  readonly id: string;
  readonly model: string;
  readonly act: string;
  readonly takings: readonly Taking[];
  readonly reason: string;
  readonly evaluation: string | null;
  readonly evidence: string | null;
  readonly change_id: string | null;
  readonly overridden_by: string;
  readonly overridden_by_name: string;
  readonly issued_by: string | null;
  readonly overridden_at: Date;
  readonly review_due_at: Date | null;
  readonly reviewed_by: string | null;
  readonly reviewed_by_name: string | null;
  readonly reviewed_at: Date | null;
  readonly verdict: OverrideReview['verdict'] | null;
  readonly note: string | null;
}

export function toProtection({ model, layer, expert, reason, evaluation, evidence, protected_by, protected_by_name, protected_at, version }: ProtectionRow): StoredProtection {
  return { model, layer, expert, reason, evidence: evidenceOf(evaluation, evidence), by: protected_by, byName: protected_by_name, atMs: protected_at.getTime(), version };
}

export function toOverride(row: OverrideRow): StoredOverride {
  const { id, model, act, takings, reason, evaluation, evidence, reviewed_at, verdict } = row;
  return {
    id, model, act, takings, reason,
    evidence: evidenceOf(evaluation, evidence),
    changeId: row.change_id,
    by: row.overridden_by,
    byName: row.overridden_by_name,
    issuedBy: row.issued_by,
    atMs: row.overridden_at.getTime(),
    reviewDueMs: row.review_due_at?.getTime() ?? null,
    review: reviewed_at === null || verdict === null ? null : { by: row.reviewed_by ?? '', byName: row.reviewed_by_name ?? '', atMs: reviewed_at.getTime(), verdict, note: row.note ?? '' },
  };
}

function evidenceOf(evaluationId: string | null, resultDigest: string | null): StoredProtection['evidence'] {
  return evaluationId === null || resultDigest === null ? null : { evaluationId, resultDigest };
}

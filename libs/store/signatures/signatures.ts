import { type DataSource } from 'typeorm';
import { type SubjectKind } from '#libs/governance/signature/signed-subject';
import { type Sha256 } from '#libs/release/component';
import { appendAudit, type AuditEntry } from '../audit/audit-log.ts';

/** A signature over a release or a component version, as it was attached. */
export interface StoredSignature {
  readonly id: string;
  readonly kind: SubjectKind;
  readonly digest: Sha256;
  readonly keyId: string;
  /** Sigstore bundle v0.3. */
  readonly bundle: unknown;
  readonly addedBy: string;
  /** When it was verified and attached. */
  readonly verifiedAtMs: number;
}

interface SignatureRow {
  readonly id: string;
  readonly subject_kind: SubjectKind;
  readonly subject_digest: string;
  readonly key_id: string;
  readonly bundle: unknown;
  readonly added_by: string;
  readonly verified_at: Date;
}

/** One for each key, at most, of a subject. */
export class Signatures {
  constructor(private readonly dataSource: DataSource) {}

  /** Attaches a verified signature with its audit entry; false when that key signed the subject before. */
  async attach(signature: StoredSignature, audit: AuditEntry): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      const rows: unknown[] = await manager.query(
        `INSERT INTO signalbox.signature (id, subject_kind, subject_digest, key_id, bundle, added_by, verified_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (subject_digest, subject_kind, key_id) DO NOTHING RETURNING id`,
        [signature.id, signature.kind, signature.digest, signature.keyId, JSON.stringify(signature.bundle), signature.addedBy, new Date(signature.verifiedAtMs)],
      );
      if (rows.length === 0) return false;
      await appendAudit(manager, audit);
      return true;
    });
  }

  /** Signatures of some subjects of one kind, oldest first. */
  async of(kind: SubjectKind, digests: readonly Sha256[]): Promise<readonly StoredSignature[]> {
    const rows: SignatureRow[] = await this.dataSource.query(
      'SELECT * FROM signalbox.signature WHERE subject_kind = $1 AND subject_digest = ANY($2) ORDER BY verified_at, id',
      [kind, digests],
    );
    return rows.map((row) => ({
      id: row.id,
      kind: row.subject_kind,
      digest: row.subject_digest,
      keyId: row.key_id,
      bundle: row.bundle,
      addedBy: row.added_by,
      verifiedAtMs: row.verified_at.getTime(),
    }));
  }

  async hasComponent(sha256: Sha256): Promise<boolean> {
    const rows: unknown[] = await this.dataSource.query('SELECT 1 FROM signalbox.component_version WHERE sha256 = $1', [sha256]);
    return rows.length > 0;
  }
}

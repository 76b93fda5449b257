import { type DataSource, type EntityManager } from 'typeorm';
import { type CompatibilityRecord, type CompatibilityVerdict, type SetPair } from '#libs/governance/compatibility/decide-compatibility';
import { type Sha256 } from '#libs/release/component';

export interface StoredCompatibility extends CompatibilityRecord {
  readonly id: string;
  readonly model: string;
  /** Digest of the evidence, where it is a file kept elsewhere. */
  readonly evidenceSha256: Sha256 | null;
}

export interface CompatibilityFilter {
  readonly model: string | null;
  readonly routerSet: Sha256 | null;
  readonly expertSet: Sha256 | null;
  /** Last of the page before. */
  readonly after: { readonly atMs: number; readonly id: string } | null;
  readonly limit: number;
}

type Row = Omit<StoredCompatibility, 'atMs'> & { readonly at: Date };
const COLUMNS = `id, model, router_set AS "routerSet", expert_set AS "expertSet", verdict, evidence, evidence_sha256 AS "evidenceSha256", created_at AS at, created_by AS "by"`;

/** Which routers were trained or evaluated with which experts. Records are only added. */
export class CompatibilityRecords {
  constructor(private readonly dataSource: DataSource) {}

  /** Newest first. */
  async list({ model, routerSet, expertSet, after, limit }: CompatibilityFilter): Promise<readonly StoredCompatibility[]> {
    const rows: Row[] = await this.dataSource.query(
      `SELECT ${COLUMNS} FROM signalbox.compatibility_record
       WHERE ($1::text IS NULL OR model = $1) AND ($2::text IS NULL OR router_set = $2) AND ($3::text IS NULL OR expert_set = $3)
         AND ($4::timestamptz IS NULL OR created_at < $4 OR (created_at = $4 AND id > $5::uuid))
       ORDER BY created_at DESC, id LIMIT $6`,
      [model, routerSet, expertSet, after && new Date(after.atMs), after?.id ?? null, limit],
    );
    return rows.map(({ at, ...row }) => ({ ...row, atMs: at.getTime() }));
  }

  /** All records of one pair. */
  ofPair({ routerSet, expertSet }: SetPair): Promise<readonly StoredCompatibility[]> {
    return this.list({ model: null, routerSet, expertSet, after: null, limit: MAX_OF_A_PAIR });
  }
}

/** The newest decides; more than this of one pair are not read. */
const MAX_OF_A_PAIR = 1000;

/** Adds a record, as part of a transaction. */
export async function addCompatibility(manager: EntityManager, record: StoredCompatibility): Promise<void> {
  await manager.query(
    `INSERT INTO signalbox.compatibility_record (id, model, router_set, expert_set, verdict, evidence, evidence_sha256, created_at, created_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [record.id, record.model, record.routerSet, record.expertSet, record.verdict satisfies CompatibilityVerdict, record.evidence, record.evidenceSha256, new Date(record.atMs), record.by],
  );
}

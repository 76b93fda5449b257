import { createHash } from 'node:crypto';
import { type DataSource } from 'typeorm';
import { EvaluationError } from '#libs/evaluation/evaluation-error';
import { type Sha256 } from '#libs/release/component';
import { appendAudit, type AuditEntry } from '../audit/audit-log.ts';
import { EVALUATION_LIMITS } from './evaluation-limits.ts';

export interface StoredDataset {
  /** Of its bytes. */
  readonly sha256: Sha256;
  readonly items: number;
  readonly sizeBytes: number;
  readonly createdBy: string;
  readonly createdAtMs: number;
  readonly lastUsedAtMs: number;
}

export interface NewDataset {
  /** JSON Lines. */
  readonly content: Uint8Array;
  /** Lines that hold an item. */
  readonly items: number;
  readonly createdBy: string;
  readonly atMs: number;
}

interface Row {
  readonly sha256: Sha256;
  readonly items: number;
  readonly bytes: number;
  readonly created_by: string;
  readonly created_at: Date;
  readonly last_used_at: Date;
}

const COLUMNS = 'sha256, items, bytes, created_by, created_at, last_used_at';

/** What suites are asked of, by the digest of its bytes. */
export class Datasets {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Keeps a dataset; one that is there already counts as used anew, which needs no audit entry.
   * @throws EvaluationError where it is empty or over a limit
   */
  async put({ content, items, createdBy, atMs }: NewDataset, auditOf: (sha256: Sha256) => AuditEntry): Promise<{ readonly dataset: StoredDataset; readonly isNew: boolean }> {
    const { datasetBytes, datasetItems } = EVALUATION_LIMITS;
    if (items < 1) throw new EvaluationError('dataset-empty', 'content', 'The dataset has no items: give one JSON object a line.');
    if (content.byteLength > datasetBytes) throw new EvaluationError('dataset-too-large', 'content', `The dataset has ${content.byteLength} bytes; at most ${datasetBytes} are taken. Split it into several.`);
    if (items > datasetItems) throw new EvaluationError('dataset-too-large', 'content', `The dataset has ${items} items; at most ${datasetItems} are taken. Split it into several.`);
    const sha256 = createHash('sha256').update(content).digest('hex');
    return this.dataSource.transaction(async (manager) => {
      const at = new Date(atMs);
      // One statement: a dataset that is being deleted meanwhile is waited for, and then kept anew.
      const [row]: (Row & { readonly is_new: boolean })[] = await manager.query(
        `INSERT INTO signalbox.evaluation_dataset AS kept (sha256, content, items, bytes, created_by, created_at, last_used_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (sha256) DO UPDATE SET last_used_at = greatest(kept.last_used_at, $6) RETURNING ${COLUMNS}, xmax = 0 AS is_new`,
        [sha256, Buffer.from(content.buffer, content.byteOffset, content.byteLength), items, content.byteLength, createdBy, at],
      );
      const { is_new: isNew, ...dataset } = row!;
      if (isNew) await appendAudit(manager, auditOf(sha256));
      return { dataset: toDataset(dataset), isNew };
    });
  }

  async find(sha256: Sha256): Promise<StoredDataset | null> {
    const [row]: Row[] = await this.dataSource.query(`SELECT ${COLUMNS} FROM signalbox.evaluation_dataset WHERE sha256 = $1`, [sha256]);
    return row ? toDataset(row) : null;
  }

  /** Its bytes as given; null where there is none. */
  async content(sha256: Sha256): Promise<Buffer | null> {
    const [row]: { content: Buffer }[] = await this.dataSource.query('SELECT content FROM signalbox.evaluation_dataset WHERE sha256 = $1', [sha256]);
    return row?.content ?? null;
  }

  /** Those of the digests that name no dataset. */
  async missing(digests: readonly Sha256[]): Promise<readonly Sha256[]> {
    const rows: { sha256: Sha256 }[] = await this.dataSource.query('SELECT sha256 FROM signalbox.evaluation_dataset WHERE sha256 = ANY($1)', [digests]);
    const there = new Set(rows.map(({ sha256 }) => sha256));
    return digests.filter((digest) => !there.has(digest));
  }

  /** Newest first; `after` is the last of the page before. */
  async list(limit: number, after: { readonly createdAtMs: number; readonly sha256: Sha256 } | null = null): Promise<readonly StoredDataset[]> {
    const rows: Row[] = await this.dataSource.query(
      `SELECT ${COLUMNS} FROM signalbox.evaluation_dataset WHERE $1::timestamptz IS NULL OR (created_at, sha256) < ($1, $2::text) ORDER BY created_at DESC, sha256 DESC LIMIT $3`,
      [after && new Date(after.createdAtMs), after?.sha256 ?? null, limit],
    );
    return rows.map(toDataset);
  }
}

function toDataset(row: Row): StoredDataset {
  return { sha256: row.sha256, items: row.items, sizeBytes: row.bytes, createdBy: row.created_by, createdAtMs: row.created_at.getTime(), lastUsedAtMs: row.last_used_at.getTime() };
}

import { type DataSource, type EntityManager } from 'typeorm';
import { type ComponentKind, type ComponentName, type Sha256 } from '#libs/release/component';
import { type ComponentCard } from './component-card.ts';

export type UploadState = 'open' | 'finished' | 'failed' | 'expired';

export interface UploadError {
  readonly code: string;
  readonly message: string;
}

/** A component version on its way in. Its bytes lie in a file; how many there are is that file's length. */
export interface Upload {
  readonly id: string;
  readonly sha256: Sha256;
  readonly sizeBytes: number;
  readonly kind: ComponentKind;
  /** Component that it shall replace, in that release, where that was said. */
  readonly component: ComponentName | null;
  readonly releaseId: Sha256 | null;
  readonly card: ComponentCard;
  readonly state: UploadState;
  readonly error: UploadError | null;
  readonly createdBy: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}

type Row = Omit<Upload, 'createdAtMs' | 'expiresAtMs'> & { readonly createdAt: Date; readonly expiresAt: Date };
const COLUMNS = `id, sha256, size_bytes::float8 AS "sizeBytes", kind, component, release_id AS "releaseId", card, state, error, created_by AS "createdBy", created_at AS "createdAt", expires_at AS "expiresAt"`;

/** Uploads of component versions. */
export class Uploads {
  constructor(private readonly dataSource: DataSource) {}

  async find(id: string): Promise<Upload | null> {
    const rows: Row[] = await this.dataSource.query(`SELECT ${COLUMNS} FROM signalbox.upload WHERE id = $1`, [id]);
    return rows[0] ? toUpload(rows[0]) : null;
  }

  /** Newest first; `after` is the last of the page before. */
  async list(limit: number, after: { readonly createdAtMs: number; readonly id: string } | null): Promise<readonly Upload[]> {
    const rows: Row[] = await this.dataSource.query(
      `SELECT ${COLUMNS} FROM signalbox.upload WHERE $1::timestamptz IS NULL OR (created_at, id) < ($1, $2::uuid) ORDER BY created_at DESC, id DESC LIMIT $3`,
      [after && new Date(after.createdAtMs), after?.id ?? null, limit],
    );
    return rows.map(toUpload);
  }

  /** Moves the end of an open upload's life. */
  async prolong(id: string, expiresAtMs: number): Promise<void> {
    await this.dataSource.query(`UPDATE signalbox.upload SET expires_at = $2 WHERE id = $1 AND state = 'open'`, [id, new Date(expiresAtMs)]);
  }

  /** Ends the open uploads whose time is over; gives their ids. */
  async expire(nowMs: number): Promise<readonly string[]> {
    const rows: { id: string }[] = await this.dataSource.query(
      `WITH ended AS (UPDATE signalbox.upload SET state = 'expired', ended_at = $1 WHERE state = 'open' AND expires_at <= $1 RETURNING id) SELECT id FROM ended`,
      [new Date(nowMs)],
    );
    return rows.map(({ id }) => id);
  }

  /** Those of some uploads that are open. */
  async open(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const rows: { id: string }[] = await this.dataSource.query(`SELECT id FROM signalbox.upload WHERE state = 'open' AND id = ANY($1::uuid[])`, [ids]);
    return new Set(rows.map(({ id }) => id));
  }
}

/**
 * Opens an upload unless too many are open, as part of a transaction.
 * @param maxOpen of everyone together
 */
export async function openUpload(manager: EntityManager, upload: Omit<Upload, 'state' | 'error'>, maxOpen: number): Promise<'opened' | 'too-many'> {
  // Two at once would each see room for one.
  await manager.query('LOCK TABLE signalbox.upload IN SHARE ROW EXCLUSIVE MODE');
  const [row]: { open: number }[] = await manager.query(`SELECT count(*)::int AS open FROM signalbox.upload WHERE state = 'open'`);
  if ((row?.open ?? 0) >= maxOpen) return 'too-many';
  await manager.query(
    `INSERT INTO signalbox.upload (id, sha256, size_bytes, kind, component, release_id, card, state, created_by, created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', $8, $9, $10)`,
    [upload.id, upload.sha256, upload.sizeBytes, upload.kind, upload.component, upload.releaseId, JSON.stringify(upload.card), upload.createdBy, new Date(upload.createdAtMs), new Date(upload.expiresAtMs)],
  );
  return 'opened';
}

/** Ends an open upload, as part of a transaction; false where it had ended. */
export async function endUpload(manager: EntityManager, id: string, end: { readonly state: Exclude<UploadState, 'open'>; readonly error: UploadError | null; readonly atMs: number }): Promise<boolean> {
  const rows: unknown[] = await manager.query(
    `WITH ended AS (UPDATE signalbox.upload SET state = $2, error = $3, ended_at = $4 WHERE id = $1 AND state = 'open' RETURNING id) SELECT id FROM ended`,
    [id, end.state, end.error && JSON.stringify(end.error), new Date(end.atMs)],
  );
  return rows.length === 1;
}

function toUpload({ createdAt, expiresAt, ...row }: Row): Upload {
  return { ...row, createdAtMs: createdAt.getTime(), expiresAtMs: expiresAt.getTime() };
}

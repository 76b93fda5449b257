import { type DataSource, type EntityManager } from 'typeorm';

/** How good an answer was, in the eyes of one account. */
export interface Feedback {
  readonly id: string;
  readonly requestId: string;
  /** Of the request; empty where it named none. */
  readonly tenant: string;
  /** 0 (bad) to 1 (good). */
  readonly score: number;
  readonly label: string | null;
  readonly comment: string | null;
  /** Account. */
  readonly givenBy: string;
  readonly atMs: number;
}

/** Where a page ends; the next one starts behind it. */
export interface FeedbackCursor {
  readonly atMs: number;
  readonly id: string;
}

interface Row {
  id: string;
  request_id: string;
  tenant: string;
  score: number;
  label: string | null;
  comment: string | null;
  given_by: string;
  at: Date;
}

/** Scores that were given to recorded requests. */
export class FeedbackStore {
  constructor(private readonly dataSource: DataSource) {}

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(work);
  }

  /** Tenant of a recorded request; null where there is no such request, or not yet. */
  async tenantOf(requestId: string): Promise<string | null> {
    const rows: { tenant: string }[] = await this.dataSource.query(
      `SELECT segment.tenant FROM signalbox.trace AS t JOIN signalbox.segment ON segment.id = t.segment WHERE t.request_id = $1 LIMIT 1`,
      [requestId],
    );
    return rows[0]?.tenant ?? null;
  }

  /** False when the account has given feedback on the request before. */
  async insert(manager: EntityManager, { id, requestId, tenant, score, label, comment, givenBy, atMs }: Feedback): Promise<boolean> {
    const inserted: unknown[] = await manager.query(
      `INSERT INTO signalbox.feedback (id, request_id, tenant, score, label, comment, given_by, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (request_id, given_by) DO NOTHING RETURNING id`,
      [id, requestId, tenant, score, label, comment, givenBy, new Date(atMs)],
    );
    return inserted.length === 1;
  }

  /** Newest first; of one tenant where one is given. */
  async list(limit: number, { tenant, after }: { readonly tenant: string | null; readonly after: FeedbackCursor | null }): Promise<readonly Feedback[]> {
    const rows: Row[] = await this.dataSource.query(
      `SELECT id, request_id, tenant, score, label, comment, given_by, at FROM signalbox.feedback
       WHERE ($2::text IS NULL OR tenant = $2) AND ($3::timestamptz IS NULL OR (at, id) < ($3, $4::uuid))
       ORDER BY at DESC, id DESC LIMIT $1`,
      [limit, tenant, after ? new Date(after.atMs) : null, after?.id ?? null],
    );
    return rows.map(({ request_id, given_by, at, ...same }) => ({ ...same, requestId: request_id, givenBy: given_by, atMs: at.getTime() }));
  }
}

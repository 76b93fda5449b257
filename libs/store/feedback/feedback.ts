import { type DataSource, type EntityManager } from 'typeorm';

export type FeedbackKind = 'user' | 'program';

/** How good an answer was, in the eyes of one account or of a source that it speaks for. */
export interface Feedback {
  readonly id: string;
  readonly requestId: string;
  /** Of the request; empty where it named none. */
  readonly tenant: string;
  /** 0 (bad) to 1 (good); null where only a label or a comment was given. */
  readonly score: number | null;
  readonly label: string | null;
  readonly comment: string | null;
  readonly kind: FeedbackKind;
  /** Whom or what the account speaks for; empty for itself. */
  readonly source: string;
  /** Account. */
  readonly givenBy: string;
  readonly atMs: number;
}

/** Where a page ends; the next one starts behind it. */
export interface FeedbackCursor {
  readonly atMs: number;
  readonly id: string;
}

export interface FeedbackFilter {
  readonly tenant?: string | undefined;
  readonly requestId?: string | undefined;
  /** Release that answered the request, 64 hexadecimal digits. Known once its routing is kept. */
  readonly releaseId?: string | undefined;
  readonly label?: string | undefined;
  readonly kind?: FeedbackKind | undefined;
  /** When it was given, half-open. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
}

/** What a filter's feedback adds up to. */
export interface FeedbackSummary {
  /** Different requests that feedback was given on. */
  readonly requests: number;
  readonly feedback: number;
  readonly scored: number;
  /** null without scores. */
  readonly meanScore: number | null;
  /** Of the scores; null with fewer than two. */
  readonly scoreVariance: number | null;
  /** The most frequent, at most 20, of those that were given on `minRequests` requests or more. */
  readonly labels: readonly { readonly label: string; readonly requests: number; readonly feedback: number }[];
}

interface Row extends Omit<Feedback, 'requestId' | 'givenBy' | 'atMs'> {
  request_id: string;
  account: string;
  at: Date;
}

const MAX_LABELS = 20;

/** What was said of recorded requests. */
export class FeedbackStore {
  constructor(private readonly dataSource: DataSource) {}

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(work);
  }

  /** Tenants of recorded requests by their ids; those that are not there, or not yet, are left out. */
  async tenantsOf(requestIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows: { request_id: string; tenant: string }[] = await this.dataSource.query(
      `SELECT t.request_id, segment.tenant FROM signalbox.trace AS t JOIN signalbox.segment ON segment.id = t.segment WHERE t.request_id = ANY($1::uuid[])`,
      [requestIds],
    );
    return new Map(rows.map(({ request_id, tenant }) => [request_id, tenant]));
  }

  /** False when the account has given feedback on the request before, for the same source. */
  async insert(manager: EntityManager, { id, requestId, tenant, score, label, comment, kind, source, givenBy, atMs }: Feedback): Promise<boolean> {
    const inserted: unknown[] = await manager.query(
      `INSERT INTO signalbox.feedback (id, request_id, tenant, score, label, comment, kind, source, given_by, account, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
       ON CONFLICT (request_id, given_by) DO NOTHING RETURNING id`,
      [id, requestId, tenant, score, label, comment, kind, source, source === '' ? givenBy : `${givenBy} for ${source}`, source === '' ? null : givenBy, new Date(atMs)],
    );
    return inserted.length === 1;
  }

  /** Newest first. */
  async list(limit: number, filter: FeedbackFilter, after: FeedbackCursor | null): Promise<readonly Feedback[]> {
    const { conditions, parameters, bind } = conditionsOf(filter);
    if (after) conditions.push(`(f.at, f.id) < (${bind(new Date(after.atMs))}::timestamptz, ${bind(after.id)}::uuid)`);
    const rows: Row[] = await this.dataSource.query(
      `SELECT f.id, f.request_id, f.tenant, f.score, f.label, f.comment, f.kind, f.source, coalesce(f.account, f.given_by) AS account, f.at
       FROM signalbox.feedback AS f WHERE ${conditions.join(' AND ')} ORDER BY f.at DESC, f.id DESC LIMIT ${bind(limit)}`,
      parameters,
    );
    return rows.map(({ request_id, account, at, ...same }) => ({ ...same, requestId: request_id, givenBy: account, atMs: at.getTime() }));
  }

  /** @param minRequests labels that fewer requests have are left out */
  async summary(filter: FeedbackFilter, minRequests: number): Promise<FeedbackSummary> {
    const { conditions, parameters, bind } = conditionsOf(filter);
    const where = conditions.join(' AND ');
    const [row]: Omit<FeedbackSummary, 'labels'>[] = await this.dataSource.query(
      `SELECT count(DISTINCT f.request_id)::int AS requests, count(*)::int AS feedback, count(f.score)::int AS scored,
         avg(f.score) AS "meanScore", var_samp(f.score) AS "scoreVariance" FROM signalbox.feedback AS f WHERE ${where}`,
      parameters,
    );
    const least = bind(minRequests);
    const labels: FeedbackSummary['labels'] = await this.dataSource.query(
      `SELECT f.label, count(DISTINCT f.request_id)::int AS requests, count(*)::int AS feedback FROM signalbox.feedback AS f
       WHERE ${where} AND f.label IS NOT NULL GROUP BY f.label HAVING count(DISTINCT f.request_id) >= ${least}
       ORDER BY feedback DESC, f.label LIMIT ${MAX_LABELS}`,
      parameters,
    );
    return { ...(row ?? { requests: 0, feedback: 0, scored: 0, meanScore: null, scoreVariance: null }), labels };
  }
}

function conditionsOf({ tenant, requestId, releaseId, label, kind, fromMs, toMs }: FeedbackFilter) {
  const parameters: unknown[] = [];
  const bind = (value: unknown): string => `$${parameters.push(value)}`;
  const conditions: string[] = ['true'];
  if (tenant !== undefined) conditions.push(`f.tenant = ${bind(tenant)}`);
  if (requestId !== undefined) conditions.push(`f.request_id = ${bind(requestId)}::uuid`);
  if (releaseId !== undefined) {
    conditions.push(`f.request_id IN (SELECT r.request_id FROM signalbox.feedback_routing AS r JOIN signalbox.release ON release.number = r.release WHERE release.id = ${bind(releaseId)})`);
  }
  if (label !== undefined) conditions.push(`f.label = ${bind(label)}`);
  if (kind !== undefined) conditions.push(`f.kind = ${bind(kind)}`);
  if (fromMs !== undefined) conditions.push(`f.at >= ${bind(new Date(fromMs))}`);
  if (toMs !== undefined) conditions.push(`f.at < ${bind(new Date(toMs))}`);
  return { conditions, parameters, bind };
}

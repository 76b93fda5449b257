import { type DataSource, type EntityManager } from 'typeorm';
import { packShares, unpackShares } from './packed-shares.ts';

/** A request with feedback that was not looked at yet. */
export interface UnroutedRequest {
  readonly requestId: string;
  /** Mean of the scores given so far; null without one. */
  readonly score: number | null;
  /** What is kept of it already; null where nothing is. */
  readonly routing: (RequestRouting & { readonly isTested: boolean }) | null;
  /** null where it is past its retention. */
  readonly trace: { readonly atMs: number; readonly releaseNumber: number; readonly sealedTrace: Uint8Array } | null;
}

/** How the tokens of a request were shared among experts. */
export interface RequestRouting {
  readonly requestId: string;
  readonly atMs: number;
  readonly releaseNumber: number;
  /** Experts of a layer. */
  readonly experts: number;
  /** Share of its tokens on each expert. [layers x experts] */
  readonly shares: Float64Array;
}

/** A scored request with its shares: of all layers, or of the one asked for. */
export interface ScoredRouting {
  readonly score: number;
  readonly shares: Float64Array;
}

export interface ScoredQuery {
  readonly releaseId: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly tenant: string | null;
  /** null: all layers. */
  readonly layer: number | null;
  /** Experts of a layer. */
  readonly experts: number;
  /** The newest so many requests. */
  readonly limit: number;
}

interface UnroutedRow {
  request_id: string;
  score: number | null;
  kept_at: Date | null;
  kept_release: number | null;
  experts: number | null;
  shares: Buffer | null;
  tested: boolean | null;
  at: Date | null;
  release: number | null;
  trace: Buffer | null;
}

// A page of the widest models is decoded within some 20 ms.
const PAGE = 100;

/** Keeps the routing of requests that feedback was given on, beyond the retention of their traces. */
export class FeedbackRouting {
  constructor(private readonly dataSource: DataSource) {}

  transaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(work);
  }

  /** Requests with feedback that was not looked at yet, those that wait longest first. Locked until the transaction ends. */
  async unrouted(manager: EntityManager, limit: number): Promise<readonly UnroutedRequest[]> {
    const waiting: { request_id: string }[] = await manager.query(
      `SELECT request_id FROM signalbox.feedback WHERE routing = 0 ORDER BY at, id LIMIT $1 FOR UPDATE SKIP LOCKED`,
      [limit],
    );
    if (waiting.length === 0) return [];
    const rows: UnroutedRow[] = await manager.query(
      `SELECT f.request_id, f.score, r.at AS kept_at, r.release AS kept_release, r.experts, r.shares, r.tested, t.at, t.release, t.trace
       FROM (SELECT request_id, avg(score) AS score, min(at) AS given_at FROM signalbox.feedback WHERE request_id = ANY($1::uuid[]) GROUP BY request_id) AS f
       LEFT JOIN signalbox.feedback_routing AS r ON r.request_id = f.request_id
       LEFT JOIN LATERAL (SELECT at, release, trace FROM signalbox.trace WHERE request_id = f.request_id LIMIT 1) AS t ON r.request_id IS NULL
       ORDER BY f.given_at, f.request_id`,
      [[...new Set(waiting.map(({ request_id }) => request_id))]],
    );
    return rows.map(({ request_id: requestId, score, kept_at, kept_release, experts, shares, tested, at, release, trace }) => ({
      requestId,
      score,
      routing: kept_at && kept_release !== null && experts !== null && shares ? { requestId, atMs: kept_at.getTime(), releaseNumber: kept_release, experts, shares: unpackShares(shares), isTested: tested === true } : null,
      trace: at && release !== null && trace ? { atMs: at.getTime(), releaseNumber: release, sealedTrace: trace } : null,
    }));
  }

  /** Keeps the routing of a request; `isTested` says that its score is in the test of experts. */
  async keep(manager: EntityManager, { requestId, atMs, releaseNumber, experts, shares }: RequestRouting, isTested: boolean): Promise<void> {
    await manager.query(
      `INSERT INTO signalbox.feedback_routing AS r (request_id, at, release, experts, shares, tested) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (request_id) DO UPDATE SET tested = r.tested OR EXCLUDED.tested`,
      [requestId, new Date(atMs), releaseNumber, experts, packShares(shares), isTested],
    );
  }

  /** Notes for all feedback on these requests whether their routing is kept, or never will be. */
  async settle(manager: EntityManager, requestIds: readonly string[]): Promise<void> {
    await manager.query(
      `UPDATE signalbox.feedback AS f SET routing = CASE WHEN EXISTS (SELECT 1 FROM signalbox.feedback_routing AS r WHERE r.request_id = f.request_id) THEN 1 ELSE 2 END
       WHERE f.request_id = ANY($1::uuid[]) AND f.routing = 0`,
      [requestIds],
    );
  }

  /** Of requests in a time range that were scored: the newest, each with the mean of its scores, in pages of at most 100. */
  async *scored({ releaseId, fromMs, toMs, tenant, layer, experts, limit }: ScoredQuery): AsyncGenerator<readonly ScoredRouting[]> {
    const shares = layer === null ? 'r.shares' : `substr(r.shares, ${layer * experts * 2 + 1}, ${experts * 2})`;
    let after: { at: Date; request_id: string } | null = null;
    for (let left = limit; left > 0; left -= PAGE) {
      const rows: { request_id: string; at: Date; score: number; shares: Buffer }[] = await this.dataSource.query(
        `SELECT r.request_id, r.at, avg(f.score) AS score, ${shares} AS shares
         FROM signalbox.feedback_routing AS r JOIN signalbox.feedback AS f ON f.request_id = r.request_id AND f.score IS NOT NULL
         WHERE r.release = (SELECT number FROM signalbox.release WHERE id = $1) AND r.at >= $2 AND r.at < $3 AND ($4::text IS NULL OR f.tenant = $4)
           AND ($5::timestamptz IS NULL OR (r.at, r.request_id) < ($5, $6::uuid))
         GROUP BY r.request_id ORDER BY r.at DESC, r.request_id DESC LIMIT $7`,
        [releaseId, new Date(fromMs), new Date(toMs), tenant, after?.at ?? null, after?.request_id ?? null, Math.min(PAGE, left)],
      );
      if (rows.length > 0) yield rows.map((row) => ({ score: row.score, shares: unpackShares(row.shares) }));
      after = rows.at(-1) ?? null;
      if (rows.length < PAGE || after === null) return;
    }
  }

  /** State of the test of a release's experts; null before its first score. Locked until the transaction ends. */
  async lockTest(manager: EntityManager, releaseNumber: number): Promise<Uint8Array | null> {
    const rows: { state: Buffer }[] = await manager.query(`SELECT state FROM signalbox.feedback_test WHERE release = $1 FOR UPDATE`, [releaseNumber]);
    return rows[0]?.state ?? null;
  }

  async saveTest(manager: EntityManager, releaseNumber: number, state: Uint8Array, atMs: number): Promise<void> {
    await manager.query(
      `INSERT INTO signalbox.feedback_test (release, state, updated_at) VALUES ($1, $2, $3) ON CONFLICT (release) DO UPDATE SET state = EXCLUDED.state, updated_at = EXCLUDED.updated_at`,
      [releaseNumber, Buffer.from(state), new Date(atMs)],
    );
  }

  /** State of the test of a release's experts, to read; null before its first score. */
  async test(releaseId: string): Promise<Uint8Array | null> {
    const rows: { state: Buffer }[] = await this.dataSource.query(
      `SELECT state FROM signalbox.feedback_test WHERE release = (SELECT number FROM signalbox.release WHERE id = $1)`,
      [releaseId],
    );
    return rows[0]?.state ?? null;
  }

  /** Deletes feedback that was given before then, and the routing that no feedback needs any more. Returns how much feedback. */
  async purge(beforeMs: number): Promise<number> {
    return this.dataSource.transaction(async (manager) => {
      const [, deleted]: [unknown, number] = await manager.query(`DELETE FROM signalbox.feedback WHERE at < $1`, [new Date(beforeMs)]);
      if (deleted > 0) {
        await manager.query(`DELETE FROM signalbox.feedback_routing AS r WHERE NOT EXISTS (SELECT 1 FROM signalbox.feedback AS f WHERE f.request_id = r.request_id)`);
      }
      return deleted;
    });
  }
}

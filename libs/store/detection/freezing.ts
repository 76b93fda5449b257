import { type DataSource, type EntityManager } from 'typeorm';
import { appendAudit, type AuditEntry } from '../audit/audit-log.ts';
import { type Baseline, BASELINE_COLUMNS, type BaselineRow, type SegmentLabels, toBaseline } from './baseline.ts';
import { insertBaseline, lockBaseline, markAdopted } from './baselines.ts';
import { type NewBaseline } from './baseline.ts';
import { type FollowedRequest, requestsById } from './followed-ledger.ts';

export interface FrozenLayer {
  readonly layer: number;
  readonly segmentKey: string;
  readonly requests: number;
  readonly bytes: Uint8Array;
  /** Shift in bits that the same traffic shows against itself; null where it was not measured. */
  readonly noiseFloorBits: number | null;
}

/** What freezing found, set when it ends. */
export interface FreezeFigures {
  readonly requests: number;
  readonly requestsPerMonth: number;
  readonly threshold: number;
  readonly note: string | null;
}

const MONTH_MS = 30 * 86_400_000;
const RATE_WINDOW_MS = 7 * 86_400_000;

/** What the watch needs to freeze baselines: the work in the table, its sample and its outcome. */
export class Freezing {
  constructor(private readonly dataSource: DataSource) {}

  /** The oldest baseline that is still to be frozen. */
  async next(): Promise<Baseline | null> {
    const [row]: BaselineRow[] = await this.dataSource.query(`SELECT ${BASELINE_COLUMNS} FROM signalbox.baseline WHERE state = 'freezing' ORDER BY created_at, id LIMIT 1`);
    return row ? toBaseline(row) : null;
  }

  /**
   * Ids of the requests that the baseline stands on, drawn once: those with the smallest hash, for all
   * traffic and for each segment. Kept, so that a restart goes on with the same ones.
   */
  async sample({ id, releaseId, fromMs, toMs, options }: Baseline): Promise<readonly string[]> {
    const [kept]: { sample: string[] | null }[] = await this.dataSource.query('SELECT sample::text[] AS sample FROM signalbox.baseline WHERE id = $1', [id]);
    if (kept?.sample) return kept.sample;
    const ids = new Set<string>();
    for (const segment of [{}, ...options.segments] as SegmentLabels[]) {
      const rows: { request_id: string }[] = await this.dataSource.query(
        `SELECT t.request_id FROM signalbox.trace AS t JOIN signalbox.segment ON segment.id = t.segment
         WHERE t.release = (SELECT number FROM signalbox.release WHERE id = $1) AND t.at >= $2 AND t.at < $3 AND t.routed_tokens > 0 AND t.pinned IS NOT TRUE AND t.no_trace IS NULL
           AND ($4::text IS NULL OR segment.tenant = $4) AND ($5::text IS NULL OR segment.task = $5) AND ($6::text IS NULL OR segment.language = $6)
         ORDER BY hashtextextended(t.request_id::text, 0), t.request_id LIMIT $7`,
        [releaseId, new Date(fromMs), new Date(toMs), segment.tenant ?? null, segment.task ?? null, segment.language ?? null, options.sampleRequests],
      );
      for (const { request_id: requestId } of rows) ids.add(requestId);
    }
    const sample = [...ids];
    await this.dataSource.query(`UPDATE signalbox.baseline SET sample = $2::uuid[] WHERE id = $1 AND state = 'freezing'`, [id, sample]);
    return sample;
  }

  async requests({ fromMs, toMs }: Baseline, ids: readonly string[]): Promise<readonly FollowedRequest[]> {
    return requestsById(this.dataSource.manager, ids, { fromMs, toMs });
  }

  /** Layers that are frozen already. */
  async frozenLayers(id: string): Promise<ReadonlySet<number>> {
    const rows: { layer: number }[] = await this.dataSource.query('SELECT DISTINCT layer FROM signalbox.baseline_layer WHERE baseline = $1', [id]);
    return new Set(rows.map(({ layer }) => layer));
  }

  /** Saves whole layers, all segments of each. False when the freeze was cancelled. */
  async saveLayers(id: string, layers: readonly FrozenLayer[]): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      if ((await lockBaseline(manager, id))?.state !== 'freezing') return false;
      for (const { layer, segmentKey, requests, bytes, noiseFloorBits } of layers) {
        await manager.query(
          `INSERT INTO signalbox.baseline_layer (baseline, layer, segment_key, requests, bytes, noise_floor_bits) VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (baseline, layer, segment_key) DO UPDATE SET requests = EXCLUDED.requests, bytes = EXCLUDED.bytes, noise_floor_bits = EXCLUDED.noise_floor_bits`,
          [id, layer, segmentKey, requests, Buffer.from(bytes), noiseFloorBits],
        );
      }
      await manager.query('UPDATE signalbox.baseline SET layers_done = (SELECT count(DISTINCT layer) FROM signalbox.baseline_layer WHERE baseline = $1) WHERE id = $1', [id]);
      return true;
    });
  }

  /** Whether somebody cancelled it meanwhile. */
  async isCancelled(id: string): Promise<boolean> {
    const [row]: { state: string }[] = await this.dataSource.query('SELECT state FROM signalbox.baseline WHERE id = $1', [id]);
    return row?.state !== 'freezing';
  }

  /**
   * Ends a freeze well; adopts it where its options say so and the model has none by then.
   * @returns whether it was adopted
   */
  async complete({ id, model, options }: Baseline, { requests, requestsPerMonth, threshold, note }: FreezeFigures, nowMs: number, adoption: { readonly reason: string; readonly audit: AuditEntry }): Promise<boolean> {
    return this.dataSource.transaction(async (manager) => {
      if ((await lockBaseline(manager, id))?.state !== 'freezing') return false;
      await manager.query(
        `UPDATE signalbox.baseline SET state = 'ready', requests = $2, requests_per_month = $3, threshold = $4, note = $5, ended_at = $6, sample = NULL WHERE id = $1`,
        [id, requests, requestsPerMonth, threshold, note, new Date(nowMs)],
      );
      if (!options.adoptFirst || (await hasAdopted(manager, model))) return false;
      await markAdopted(manager, id, { by: 'system', reason: adoption.reason, atMs: nowMs });
      await appendAudit(manager, { ...adoption.audit, before: { baseline: null }, after: { baseline: id }, reason: adoption.reason });
      return true;
    });
  }

  async fail(id: string, note: string, nowMs: number): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await manager.query(`UPDATE signalbox.baseline SET state = 'failed', note = $2, ended_at = $3, sample = NULL WHERE id = $1 AND state = 'freezing'`, [id, note, new Date(nowMs)]);
      await manager.query(`DELETE FROM signalbox.baseline_layer WHERE baseline = $1 AND EXISTS (SELECT FROM signalbox.baseline WHERE id = $1 AND state = 'failed')`, [id]);
    });
  }

  /** Requests of the model in 30 days, as the last week or the part of it with traffic suggests. */
  async requestsPerMonth(model: string, nowMs: number): Promise<number> {
    const [row]: { requests: number; first: Date | null }[] = await this.dataSource.query(
      `SELECT count(*)::float8 AS requests, min(t.at) AS first FROM signalbox.trace AS t JOIN signalbox.release ON release.number = t.release
       WHERE release.model = $1 AND t.at >= $2 AND t.at < $3`,
      [model, new Date(nowMs - RATE_WINDOW_MS), new Date(nowMs)],
    );
    const spanMs = row?.first ? Math.max(nowMs - row.first.getTime(), 86_400_000) : RATE_WINDOW_MS;
    return ((row?.requests ?? 0) * MONTH_MS) / spanMs;
  }

  async layer(baselineId: string, layer: number, segmentKey: string): Promise<Uint8Array | null> {
    const [row]: { bytes: Buffer }[] = await this.dataSource.query('SELECT bytes FROM signalbox.baseline_layer WHERE baseline = $1 AND layer = $2 AND segment_key = $3', [baselineId, layer, segmentKey]);
    return row?.bytes ?? null;
  }

  /** Stable releases with enough recorded requests whose model never had a baseline, nor a freeze in the last hour. */
  async unwatched(requests: number, nowMs: number): Promise<readonly { readonly model: string; readonly releaseId: string; readonly layers: number; readonly experts: number; readonly firstAtMs: number }[]> {
    const rows: { model: string; release: string; layers: number; experts: number; first: Date }[] = await this.dataSource.query(
      `SELECT a.model, r.id AS release, (r.manifest->'shape'->>'layers')::int AS layers, (r.manifest->'shape'->>'experts')::int AS experts, recorded.first
       FROM signalbox.activation AS a JOIN signalbox.release AS r ON r.id = a.stable_release
       CROSS JOIN LATERAL (SELECT count(*) AS requests, min(at) AS first FROM
         (SELECT at FROM signalbox.trace WHERE release = r.number AND at < $2 AND routed_tokens > 0 AND no_trace IS NULL LIMIT $1) AS few) AS recorded
       WHERE recorded.requests >= $1 AND NOT EXISTS (SELECT FROM signalbox.baseline AS b WHERE b.model = a.model
         AND (b.adopted_at IS NOT NULL OR b.state IN ('freezing', 'ready') OR b.created_at > $3))`,
      [requests, new Date(nowMs), new Date(nowMs - 3_600_000)],
    );
    return rows.map(({ model, release, layers, experts, first }) => ({ model, releaseId: release, layers, experts, firstAtMs: first.getTime() }));
  }

  /** Begins the first baseline of a model. */
  async begin(baseline: NewBaseline, audit: AuditEntry): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await insertBaseline(manager, baseline);
      await appendAudit(manager, audit);
    });
  }
}

async function hasAdopted(manager: EntityManager, model: string): Promise<boolean> {
  const rows: unknown[] = await manager.query('SELECT 1 FROM signalbox.baseline WHERE model = $1 AND adopted_at IS NOT NULL LIMIT 1', [model]);
  return rows.length > 0;
}

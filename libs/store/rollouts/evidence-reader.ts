import { type DataSource, type EntityManager } from 'typeorm';
import { type EvidenceBatch, type FeedbackOutcome, type LayerCounts, type RequestOutcome, type ShadowOutcome, type Side, type UsageCounts } from '#libs/governance/rollout/evidence';
import { needsShadow } from '#libs/governance/rollout/plan';
import { type Rollout } from '#libs/governance/rollout/rollout';
import { ALL_SEGMENTS } from '../capture/segments.ts';
import { STATUSES } from '../capture/trace-rows.ts';
import { type UsageGroup } from '../usage/usage-query.ts';
import { type UsageReader } from '../usage/usage-reader.ts';

/** What is new since the last look, and the marks that keep it from counting twice. */
export interface NewEvidence {
  readonly batch: EvidenceBatch;
  readonly marks: readonly SeenMark[];
}

interface SeenMark {
  readonly kind: SeenKind;
  readonly requestId: string;
  readonly at: Date;
}

const SEEN = { trace: 0, shadow: 1, feedback: 2 } as const;
type SeenKind = (typeof SEEN)[keyof typeof SEEN];

/** Rows taken at one look; what is left comes at the next. */
const MAX_ROWS = 5000;
/** A request is recorded when it ends: one that took longer than this, or was recorded later, is left out. */
const LATE_MS = 15 * 60_000;

interface TraceRow {
  request_id: string;
  at: Date;
  is_candidate: boolean;
  status: number;
  duration_ms: number;
  ttft_ms: number | null;
  completion_tokens: number;
}

interface ShadowRow {
  request_id: string;
  at: Date;
  argmax_disagreement: number;
  mean_kl_bits: number;
  mean_log_likelihood_difference: number;
  decision_disagreement: readonly number[];
}

interface FeedbackRow {
  request_id: string;
  at: Date;
  is_candidate: boolean;
  score: number;
}

/** Reads what guards of a rollout look at: each request, comparison and score once, and usage as sums. Requests that named their release are on neither side. */
export class RolloutEvidenceReader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly usage: Pick<UsageReader, 'usageMatrix'>,
  ) {}

  async read(rollout: Rollout, nowMs: number): Promise<NewEvidence> {
    const numbers = await this.#releaseNumbers(rollout);
    const segments = await this.#segments(rollout);
    const traces = await this.#traces(rollout, numbers, segments);
    const shadows = rollout.plan.guards.some(needsShadow) ? await this.#shadows(rollout) : [];
    const feedback = rollout.plan.guards.some(({ kind }) => kind === 'feedback') ? await this.#feedback(rollout, numbers, segments) : [];
    return {
      batch: { requests: traces.map(toRequest), shadows: shadows.map(toShadow), feedback: feedback.map(toFeedback), usage: await this.#usage(rollout, nowMs) },
      marks: [...marksOf(SEEN.trace, traces), ...marksOf(SEEN.shadow, shadows), ...marksOf(SEEN.feedback, feedback)],
    };
  }

  /** Marks what was read, in the transaction that keeps the evidence made of it, and forgets marks that no read needs. */
  async markSeen(manager: EntityManager, rolloutId: string, marks: readonly SeenMark[]): Promise<void> {
    if (marks.length === 0) return;
    await manager.query(
      `INSERT INTO signalbox.rollout_seen (rollout_id, kind, request_id, at) SELECT $1, * FROM unnest($2::smallint[], $3::uuid[], $4::timestamptz[])`,
      [rolloutId, marks.map(({ kind }) => kind), marks.map(({ requestId }) => requestId), marks.map(({ at }) => at)],
    );
    for (const kind of new Set(marks.map((mark) => mark.kind))) {
      // Feedback may come twice for a request, however much later.
      if (kind === SEEN.feedback) continue;
      await manager.query(
        `DELETE FROM signalbox.rollout_seen WHERE rollout_id = $1 AND kind = $2
           AND at < (SELECT max(at) FROM signalbox.rollout_seen WHERE rollout_id = $1 AND kind = $2) - make_interval(secs => $3)`,
        [rolloutId, kind, LATE_MS / 1000],
      );
    }
  }

  /** Marks of a rollout that has ended are of no use. */
  async forget(manager: EntityManager, rolloutId: string): Promise<void> {
    await manager.query(`DELETE FROM signalbox.rollout_seen WHERE rollout_id = $1`, [rolloutId]);
  }

  async #releaseNumbers({ candidate, stable }: Rollout): Promise<{ candidate: number; stable: number }> {
    const rows: { id: string; number: number }[] = await this.dataSource.query(`SELECT id, number FROM signalbox.release WHERE id IN ($1, $2)`, [candidate, stable]);
    const numberOf = (id: string): number => rows.find((row) => row.id === id)?.number ?? -1;
    return { candidate: numberOf(candidate), stable: numberOf(stable) };
  }

  /** Segments in the scope; null for all. Requests outside are no control for those inside. */
  async #segments({ plan: { scope } }: Rollout): Promise<readonly number[] | null> {
    const labels = Object.entries(scope.segment ?? {}).filter(([, label]) => label !== '');
    if (labels.length === 0) return null;
    const conditions = labels.map(([name], at) => `${columnOf(name)} = $${at + 1}`);
    const rows: { id: number }[] = await this.dataSource.query(`SELECT id FROM signalbox.segment WHERE id <> ${ALL_SEGMENTS} AND ${conditions.join(' AND ')}`, labels.map(([, label]) => label));
    return rows.map(({ id }) => id);
  }

  async #traces(rollout: Rollout, numbers: { candidate: number; stable: number }, segments: readonly number[] | null): Promise<readonly TraceRow[]> {
    return this.dataSource.query(
      `SELECT t.request_id, t.at, t.release = $4 AS is_candidate, t.status, t.duration_ms, t.ttft_ms, t.completion_tokens
       FROM signalbox.trace AS t
       WHERE t.at >= ${fromOf(SEEN.trace)} AND t.release IN ($4, $5) AND t.pinned IS NOT TRUE AND ($6::int[] IS NULL OR t.segment = ANY($6)) AND ${unseen(SEEN.trace, 't')}
       ORDER BY t.at, t.request_id LIMIT $3`,
      [rollout.id, new Date(rollout.createdAtMs), MAX_ROWS, numbers.candidate, numbers.stable, segments],
    );
  }

  async #shadows(rollout: Rollout): Promise<readonly ShadowRow[]> {
    return this.dataSource.query(
      `SELECT s.request_id, s.at, s.argmax_disagreement, s.mean_kl_bits, s.mean_log_likelihood_difference, s.decision_disagreement
       FROM signalbox.shadow_comparison AS s
       WHERE s.shadow = $4 AND s.stable = $5 AND s.tokens > 0 AND s.at >= ${fromOf(SEEN.shadow)} AND ${unseen(SEEN.shadow, 's')}
       ORDER BY s.at, s.request_id LIMIT $3`,
      [rollout.id, new Date(rollout.createdAtMs), MAX_ROWS, rollout.candidate, rollout.stable],
    );
  }

  /** The first score of each request, in the order in which they were given; of requests since the rollout began. */
  async #feedback(rollout: Rollout, numbers: { candidate: number; stable: number }, segments: readonly number[] | null): Promise<readonly FeedbackRow[]> {
    return this.dataSource.query(
      `SELECT * FROM (
         SELECT DISTINCT ON (f.request_id) f.request_id, f.at, t.release = $4 AS is_candidate, f.score
         FROM signalbox.feedback AS f JOIN signalbox.trace AS t ON t.request_id = f.request_id AND t.at >= $2
         WHERE f.at >= ${fromOf(SEEN.feedback)} AND f.score IS NOT NULL AND t.release IN ($4, $5) AND t.pinned IS NOT TRUE AND ($6::int[] IS NULL OR t.segment = ANY($6)) AND ${unseen(SEEN.feedback, 'f')}
         ORDER BY f.request_id, f.at
       ) AS first ORDER BY at, request_id LIMIT $3`,
      [rollout.id, new Date(rollout.createdAtMs), MAX_ROWS, numbers.candidate, numbers.stable, segments],
    );
  }

  async #usage(rollout: Rollout, nowMs: number): Promise<UsageCounts | null> {
    const { plan, candidate, stable, createdAtMs } = rollout;
    const isWatched = plan.guards.some((guard) => guard.kind === 'drop-rate' || (guard.kind === 'routing-divergence' && guard.source === 'usage'));
    if (!isWatched && plan.steps.every(({ minTokensPerChangedExpert }) => minTokensPerChangedExpert === 0)) return null;
    const segment = Object.fromEntries(Object.entries(plan.scope.segment ?? {}).filter(([, label]) => label !== ''));
    const { groups } = await this.usage.usageMatrix({
      of: { releaseIds: [candidate, stable] },
      fromMs: createdAtMs,
      toMs: Math.max(nowMs, createdAtMs) + 1,
      groupBy: { release: true },
      ...(Object.keys(segment).length > 0 ? { segment } : {}),
    });
    const layersOf = (id: string): readonly LayerCounts[] => groups.filter(({ releaseId }) => releaseId === id).flatMap(countsOf);
    return { candidate: layersOf(candidate), stable: layersOf(stable) };
  }
}

function countsOf({ layers }: UsageGroup): readonly LayerCounts[] {
  return layers.map(({ requests, droppedSelections, load }) => ({ requests, droppedSelections, load: [...load] }));
}

/** From when rows of a kind may not have been seen: never before the rollout began. $1 is its id, $2 its beginning. */
function fromOf(kind: SeenKind): string {
  return `greatest($2::timestamptz, (SELECT max(at) FROM signalbox.rollout_seen WHERE rollout_id = $1 AND kind = ${kind}) - interval '${LATE_MS / 1000} seconds')`;
}

function unseen(kind: SeenKind, alias: string): string {
  return `NOT EXISTS (SELECT 1 FROM signalbox.rollout_seen AS seen WHERE seen.rollout_id = $1 AND seen.kind = ${kind} AND seen.request_id = ${alias}.request_id)`;
}

function columnOf(name: string): string {
  if (name === 'tenant' || name === 'task' || name === 'language') return name;
  throw new RangeError(`scope.segment.${name} is no label of a segment`);
}

function marksOf(kind: SeenKind, rows: readonly { request_id: string; at: Date }[]): SeenMark[] {
  return rows.map(({ request_id, at }) => ({ kind, requestId: request_id, at }));
}

function sideOf({ is_candidate }: { is_candidate: boolean }): Side {
  return is_candidate ? 'candidate' : 'stable';
}

function toRequest(row: TraceRow): RequestOutcome {
  return { side: sideOf(row), status: STATUSES[row.status] ?? 'failed', durationMs: row.duration_ms, timeToFirstTokenMs: row.ttft_ms, completionTokens: row.completion_tokens };
}

function toShadow(row: ShadowRow): ShadowOutcome {
  return { argmaxDisagreement: row.argmax_disagreement, meanKlBits: row.mean_kl_bits, meanLogLikelihoodDifference: row.mean_log_likelihood_difference, decisionDisagreement: row.decision_disagreement };
}

function toFeedback(row: FeedbackRow): FeedbackOutcome {
  return { side: sideOf(row), score: row.score };
}

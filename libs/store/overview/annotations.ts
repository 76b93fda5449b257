import { type DataSource } from 'typeorm';
import { type ActivationState } from '#libs/governance/activation/activation-state';

interface Happened {
  /** Names it among all; with `at`, its place in the order. */
  readonly key: string;
  /** UTC with microseconds, as PostgreSQL keeps it. */
  readonly at: string;
  readonly event: string;
  readonly model: string | null;
  /** Name of the account, or its id where it has none; null where no account did it. */
  readonly by: string | null;
}

/** Something that happened, by what it happened to. */
export type StoredAnnotation = Happened &
  (
    | { readonly kind: 'activation'; readonly detail: { readonly before: ActivationState | null; readonly after: ActivationState | null } }
    | { readonly kind: 'rollout'; readonly detail: { readonly rolloutId: string; readonly candidate: string; readonly reason: string | null; readonly guard: string | null; readonly step: number } }
    | { readonly kind: 'data-rules'; readonly detail: { readonly generation: number; readonly rules: number } }
    | { readonly kind: 'change'; readonly detail: { readonly changeId: string; readonly number: number; readonly title: string } }
    | { readonly kind: 'alert'; readonly detail: { readonly series: string; readonly rule: string; readonly severity: 'info' | 'warning' | 'critical'; readonly labels: Readonly<Record<string, string>>; readonly release: string | null } }
    | { readonly kind: 'baseline'; readonly detail: { readonly baselineId: string; readonly release: string; readonly requests: number } }
  );

export interface AnnotationQuery {
  /** null: of all. */
  readonly model: string | null;
  /** Epoch milliseconds; `toMs` excluded. */
  readonly fromMs: number;
  readonly toMs: number;
  /** The last one of the page before. */
  readonly after: { readonly at: string; readonly key: string } | null;
  readonly limit: number;
}

const DECIDED = `('approved', 'scheduled', 'applied', 'failed', 'rejected')`;
/** The watchdog fires by design, all the time. */
const BY_DESIGN = 'watchdog';

const SQL = `
  WITH happened AS (
    SELECT 'activation/' || model || '/' || generation AS key, at, 'activation' AS kind, command AS event, model, actor_name AS by_name, actor AS by_id,
      jsonb_build_object('before', before, 'after', after) AS detail
    FROM signalbox.activation_event WHERE at >= $2 AND at < $3
    UNION ALL
    SELECT 'rollout/' || id, created_at, 'rollout', 'start', model, started_by->>'name', started_by->>'accountId',
      jsonb_build_object('rolloutId', id, 'candidate', candidate, 'reason', NULL, 'guard', NULL, 'step', 0)
    FROM signalbox.rollout WHERE created_at >= $2 AND created_at < $3
    UNION ALL
    SELECT 'verdict/' || verdict.id, verdict.at, 'rollout', verdict.verdict, rollout.model, NULL, NULL,
      jsonb_build_object('rolloutId', rollout.id, 'candidate', rollout.candidate, 'reason', verdict.reason, 'guard', verdict.guard, 'step', verdict.step)
    FROM signalbox.rollout JOIN signalbox.rollout_verdict AS verdict ON verdict.rollout_id = rollout.id
    WHERE rollout.created_at < $3 AND (rollout.ended_at IS NULL OR rollout.ended_at >= $2)
      AND verdict.at >= $2 AND verdict.at < $3 AND verdict.verdict <> 'wait'
    UNION ALL
    SELECT 'data-rules/' || model || '/' || generation, written_at, 'data-rules', 'set', model, NULL, written_by,
      jsonb_build_object('generation', generation, 'rules', jsonb_array_length(rules::jsonb))
    FROM signalbox.data_rule_set WHERE written_at >= $2 AND written_at < $3
    UNION ALL
    SELECT 'change/' || event.id, event.at, 'change', event.to_state, change.model, NULL, event.actor,
      jsonb_build_object('changeId', change.id, 'number', change.number, 'title', change.title)
    FROM signalbox.change_event AS event JOIN signalbox.change_request AS change ON change.id = event.change_id
    WHERE event.at >= $2 AND event.at < $3 AND event.to_state IN ${DECIDED} AND event.from_state IS DISTINCT FROM event.to_state
    UNION ALL
    SELECT 'fired/' || fingerprint, started_at, 'alert', CASE began_as WHEN 'no-data' THEN 'no-data' WHEN 'error' THEN 'error' ELSE 'fired' END, nullif(model, ''), NULL, NULL, ${alertDetail()}
    FROM signalbox.alert_episode WHERE started_at >= $2 AND started_at < $3 AND signal <> '${BY_DESIGN}'
    UNION ALL
    SELECT 'resolved/' || fingerprint, ended_at, 'alert', 'resolved', nullif(model, ''), NULL, NULL, ${alertDetail()}
    FROM signalbox.alert_episode WHERE ended_at >= $2 AND ended_at < $3 AND signal <> '${BY_DESIGN}'
    UNION ALL
    SELECT 'baseline/' || id || '/' || generation, adopted_at, 'baseline', 'adopted', model, NULL, adopted_by,
      jsonb_build_object('baselineId', id, 'release', release, 'requests', requests)
    FROM signalbox.baseline WHERE adopted_at >= $2 AND adopted_at < $3
  )
  SELECT key, to_char(happened.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at, happened.kind, event, model,
    coalesce(by_name, account.name, CASE WHEN by_id = 'system' THEN NULL ELSE by_id END) AS by, detail
  FROM happened LEFT JOIN signalbox.account ON account.id = by_id
  WHERE ($1::text IS NULL OR model IS NULL OR model = $1)
    AND ($4::timestamptz IS NULL OR (happened.at, key COLLATE "C") < ($4::timestamptz, $5 COLLATE "C"))
  ORDER BY happened.at DESC, key COLLATE "C" DESC LIMIT $6`;

/** What happened, on one time line. */
export class Annotations {
  constructor(private readonly dataSource: DataSource) {}

  /** Newest first. */
  async list({ model, fromMs, toMs, after, limit }: AnnotationQuery): Promise<readonly StoredAnnotation[]> {
    return this.dataSource.query(SQL, [model, new Date(fromMs), new Date(toMs), after?.at ?? null, after?.key ?? null, limit]);
  }
}

function alertDetail(): string {
  return `jsonb_build_object('series', series, 'rule', rule_name, 'severity', severity, 'labels', labels, 'release', finding->>'release')`;
}

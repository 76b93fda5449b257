import { type DataSource } from 'typeorm';
import { type NamedReleases, type NamingEvent } from '#libs/governance/activation/served-periods';

/** Rows of one kind that are told; the newest. */
const MAX_ROWS = 100;
const MAX_EVENTS = 2000;

export interface ReleaseUses {
  readonly model: string;
  /** Writes of the activation that name the release before or after. */
  readonly events: readonly NamingEvent[];
  readonly rollouts: readonly { readonly id: string; readonly as: 'candidate' | 'stable'; readonly state: string; readonly createdAtMs: number }[];
  readonly changes: readonly { readonly id: string; readonly number: number; readonly title: string; readonly type: string; readonly state: string; readonly createdAtMs: number; readonly evidence: readonly { readonly kind: string; readonly title: string }[] }[];
  readonly recalled: readonly { readonly component: string; readonly sha256: string; readonly at: Date; readonly by: string; readonly reason: string }[];
}

/** Where a release served and serves, and what refers to it; null where there is no such release. */
export async function releaseUses(dataSource: DataSource, releaseId: string): Promise<ReleaseUses | null> {
  const [release]: { model: string }[] = await dataSource.query('SELECT model FROM signalbox.release WHERE id = $1', [releaseId]);
  if (release === undefined) return null;
  const { model } = release;
  const [events, rollouts, changes, recalled] = await Promise.all([
    dataSource.query<EventRow[]>(
      `SELECT at, generation, ${named('before')}, ${named('after')} FROM signalbox.activation_event
       WHERE model = $1 AND $2 IN (before->>'stable', before->'canary'->>'releaseId', before->'shadow'->>'releaseId', after->>'stable', after->'canary'->>'releaseId', after->'shadow'->>'releaseId')
       ORDER BY generation DESC LIMIT ${MAX_EVENTS}`,
      [model, releaseId],
    ),
    dataSource.query<{ id: string; as: 'candidate' | 'stable'; state: string; created_at: Date }[]>(
      `SELECT id, CASE WHEN candidate = $2 THEN 'candidate' ELSE 'stable' END AS "as", state, created_at FROM signalbox.rollout
       WHERE model = $1 AND $2 IN (candidate, stable) ORDER BY created_at DESC, id DESC LIMIT ${MAX_ROWS}`,
      [model, releaseId],
    ),
    dataSource.query<{ id: string; number: number; title: string; type: string; state: string; created_at: Date; evidence: { kind: string; title: string }[] }[]>(
      `SELECT c.id, c.number, c.title, c.type, c.state, c.created_at,
         (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', e.kind, 'title', e.title) ORDER BY e.added_at, e.id), '[]') FROM signalbox.change_evidence AS e WHERE e.change_id = c.id AND e.removed_at IS NULL) AS evidence
       FROM signalbox.change_request AS c
       WHERE c.model = $1 AND (strpos(c.payload::text, $2) > 0 OR strpos(c.effect::text, $2) > 0) ORDER BY c.number DESC LIMIT ${MAX_ROWS}`,
      [model, releaseId],
    ),
    dataSource.query<ReleaseUses['recalled']>(
      `SELECT c.component, c.sha256, v.recalled_at AS at, v.recalled_by AS by, v.recall_reason AS reason FROM signalbox.release_component AS c
       JOIN signalbox.component_version AS v USING (sha256) WHERE c.release_id = $1 AND v.recalled_at IS NOT NULL ORDER BY c.component`,
      [releaseId],
    ),
  ]);
  return {
    model,
    recalled,
    events: events.map(({ at, generation, ...row }) => ({ atMs: at.getTime(), generation, before: { stable: row.before_stable, canary: row.before_canary, shadow: row.before_shadow }, after: { stable: row.after_stable, canary: row.after_canary, shadow: row.after_shadow } })),
    rollouts: rollouts.map(({ created_at, ...row }) => ({ ...row, createdAtMs: created_at.getTime() })),
    changes: changes.map(({ created_at, ...row }) => ({ ...row, createdAtMs: created_at.getTime() })),
  };
}

type EventRow = { readonly at: Date; readonly generation: number } & { readonly [K in `${'before' | 'after'}_${keyof NamedReleases}`]: string | null };

function named(side: 'before' | 'after'): string {
  return `${side}->>'stable' AS ${side}_stable, ${side}->'canary'->>'releaseId' AS ${side}_canary, ${side}->'shadow'->>'releaseId' AS ${side}_shadow`;
}

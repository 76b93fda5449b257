import { type MigrationInterface, type QueryRunner } from 'typeorm';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const TIMING = { forMs: 0, keepFiringForMs: 5 * MINUTE_MS, noDataAfterMs: DAY_MS };

interface Seed {
  readonly signal: string;
  readonly name: string;
  readonly summary: string;
  readonly is?: 'above' | 'below';
  readonly by?: 'value' | 'interval';
  readonly limits: Readonly<Partial<Record<'info' | 'warning' | 'critical', number>>>;
  readonly forMs?: number;
  readonly keepFiringForMs?: number;
  /** Readings of these come with requests: a model that nobody asks for days is no fault of a detector. */
  readonly noDataAfterMs?: number;
}

/** One rule for each signal, as of this version. All can be edited, and disabled. */
const SEEDS: readonly Seed[] = [
  { signal: 'mix-shift', name: 'Traffic changed', summary: 'The mix of requests uses the experts otherwise than the baseline.', limits: { warning: 0.002, critical: 0.01 }, noDataAfterMs: 7 * DAY_MS },
  { signal: 'router-shift', name: 'Router changed', summary: 'The same traffic is routed otherwise than in the baseline.', limits: { warning: 0.002, critical: 0.01 }, noDataAfterMs: 7 * DAY_MS },
  { signal: 'collapse', name: 'Routing collapses', summary: 'A few experts take most of the tokens of a layer.', is: 'below', by: 'interval', limits: { warning: 0.5, critical: 0.25 }, forMs: 5 * MINUTE_MS },
  { signal: 'low-entropy', name: 'Low entropy', summary: 'The usage of a layer spreads over fewer experts than before.', by: 'interval', limits: { warning: 0.25, critical: 1 }, forMs: 5 * MINUTE_MS },
  { signal: 'dead-expert', name: 'Dead expert', summary: 'An expert is hardly ever chosen any more.', limits: { warning: 0 }, forMs: 5 * MINUTE_MS },
  { signal: 'waking-expert', name: 'Waking expert', summary: 'An expert that slept is chosen again.', limits: { info: 0 } },
  { signal: 'hot-expert', name: 'Hot expert', summary: 'An expert takes far more than its share of a layer.', by: 'interval', limits: { warning: 3, critical: 6 }, forMs: 5 * MINUTE_MS },
  { signal: 'slow-expert', name: 'Slow expert', summary: 'An expert is much slower than the others of its layer.', limits: { warning: 3, critical: 10 }, forMs: 5 * MINUTE_MS },
  { signal: 'dropped-tokens', name: 'Dropped tokens', summary: 'Decisions are dropped or rerouted because experts are full.', by: 'interval', limits: { warning: 0.01, critical: 0.05 }, forMs: 2 * MINUTE_MS },
  { signal: 'low-confidence', name: 'Low gate confidence', summary: 'The router is less sure of its choices than in the baseline.', by: 'interval', limits: { warning: 0.05, critical: 0.15 }, forMs: 5 * MINUTE_MS },
  { signal: 'quality', name: 'Quality by route', summary: 'Answers that went by an expert are rated worse than others.', is: 'below', by: 'interval', limits: { warning: -0.1, critical: -0.25 } },
  { signal: 'data-rule-refusals', name: 'Data rules refuse', summary: 'Many requests are refused because of data-handling rules.', by: 'interval', limits: { warning: 0.01, critical: 0.1 }, forMs: 5 * MINUTE_MS },
  { signal: 'no-data', name: 'No data', summary: 'Nothing is recorded of a model that answered before.', limits: { warning: 900, critical: 3600 }, keepFiringForMs: 0 },
  { signal: 'watchdog', name: 'Watchdog', summary: 'Always fires: while it comes, alerts arrive. Raise an alarm where it stays away.', limits: { info: 0 }, keepFiringForMs: 0 },
];

/** Rules, alerts with their episodes, silences, and who is told of what. */
export class Alerts1795219200020 implements MigrationInterface {
  readonly name = 'Alerts1795219200020';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE signalbox.alert_rule (
        id text PRIMARY KEY,
        signal text NOT NULL,
        document jsonb NOT NULL,
        is_enabled boolean NOT NULL,
        generation integer NOT NULL,
        updated_by text NOT NULL,
        updated_at timestamptz NOT NULL,
        deleted_at timestamptz
      );
      CREATE TABLE signalbox.alert (
        series text PRIMARY KEY,
        rule_id text NOT NULL,
        rule_name text NOT NULL,
        signal text NOT NULL,
        model text NOT NULL,
        labels jsonb NOT NULL,
        state text NOT NULL,
        severity text NOT NULL,
        episode integer NOT NULL,
        fingerprint text,
        since timestamptz NOT NULL,
        breached_since timestamptz,
        last_breach timestamptz,
        last_observed timestamptz NOT NULL,
        reading_value double precision,
        reason text NOT NULL,
        muted jsonb
      );
      CREATE INDEX alert_state ON signalbox.alert (state, since);
      COMMENT ON COLUMN signalbox.alert.series IS 'Of rule and labels; the id of the alert.';
      COMMENT ON COLUMN signalbox.alert.fingerprint IS 'Of the newest episode.';
      CREATE TABLE signalbox.alert_episode (
        fingerprint text PRIMARY KEY,
        series text NOT NULL,
        episode integer NOT NULL,
        rule_id text NOT NULL,
        rule_name text NOT NULL,
        signal text NOT NULL,
        model text NOT NULL,
        labels jsonb NOT NULL,
        annotations jsonb NOT NULL,
        began_as text NOT NULL,
        severity text NOT NULL,
        started_at timestamptz NOT NULL,
        ended_at timestamptz,
        finding jsonb,
        notifications integer NOT NULL DEFAULT 0,
        acknowledged_by text,
        acknowledged_name text,
        acknowledged_at timestamptz,
        acknowledged_note text,
        UNIQUE (series, episode)
      );
      CREATE INDEX alert_episode_started ON signalbox.alert_episode (started_at DESC, fingerprint);
      COMMENT ON COLUMN signalbox.alert_episode.severity IS 'The highest that was seen in it.';
      CREATE TABLE signalbox.silence (
        id uuid PRIMARY KEY,
        matchers jsonb NOT NULL,
        comment text NOT NULL,
        starts_at timestamptz NOT NULL,
        ends_at timestamptz NOT NULL,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL,
        expired_by text
      );
      CREATE INDEX silence_end ON signalbox.silence (ends_at DESC, id);
      CREATE TABLE signalbox.notification_policy (
        id integer PRIMARY KEY CHECK (id = 1),
        document jsonb NOT NULL,
        generation integer NOT NULL,
        updated_by text NOT NULL,
        updated_at timestamptz NOT NULL
      );
      CREATE TABLE signalbox.alert_group (
        receiver_id text NOT NULL,
        group_key text NOT NULL,
        group_labels jsonb NOT NULL,
        timing jsonb NOT NULL,
        opened_at timestamptz NOT NULL,
        notified_at timestamptz,
        told_firing jsonb NOT NULL,
        PRIMARY KEY (receiver_id, group_key)
      );
      COMMENT ON COLUMN signalbox.alert_group.told_firing IS 'Fingerprint and severity of each alert that the receiver was told of as firing.';
      CREATE TABLE signalbox.alert_action (
        id uuid PRIMARY KEY,
        fingerprint text NOT NULL REFERENCES signalbox.alert_episode ON DELETE CASCADE,
        kind text NOT NULL,
        model text NOT NULL,
        release_id text NOT NULL,
        state text NOT NULL,
        outcome jsonb,
        requested_at timestamptz NOT NULL,
        ended_at timestamptz,
        UNIQUE (fingerprint, kind)
      );
      CREATE INDEX alert_action_open ON signalbox.alert_action (requested_at) WHERE state = 'requested';
    `);
    for (const { signal, name, summary, is = 'above', by = 'value', limits, forMs, keepFiringForMs, noDataAfterMs } of SEEDS) {
      const document = {
        name, matchers: [],
        limits: Object.entries(limits).map(([severity, limit]) => ({ severity, is, limit, by })),
        timing: { ...TIMING, ...(forMs === undefined ? {} : { forMs }), ...(keepFiringForMs === undefined ? {} : { keepFiringForMs }), ...(noDataAfterMs === undefined ? {} : { noDataAfterMs }) },
        labels: {}, annotations: { summary }, actions: [],
      };
      await runner.query(`INSERT INTO signalbox.alert_rule (id, signal, document, is_enabled, generation, updated_by, updated_at) VALUES ($1, $1, $2, true, 1, 'system', now())`, [signal, JSON.stringify(document)]);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE signalbox.alert_action;
      DROP TABLE signalbox.alert_group;
      DROP TABLE signalbox.notification_policy;
      DROP TABLE signalbox.silence;
      DROP TABLE signalbox.alert_episode;
      DROP TABLE signalbox.alert;
      DROP TABLE signalbox.alert_rule;
    `);
  }
}

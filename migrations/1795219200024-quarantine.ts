import { type MigrationInterface, type QueryRunner } from 'typeorm';

const MINUTE_MS = 60_000;
const TIMING = { forMs: 0, keepFiringForMs: 10 * MINUTE_MS, noDataAfterMs: 15 * MINUTE_MS };

/** An expert that is out is a fact, not an estimate: its rule fires at once and ends a minute after it is back. */
const RULES = [
  {
    signal: 'expert-unavailable', name: 'Expert unavailable', summary: 'An expert does not serve: it is in quarantine, or its circuit breaker is open.',
    limits: [{ severity: 'warning', is: 'above', limit: 0, by: 'value' }], timing: { ...TIMING, keepFiringForMs: MINUTE_MS },
  },
  {
    signal: 'degraded-share', name: 'Degraded answers', summary: 'Decisions are served by another expert than the router chose, or requests by another model.',
    limits: [{ severity: 'warning', is: 'above', limit: 0.01, by: 'interval' }, { severity: 'critical', is: 'above', limit: 0.1, by: 'interval' }],
    timing: { ...TIMING, forMs: 2 * MINUTE_MS, keepFiringForMs: 5 * MINUTE_MS },
  },
];

/** Experts that operators took out of service, what each inference process knows of its experts, and what took another path. */
export class Quarantine1795219200024 implements MigrationInterface {
  readonly name = 'Quarantine1795219200024';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Counts what is written of a model's quarantines. Its row is the lock under which they are decided.
      CREATE TABLE signalbox.quarantine_generation (
        model text PRIMARY KEY,
        generation integer NOT NULL CHECK (generation > 0)
      );
      CREATE TABLE signalbox.expert_quarantine (
        id uuid PRIMARY KEY,
        model text NOT NULL,
        -- null: every release of the model.
        release text,
        layer integer NOT NULL CHECK (layer >= 0),
        expert integer NOT NULL CHECK (expert >= 0),
        reason text NOT NULL,
        forced boolean NOT NULL,
        created_at timestamptz NOT NULL,
        created_by text NOT NULL,
        created_by_name text NOT NULL,
        until_at timestamptz,
        generation integer NOT NULL,
        version integer NOT NULL,
        ended_at timestamptz,
        ended_by text,
        ended_as text CHECK (ended_as IN ('lifted', 'expired')),
        ended_reason text,
        CHECK ((ended_at IS NULL) = (ended_as IS NULL))
      );
      COMMENT ON COLUMN signalbox.expert_quarantine.generation IS 'Of the model''s quarantines, as of its last write.';
      COMMENT ON COLUMN signalbox.expert_quarantine.version IS 'Writes of this row: the ETag.';
      CREATE UNIQUE INDEX expert_quarantine_in_force ON signalbox.expert_quarantine (model, layer, expert, (coalesce(release, ''))) WHERE ended_at IS NULL;
      CREATE INDEX expert_quarantine_listed ON signalbox.expert_quarantine (model, created_at DESC, id);
      CREATE INDEX expert_quarantine_due ON signalbox.expert_quarantine (until_at) WHERE ended_at IS NULL AND until_at IS NOT NULL;

      -- Generation of quarantines that a process enforces; null from a version that knows none.
      ALTER TABLE signalbox.observed_activation ADD COLUMN quarantine_generation integer;

      -- Experts that do not serve as usual in a process; a healthy one has no row.
      CREATE TABLE signalbox.expert_health (
        process_id uuid NOT NULL REFERENCES signalbox.inference_process ON DELETE CASCADE,
        release text NOT NULL,
        layer integer NOT NULL,
        expert integer NOT NULL,
        state text NOT NULL,
        reason text NOT NULL,
        since timestamptz NOT NULL,
        PRIMARY KEY (process_id, release, layer, expert)
      );

      -- Decisions and requests that took another path than usual, by minute; a flush that is written twice counts once.
      CREATE TABLE signalbox.degraded_minute (
        bucket timestamptz NOT NULL,
        release integer NOT NULL,
        flush_id uuid NOT NULL,
        requests integer NOT NULL,
        decisions bigint NOT NULL,
        degraded_decisions bigint NOT NULL,
        generalist_requests integer NOT NULL,
        dense_requests integer NOT NULL,
        PRIMARY KEY (release, bucket, flush_id)
      );
      CREATE INDEX degraded_minute_by_age ON signalbox.degraded_minute USING brin (bucket);
      COMMENT ON COLUMN signalbox.degraded_minute.dense_requests IS 'Requests to the model of this release that its dense model answered.';

      -- Only filled for requests that took another path; rows without take no room for them.
      ALTER TABLE signalbox.trace
        ADD COLUMN degraded text,
        ADD COLUMN asked_model text;
    `);
    for (const { signal, name, summary, limits, timing } of RULES) {
      const document = { name, matchers: [], limits, timing, labels: {}, annotations: { summary }, actions: [] };
      await runner.query(
        `INSERT INTO signalbox.alert_rule (id, signal, document, is_enabled, generation, updated_by, updated_at) VALUES ($1, $1, $2, true, 1, 'system', now()) ON CONFLICT DO NOTHING`,
        [signal, JSON.stringify(document)],
      );
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    // Of a signal that the version before does not know; rules that people made of it go too.
    await runner.query(`DELETE FROM signalbox.alert_rule WHERE signal = ANY($1)`, [RULES.map(({ signal }) => signal)]);
    await runner.query(`
      ALTER TABLE signalbox.trace DROP COLUMN asked_model, DROP COLUMN degraded;
      DROP TABLE signalbox.degraded_minute;
      DROP TABLE signalbox.expert_health;
      ALTER TABLE signalbox.observed_activation DROP COLUMN quarantine_generation;
      DROP TABLE signalbox.expert_quarantine;
      DROP TABLE signalbox.quarantine_generation;
    `);
  }
}
